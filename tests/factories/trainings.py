"""Training runs in the database, groups of sampled episodes for them, and checkpoints that are only rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update

from propound.episode import Episode
from propound.job import JobRequest
from propound.storage import checkpoints, settle, shards, trainings, trajectories
from propound.storage.session import Database
from propound.storage.tables import Training
from propound.storage.trainings import TrainingLease
from propound.training import TrainingRequest
from propound.trajectory import Sampling
from tests.factories import episodes, jobs

LEASE = timedelta(minutes=5)


def make(database: Database, **wanted: Any) -> str:
    """A queued run; its id."""
    with database.begin() as session:
        return trainings.create(session, TrainingRequest(**wanted)).id


def read(database: Database, training_id: str) -> Training:
    """The run as it is now."""
    with database.begin() as session:
        return session.scalars(select(Training).where(Training.id == training_id)).one()


def claim(database: Database, trainer: str = "t1") -> TrainingLease:
    """Claim a run that is there."""
    with database.begin() as session:
        lease = trainings.claim(session, trainer, LEASE)
    assert lease is not None
    return lease


def nothing_to_claim(database: Database) -> bool:
    """Whether a trainer finds nothing to do."""
    with database.begin() as session:
        return trainings.claim(session, "t9", LEASE) is None


def note(database: Database, lease: TrainingLease, step: int, **figures: Any) -> bool:
    """Note a step in a transaction of its own."""
    with database.begin() as session:
        return trainings.note_step(session, lease, step, figures)


def expire(database: Database) -> None:
    """As if every trainer had died long ago."""
    with database.begin() as session:
        session.execute(update(Training).values(lease_until=func.now() - timedelta(seconds=1)))


def keep(database: Database, version: str, parent: str | None = None) -> str:
    """A checkpoint's row; its version."""
    with database.begin() as session:
        checkpoints.keep(
            session,
            version=version,
            name="tiny",
            folder=f"/checkpoints/{version}",
            parent_version=parent,
            training_id=None,
            figures={},
        )
    return version


def sampled(episode: Episode, version: str = "v1") -> Episode:
    """The episode as a language model of that version would have written it."""
    sampling = Sampling(
        token_ids=(5, 6), log_probabilities=(-0.5, -0.25), temperature=0.7, finish_reason="stop"
    )
    trajectory = episode.trajectory
    steps = tuple(step.model_copy(update={"sampling": sampling}) for step in trajectory.steps)
    changed = trajectory.model_copy(update={"steps": steps, "policy_version": version})
    return episode.model_copy(update={"trajectory": changed})


def experience(
    database: Database, groups: int, *, size: int = 2, version: str = "v1", exact: bool = True, short: int = 0
) -> str:
    """A job with so many groups of sampled episodes; `short` members of the last group are missing; its id."""

    def made(spec: int, member: int) -> Episode:
        episode = episodes.episode(jobs.fresh(spec, member), member=member, of=episodes.spec(spec))
        return sampled(episode, version) if exact else episode

    found = [[made(spec, member) for member in range(size)] for spec in range(groups)]
    if short:
        found[-1] = found[-1][:-short]
    return store(database, found, size)


def store(database: Database, groups: list[list[Episode]], size: int) -> str:
    """A job in which these groups were made, and then it was cancelled; its id."""
    job_id = jobs.make(database, JobRequest(count=10_000, group_size=size))
    lease = jobs.claim(database, jobs.claimant(shard_specs=len(groups)))
    assert lease is not None
    assert lease.job_id == job_id
    for spec, group in enumerate(groups):
        for episode in group:
            with database.begin() as session:
                trajectories.store(session, lease, spec, episode)
    with database.begin() as session:
        shards.finish(session, lease)
    with database.begin() as session:
        settle.cancel(session, jobs.TENANT, job_id)
    return job_id
