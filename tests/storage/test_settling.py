"""Whatever the order of completion, however many workers die: one dataset, and a funnel that reconciles."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from propound.job import JobRequest, JobState
from propound.problem import Problem
from propound.storage import shards
from propound.storage.admission import statement_digest
from propound.storage.session import Database
from propound.storage.shards import Lease
from propound.storage.sweep import sweep
from propound.storage.tables import Decision, Job, StoredTrajectory
from propound.verification.vote import Rejection
from tests.factories import episodes, jobs, mathematics

pytestmark = pytest.mark.slow

Script = Sequence[Problem | Rejection]

results = st.one_of(
    st.sampled_from([Rejection.WRONG_ANSWER, Rejection.UNREADABLE, Rejection.POLICY_FAILED]),
    st.integers(0, 12).map(mathematics.problem),
    st.integers(0, 12).map(lambda number: mathematics.problem(number, wording="Add up 1 to {n}.")),
    st.integers(100, 10**6).map(mathematics.problem),
)


@dataclass
class Round:
    """A random job, and the random life of its workers."""

    request: JobRequest
    script: Script
    shard_specs: int
    moves: list[tuple[str, int]] = field(default_factory=list)

    def result(self, spec_index: int, member: int) -> Problem | Rejection:
        place = spec_index * self.request.group_size + member
        return self.script[place % len(self.script)] if place < 40 else Rejection.NO_SUBMISSION


MOVES = ("claim", "store", "store", "store", "store", "die", "repeat", "return")

rounds = st.builds(
    Round,
    request=st.builds(
        JobRequest, count=st.integers(1, 12), group_size=st.integers(1, 4), max_episodes=st.integers(12, 45)
    ),
    script=st.lists(results, min_size=12, max_size=40),
    shard_specs=st.integers(1, 3),
    moves=st.lists(st.tuples(st.sampled_from(MOVES), st.integers(0, 9)), min_size=25, max_size=60),
)


def expected(plan: Round) -> list[Problem]:
    """What a single pass in the order of the specs accepts: a model of three lines."""
    accepted: list[Problem] = []
    for place in range(plan.request.episodes):
        found = plan.result(*divmod(place, plan.request.group_size))
        if isinstance(found, Problem) and len(accepted) < plan.request.count:
            known = {statement_digest(one.statement) for one in accepted}
            asked = {one.composition_digest() for one in accepted}
            if statement_digest(found.statement) not in known and found.composition_digest() not in asked:
                accepted.append(found)
    return accepted


def accepted(database: Database, job_id: str) -> list[Problem]:
    with database.begin() as session:
        rows = session.scalars(
            select(StoredTrajectory)
            .where(StoredTrajectory.job_id == job_id, StoredTrajectory.decision == Decision.ACCEPTED)
            .order_by(StoredTrajectory.spec_index, StoredTrajectory.member)
        )
        return [Problem.model_validate(row.problem) for row in rows]


def store_next(database: Database, plan: Round, lease: Lease) -> bool:
    """Store the lease's next episode; whether the worker goes on."""
    with database.begin() as session:
        left = shards.missing(session, lease)
    if not left:
        jobs.finish(database, lease)
        return False
    spec_index, member = left[0]
    made = episodes.episode(plan.result(spec_index, member), member=member, of=episodes.spec(spec_index))
    if jobs.store(database, lease, spec_index, made):
        return True
    with database.begin() as session:
        shards.give_back(session, lease)
    return False


def live_randomly(database: Database, plan: Round) -> None:
    """Up to ten workers that claim, store, die without a word, come back after their lease, or stop politely."""
    held: list[Lease] = []
    ghosts: list[Lease] = []
    for move, number in plan.moves:
        if move == "claim":
            lease = jobs.claim(database, jobs.claimant(f"w{number}", shard_specs=plan.shard_specs))
            held += [lease] if lease else []
        elif move == "repeat" and ghosts:
            store_next(database, plan, ghosts[number % len(ghosts)])
        elif held:
            lease = held[number % len(held)]
            if move == "die":
                held.remove(lease)
                ghosts.append(lease)
                jobs.expire_leases(database)
            elif move == "return":
                held.remove(lease)
                with database.begin() as session:
                    shards.give_back(session, lease)
            elif not store_next(database, plan, lease):
                held.remove(lease)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=rounds)
def test_random_lives_of_workers_make_the_dataset_of_one(database: Database, plan: Round) -> None:
    job_id = jobs.make(database, plan.request)
    live_randomly(database, plan)
    jobs.reconcile(database, job_id)
    for _ in range(100):
        jobs.expire_leases(database)
        jobs.work(database, plan.result, jobs.claimant("last", shard_specs=plan.shard_specs))
        sweep(database, plan.shard_specs)
        if jobs.read(database, job_id).state.is_final:
            break
    job = jobs.reconcile(database, job_id)
    wanted = expected(plan)
    assert accepted(database, job_id) == wanted
    assert job.state is (JobState.SUCCEEDED if len(wanted) == plan.request.count else JobState.EXHAUSTED)
    assert job.proposed <= plan.request.episodes
    lone_id = jobs.make(database, plan.request)
    jobs.work(database, plan.result, jobs.claimant("lone", shard_specs=1))
    assert jobs.export(database, lone_id) == jobs.export(database, job_id)
    with database.begin() as session:
        session.execute(delete(Job))


def test_many_workers_at_once_claim_and_settle_without_losing_or_doubling(database: Database) -> None:
    request = JobRequest(count=120, group_size=3)
    ids = [jobs.make(database, request) for _ in range(2)]
    plan = Round(request, [], 2)

    def result(spec_index: int, member: int) -> Problem | Rejection:
        draw = (spec_index * 7 + member * 3) % 10
        if draw < 3:
            return Rejection.WRONG_ANSWER
        return mathematics.problem(draw if draw == 5 else 1_000 * spec_index + member)

    plan.result = result  # type: ignore[method-assign]
    start = threading.Barrier(8)

    def be_a_worker(number: int) -> int:
        start.wait()
        mine = jobs.claimant(f"w{number}", shard_specs=plan.shard_specs)
        done = 0
        while not all(jobs.read(database, job_id).state.is_final for job_id in ids):
            lease = jobs.claim(database, mine)
            if lease is not None:
                jobs.run(database, lease, result)
                done += 1
        return done

    with ThreadPoolExecutor(8) as pool:
        shares = list(pool.map(be_a_worker, range(8)))
    assert sum(share > 0 for share in shares) > 1
    exports = []
    for job_id in ids:
        job = jobs.reconcile(database, job_id)
        assert (job.state, job.accepted) == (JobState.SUCCEEDED, 120)
        exports.append(jobs.export(database, job_id))
    lone = jobs.make(database, request)
    jobs.work(database, result)
    assert exports == [jobs.export(database, lone)] * 2
