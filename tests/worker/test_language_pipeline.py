"""The worker with a language model: real engine, sandbox and database, one or many episodes at a time."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from propound.config import Settings
from propound.job import JobRequest, JobState
from propound.queue import Publisher
from propound.storage.session import Database
from propound.storage.tables import StoredTrajectory
from propound.trajectory import Trajectory
from tests.factories import checkpoints, jobs
from worker.pipeline import Pipeline
from worker.shard import Workplace, run_one

REQUEST = JobRequest(count=2, group_size=3, max_episodes=6, seed=5)


def records(database: Database, redis_url: str, folder: Path, in_flight: int) -> list[Trajectory]:
    """What a job's six episodes were."""
    configured = Settings(policy=str(folder), episodes_in_flight=in_flight, max_steps=2)
    pipeline = Pipeline.open(configured)
    publisher = Publisher(redis_url)
    job_id = jobs.make(database, REQUEST)
    try:
        while run_one(Workplace(database, publisher, pipeline, jobs.claimant()), lambda: False):
            pass
    finally:
        publisher.close()
        pipeline.close()
    assert jobs.reconcile(database, job_id).state is JobState.EXHAUSTED
    with database.begin() as session:
        query = select(StoredTrajectory.record).where(StoredTrajectory.job_id == job_id)
        order = (StoredTrajectory.spec_index, StoredTrajectory.member)
        return [Trajectory.model_validate(record) for record in session.scalars(query.order_by(*order))]


@pytest.mark.usefixtures("redis")
def test_a_model_proposes_the_same_whatever_is_under_way(
    database: Database, redis_url: str, tmp_path: Path
) -> None:
    folder = checkpoints.write(tmp_path, context=8_192)
    together = records(database, redis_url, folder, in_flight=6)
    alone = records(database, redis_url, folder, in_flight=1)
    assert [each.content_digest() for each in together] == [each.content_digest() for each in alone]
    assert len({each.content_digest() for each in together}) == 6
    for trajectory in together:
        assert trajectory.policy == "tiny"
        assert {getattr(step.sampling, "temperature", None) for step in trajectory.steps} == {0.7}
