"""Jobs in the database, and work on them step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update

from propound.episode import Episode
from propound.job import JobRequest
from propound.problem import Problem
from propound.storage import datasets, events, jobs, shards, trajectories
from propound.storage.session import Database
from propound.storage.shards import Claimant, Lease
from propound.storage.tables import Decision, EventKind, Job, Shard, StoredTrajectory
from propound.verification.vote import Rejection
from tests.factories import episodes, mathematics

TENANT = "acme"
Results = Callable[[int, int], Problem | Rejection]


def claimant(worker: str = "w1", *, lease: float = 60.0, shard_specs: int = 4) -> Claimant:
    """Who claims in tests."""
    return Claimant(
        worker=worker,
        policy="fake",
        policy_version="1",
        library_version="library-1",
        lease=timedelta(seconds=lease),
        shard_specs=shard_specs,
    )


def make(
    database: Database, request: JobRequest | None = None, *, tenant: str = TENANT, name: str = "test"
) -> str:
    """A queued job; its id."""
    with database.begin() as session:
        return jobs.create(session, tenant=tenant, request=request or JobRequest(count=3), name=name).id


def read(database: Database, job_id: str) -> Job:
    """The job as it is now."""
    with database.begin() as session:
        return session.scalars(select(Job).where(Job.id == job_id)).one()


def claim(database: Database, who: Claimant | None = None) -> Lease | None:
    """Claim in a transaction of its own."""
    with database.begin() as session:
        return shards.claim(session, who or claimant())


def store(database: Database, lease: Lease, spec_index: int, episode: Episode) -> bool:
    """Store in a transaction of its own."""
    with database.begin() as session:
        return trajectories.store(session, lease, spec_index, episode)


def finish(database: Database, lease: Lease) -> None:
    """Finish in a transaction of its own."""
    with database.begin() as session:
        shards.finish(session, lease)


def fresh(spec_index: int, member: int) -> Problem:
    """A result for every pair: all verified, all different."""
    return mathematics.problem(1_000 * spec_index + member)


def scripted(results: Mapping[tuple[int, int], Problem | Rejection]) -> Results:
    """Results by pair; what is not named is fresh."""
    return lambda spec_index, member: results.get((spec_index, member)) or fresh(spec_index, member)


def work(database: Database, results: Results = fresh, who: Claimant | None = None) -> int:
    """Be the only worker until there is nothing to claim; the number of shards."""
    done = 0
    while lease := claim(database, who):
        run(database, lease, results)
        done += 1
    return done


def run(database: Database, lease: Lease, results: Results = fresh) -> None:
    """Work through a claimed shard."""
    for spec_index, member in lease.pairs:
        made = episodes.episode(results(spec_index, member), member=member, of=episodes.spec(spec_index))
        if not store(database, lease, spec_index, made):
            with database.begin() as session:
                shards.give_back(session, lease)
            return
    finish(database, lease)


def expire_leases(database: Database) -> None:
    """As if every worker had died long ago."""
    with database.begin() as session:
        session.execute(update(Shard).values(lease_until=func.now() - timedelta(seconds=1)))


def export(database: Database, job_id: str) -> bytes:
    """The dataset of the job, as it is exported."""
    with database.begin() as session:
        return b"".join(datasets.export(session, datasets.of_job(session, job_id).id))


def checks(database: Database, job_id: str, reason: Rejection) -> list[dict[str, Any]]:
    """The last check of each trajectory that was rejected for the reason, in order."""
    with database.begin() as session:
        mine = (StoredTrajectory.job_id == job_id, StoredTrajectory.rejection == reason)
        query = select(StoredTrajectory.checks).where(*mine).order_by(StoredTrajectory.spec_index)
        return [each[-1] for each in session.scalars(query)]


def reconcile(database: Database, job_id: str) -> Job:
    """The job, whose funnel is what its trajectories say."""
    with database.begin() as session:
        job = session.scalars(select(Job).where(Job.id == job_id)).one()
        mine = StoredTrajectory.job_id == job_id
        by_decision = dict(
            session.execute(
                select(StoredTrajectory.decision, func.count())
                .where(mine)
                .group_by(StoredTrajectory.decision)
            ).all()
        )
        by_reason = dict(
            session.execute(
                select(StoredTrajectory.rejection, func.count())
                .where(mine, StoredTrajectory.rejection.is_not(None))
                .group_by(StoredTrajectory.rejection)
            ).all()
        )
        last = events.after(session, job_id, 0)[-1]
    counted = {decision: getattr(job, decision.value) for decision in Decision}
    assert counted == {decision: by_decision.get(decision, 0) for decision in Decision}
    assert job.proposed == sum(counted.values())
    assert job.rejections == {reason.value: number for reason, number in by_reason.items() if reason}
    if job.state.is_final:
        assert last.kind is EventKind.PROGRESS
        assert last.data == {"state": job.state.value, "count": job.count, **events.funnel(job)}
    return job
