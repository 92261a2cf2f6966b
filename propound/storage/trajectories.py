"""Trajectories: one finished episode and the job's counters, in one short transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from propound.episode import Episode
from propound.job import JobState
from propound.record import digest
from propound.storage import jobs, requests
from propound.storage.ids import Prefix, new_id
from propound.storage.settle import reject
from propound.storage.shards import Lease, extend
from propound.storage.tables import Decision, Job, StoredTrajectory, VerdictKind
from propound.verification.vote import Rejection


def store(session: Session, lease: Lease, spec_index: int, episode: Episode) -> bool:
    """Keep an episode, count it, and extend the lease; whether the holder should go on with its shard.

    Storing what is there already changes nothing, and nothing is added to a job that is over.
    """
    job = jobs.lock(session, lease.job_id)
    if job is None or job.state.is_final:
        return False
    holds = extend(session, lease)
    row = _row(job, spec_index, episode)
    stored = session.scalar(
        insert(StoredTrajectory)
        .values(row)
        .on_conflict_do_nothing(constraint="one_trajectory_per_member")
        .returning(StoredTrajectory.id)
    )
    if stored is not None:
        job.proposed += 1
        if reason := episode.trajectory.unrecorded:
            job.unrecorded = {**job.unrecorded, reason: job.unrecorded.get(reason, 0) + 1}
        jobs.wait(session, job, None)
        if row["rejection"] is None:
            job.pending += 1
        else:
            reject(job, row["rejection"])
    return holds and job.state is JobState.RUNNING and not requests.has_used_up(session, job)


def get(session: Session, tenant: str, trajectory_id: str) -> StoredTrajectory | None:
    """The tenant's trajectory, or None."""
    query = select(StoredTrajectory).join(Job, Job.id == StoredTrajectory.job_id)
    return session.scalar(query.where(StoredTrajectory.id == trajectory_id, Job.tenant == tenant))


def _row(job: Job, spec_index: int, episode: Episode) -> dict[str, Any]:
    trajectory, verdict = episode.trajectory, episode.verdict
    problem = verdict.problem if verdict.accepted else None
    record = trajectory.model_dump(mode="json")
    return {
        "id": new_id(Prefix.TRAJECTORY),
        "job_id": job.id,
        "spec_index": spec_index,
        "member": trajectory.member,
        "outcome": trajectory.outcome,
        "verdict": VerdictKind.ACCEPTED if problem else VerdictKind.REJECTED,
        "rejection": None if problem else (verdict.rejection or Rejection.UNDECIDED),
        "decision": Decision.PENDING if problem else Decision.REJECTED,
        "rationale": verdict.rationale,
        "record": record,
        "votes": [vote.model_dump(mode="json") for vote in verdict.votes],
        "checks": [check.model_dump(mode="json") for check in verdict.checks],
        "problem": problem.model_dump(mode="json") if problem else None,
        "skill_hashes": episode.skill_hashes,
        "rewards": episode.rewards.model_dump(mode="json"),
        "evidence": verdict.evidence.model_dump(mode="json") if verdict.evidence else None,
        "siblings": [each.model_dump(mode="json") for each in episode.siblings] or None,
        "probe": episode.probe.model_dump(mode="json") if episode.probe else None,
        "digest": digest(record),
        "policy": trajectory.policy,
        "policy_version": trajectory.policy_version,
        "library_version": episode.library_version,
        "sampled": trajectory.unrecorded is None,
    }
