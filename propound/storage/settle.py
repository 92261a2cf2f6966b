"""Settling: acceptance in the order of the specs, exactly as many as were asked for, and how a job ends.

A verified trajectory waits (`pending`) until all members of all earlier specs are stored. Only then is it
decided, so the dataset is the one that a single worker would have made, whatever the order of completion.
All of this runs under the lock of the job's row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import BigInteger, cast, exists, func, insert, literal, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from propound.job import JobRequest, JobState
from propound.problem import Problem
from propound.storage import datasets, events, jobs, pools, requests
from propound.storage.admission import Admission, Candidate, Refusal, statement_digest
from propound.storage.ids import Prefix, new_id
from propound.storage.plan import members, total_specs
from propound.storage.tables import (
    Dataset,
    Decision,
    Job,
    Shard,
    ShardState,
    StoredProblem,
    StoredSibling,
    StoredTrajectory,
    VerdictKind,
)
from propound.verification.vote import Rejection

MAX_ATTEMPTS = 5
"""Claims of a shard without one stored episode in between; then the job fails instead of trying for ever."""

_OPEN = (ShardState.QUEUED, ShardState.LEASED)


def settle(session: Session, job: Job) -> None:
    """Decide what can be decided of a locked job, and end it if it is over."""
    if job.state.is_final:
        return
    before = (job.settled_spec, events.funnel(job))
    if job.state is JobState.RUNNING:
        _accept(session, job, _settled_end(session, job))
        _end_of_work(session, job)
    if job.state in (JobState.FINALIZING, JobState.CANCELLING) and not _has_live_lease(session, job):
        _close(session, job, JobState.SUCCEEDED if job.state is JobState.FINALIZING else JobState.CANCELLED)
    if (job.settled_spec, events.funnel(job)) != before or job.state.is_final:
        events.append_progress(session, job)


def cancel(session: Session, tenant: str, job_id: str) -> Job | None:
    """Stop the tenant's job; None where there is none. A job that is over, or about to be, stays as it is."""
    if jobs.get(session, tenant, job_id) is None:
        return None
    job = jobs.lock(session, job_id)
    if job is not None and job.state in (JobState.QUEUED, JobState.RUNNING):
        jobs.move(session, job, JobState.CANCELLING, stop_reason="cancelled on request")
        settle(session, job)
    return job


def fail(session: Session, job: Job, error: str) -> None:
    """End a locked job because the service could not do its work; what was accepted stays."""
    if not job.state.is_final:
        job.error = error
        _close(session, job, JobState.FAILED, stop_reason="failed")
        events.append_progress(session, job)


def _accept(session: Session, job: Job, end: int) -> None:
    """Walk the specs up to `end`, in their order."""
    if end == job.settled_spec:
        return
    dataset_id, chain = session.execute(
        select(Dataset.id, Dataset.chain).where(Dataset.job_id == job.id)
    ).one()
    candidates = [
        Candidate.of(row, dataset_id)
        for row in session.execute(_verified(job, end))
        if row.decision is Decision.PENDING
    ]
    request = JobRequest.model_validate(job.request)
    admission = Admission.open(session, dataset_id, request, candidates)
    problems: list[dict[str, Any]] = []
    siblings: list[dict[str, Any]] = []
    surplus: list[str] = []
    refused: list[tuple[str, Refusal]] = []
    for candidate in candidates:
        ordinal = job.accepted + len(problems) + 1
        if ordinal > job.count:
            surplus.append(candidate.row.id)
        elif refusal := admission.refusal(candidate):
            refused.append((candidate.row.id, refusal))
        else:
            admission.admit(candidate, ordinal)
            pools.count(job, candidate.probe)
            problems.append(_problem_row(job, dataset_id, ordinal, candidate))
            siblings += _sibling_rows(problems[-1], candidate.row.siblings or [])
            chain = datasets.link(chain, problems[-1]["content_digest"], candidate.row.digest)
    if problems:
        session.execute(insert(StoredProblem), problems)
        if siblings:
            session.execute(insert(StoredSibling), siblings)
        session.execute(update(Dataset).where(Dataset.id == dataset_id).values(chain=chain))
    _decide(session, Decision.ACCEPTED, [problem["trajectory_id"] for problem in problems])
    _decide(session, Decision.SURPLUS, surplus)
    for trajectory_id, refusal in refused:
        _refuse(session, trajectory_id, refusal)
    for _, refusal in refused:
        reject(job, refusal.rejection)
    job.accepted += len(problems)
    job.surplus += len(surplus)
    job.pending -= len(candidates)
    job.settled_spec = end
    pools.learn(session, job.probers, [candidate.probe for candidate in candidates if candidate.probe])


def _settled_end(session: Session, job: Job) -> int:
    """The first spec from `settled_spec` upward of which a member is missing."""
    query = (
        select(StoredTrajectory.spec_index, func.count())
        .where(StoredTrajectory.job_id == job.id, StoredTrajectory.spec_index >= job.settled_spec)
        .group_by(StoredTrajectory.spec_index)
        .order_by(StoredTrajectory.spec_index)
    )
    end = job.settled_spec
    for spec_index, stored in session.execute(query):
        if spec_index != end or stored != members(job, end):
            break
        end += 1
    return end


def _verified(job: Job, end: int) -> Any:
    """The verified trajectories from `settled_spec` up to `end`, in order, without their long records."""
    return (
        select(
            StoredTrajectory.id,
            StoredTrajectory.spec_index,
            StoredTrajectory.member,
            StoredTrajectory.decision,
            StoredTrajectory.problem,
            StoredTrajectory.votes,
            StoredTrajectory.checks,
            StoredTrajectory.skill_hashes,
            StoredTrajectory.evidence,
            StoredTrajectory.siblings,
            StoredTrajectory.probe,
            StoredTrajectory.digest,
            StoredTrajectory.policy,
            StoredTrajectory.policy_version,
            StoredTrajectory.library_version,
            cast(StoredTrajectory.record["spec"]["seed"].astext, BigInteger).label("seed"),
        )
        .where(
            StoredTrajectory.job_id == job.id,
            StoredTrajectory.spec_index >= job.settled_spec,
            StoredTrajectory.spec_index < end,
            StoredTrajectory.verdict == VerdictKind.ACCEPTED,
        )
        .order_by(StoredTrajectory.spec_index, StoredTrajectory.member)
    )


def _problem_row(job: Job, dataset_id: str, ordinal: int, candidate: Candidate) -> dict[str, Any]:
    row, problem = candidate.row, candidate.problem
    return {
        "id": new_id(Prefix.PROBLEM),
        "dataset_id": dataset_id,
        "ordinal": ordinal,
        "trajectory_id": row.id,
        "statement": problem.statement,
        "answer": problem.answer,
        "domain": problem.domain,
        "skills": list(problem.skills),
        "record": row.problem,
        "evidence": {
            "skills": row.skill_hashes,
            "policy": row.policy,
            "policy_version": row.policy_version,
            "library_version": row.library_version,
            "request_seed": job.seed,
            "seed": row.seed,
            "spec_index": row.spec_index,
            "member": row.member,
            "votes": row.votes,
            "checks": row.checks,
            "trajectory_digest": row.digest,
            **({"probe": row.probe} if row.probe else {}),
            **({"verification": row.evidence, "trust": job.trust} if row.evidence else {}),
        },
        "statement_digest": candidate.statement,
        "composition_digest": candidate.composition,
        "content_digest": problem.content_digest(),
        "bands": candidate.bands,
    }


def _sibling_rows(parent: dict[str, Any], siblings: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Rows of the siblings of an accepted problem, each statement once."""
    seen = {parent["statement_digest"]}
    for record in siblings:
        problem = Problem.model_validate(record)
        statement = statement_digest(problem.statement)
        if statement in seen:
            continue
        seen.add(statement)
        yield {
            "id": new_id(Prefix.PROBLEM),
            "problem_id": parent["id"],
            "dataset_id": parent["dataset_id"],
            "ordinal": len(seen) - 1,
            "statement": problem.statement,
            "answer": problem.answer,
            "given": problem.open.given if problem.open else {},
            "record": record,
            "statement_digest": statement,
            "content_digest": problem.content_digest(),
        }


def _decide(session: Session, decision: Decision, ids: list[str]) -> None:
    if ids:
        session.execute(
            update(StoredTrajectory)
            .where(StoredTrajectory.id.in_(ids))
            .values(decision=decision)
            .execution_options(synchronize_session=False)
        )


def _refuse(session: Session, trajectory_id: str, refusal: Refusal) -> None:
    """Reject a verified trajectory; the reason stands with its checks."""
    session.execute(
        update(StoredTrajectory)
        .where(StoredTrajectory.id == trajectory_id)
        .values(
            decision=Decision.REJECTED,
            rejection=refusal.rejection,
            checks=StoredTrajectory.checks + literal([refusal.check.model_dump(mode="json")], JSONB),
        )
        .execution_options(synchronize_session=False)
    )


def reject(job: Job, rejection: Rejection, number: int = 1) -> None:
    """Count rejected trajectories on a locked job."""
    if number:
        job.rejected += number
        job.rejections = {**job.rejections, rejection.value: job.rejections.get(rejection.value, 0) + number}


def _end_of_work(session: Session, job: Job) -> None:
    """Leave `running` once the dataset is full, a budget is used up, or a shard cannot be done."""
    is_out_of_tokens = requests.has_used_up(session, job) and not _has_live_lease(session, job)
    if is_out_of_tokens and job.accepted < job.count:
        _accept(session, job, job.next_spec)  # what is missing of their groups will never come
    if job.accepted == job.count:
        jobs.move(session, job, JobState.FINALIZING, stop_reason="all problems are accepted")
        return
    if is_out_of_tokens:
        reason = f"the budget of {job.max_tokens} tokens is used up"
        _close(session, job, JobState.EXHAUSTED, stop_reason=reason)
        return
    if job.settled_spec >= total_specs(job):
        _close(
            session, job, JobState.EXHAUSTED, stop_reason=f"the budget of {job.episodes} episodes is used up"
        )
        return
    hopeless = session.scalar(
        select(Shard).where(
            Shard.job_id == job.id,
            Shard.attempts >= MAX_ATTEMPTS,
            or_(
                Shard.state == ShardState.QUEUED,
                (Shard.state == ShardState.LEASED) & (Shard.lease_until <= func.clock_timestamp()),
            ),
        )
    )
    if hopeless is not None:
        why = hopeless.error or "its worker ended without a word"
        job.error = f"shard {hopeless.index} was tried {hopeless.attempts} times in vain: {why}"
        _close(session, job, JobState.FAILED, stop_reason="failed")


def _has_live_lease(session: Session, job: Job) -> bool:
    live = exists().where(
        Shard.job_id == job.id, Shard.state == ShardState.LEASED, Shard.lease_until > func.clock_timestamp()
    )
    return bool(session.scalar(select(live)))


def _close(session: Session, job: Job, state: JobState, *, stop_reason: str | None = None) -> None:
    """The end: open shards are cancelled, and what still waits for its turn is surplus."""
    session.execute(
        update(Shard)
        .where(Shard.job_id == job.id, Shard.state.in_(_OPEN))
        .values(state=ShardState.CANCELLED, worker=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(StoredTrajectory)
        .where(StoredTrajectory.job_id == job.id, StoredTrajectory.decision == Decision.PENDING)
        .values(decision=Decision.SURPLUS)
        .execution_options(synchronize_session=False)
    )
    job.surplus += job.pending
    job.pending = 0
    jobs.move(session, job, state, stop_reason=stop_reason)
