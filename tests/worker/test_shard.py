"""One shard in the hands of a worker: done, broken, interrupted, or impossible."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest
from redis import Redis
from sqlalchemy import select

from propound.config import Settings
from propound.episode import Episode
from propound.job import JobRequest, JobState
from propound.problem import ProblemSpec
from propound.queue import NEWS_CHANNEL, Publisher
from propound.storage.session import Database
from propound.storage.tables import Shard, ShardState
from tests.factories import jobs
from tests.factories.pipelines import FakePipeline
from worker.shard import Workplace, run_one


@dataclass(frozen=True)
class BreakingPipeline(FakePipeline):
    """Breaks at its third episode, every time."""

    made: list[ProblemSpec] = field(default_factory=list)

    def run_episode(self, spec: ProblemSpec, member: int) -> Episode:
        self.made.append(spec)
        if len(self.made) == 3:
            raise OSError("no space left on device \x00")
        return super().run_episode(spec, member)


@pytest.fixture
def place(database: Database, redis_url: str, redis: Redis) -> Iterator[Workplace]:
    publisher = Publisher(redis_url)
    yield Workplace(database, publisher, FakePipeline.open(Settings()), jobs.claimant(shard_specs=2))
    publisher.close()


def first_shard(database: Database) -> Shard:
    with database.begin() as session:
        return session.scalars(select(Shard).where(Shard.index == 0)).one()


def stopping_after(calls: int) -> Callable[[], bool]:
    answers = iter([False] * calls)
    return lambda: next(answers, True)


def never() -> bool:
    return False


def test_without_work_there_is_nothing_to_do(place: Workplace) -> None:
    assert not run_one(place, never)


def test_a_job_is_done_shard_by_shard_with_news_of_each(
    place: Workplace, database: Database, redis: Redis
) -> None:
    job_id = jobs.make(database, JobRequest(count=12, group_size=2))
    with redis.pubsub() as subscription:  # type: ignore[no-untyped-call]
        subscription.subscribe(NEWS_CHANNEL)
        subscription.get_message(timeout=5)
        shards = 0
        while run_one(place, never):
            shards += 1
        assert subscription.get_message(timeout=5)["data"] == job_id.encode()
    job = jobs.reconcile(database, job_id)
    assert (job.state, job.accepted) == (JobState.SUCCEEDED, 12)
    assert shards > 2


def test_a_broken_service_gives_the_shard_back_with_the_reason(
    place: Workplace, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    job_id = jobs.make(database, JobRequest(count=12, group_size=2))
    broken = replace(place, pipeline=BreakingPipeline(place.pipeline.library))
    assert run_one(broken, never)
    found = first_shard(database)
    assert (found.state, found.error) == (ShardState.QUEUED, "OSError: no space left on device \x00")
    assert "no space left" in caplog.text
    assert jobs.reconcile(database, job_id).proposed == 2
    later = jobs.claim(database)
    assert later is None or later.index == 1
    jobs.expire_leases(database)
    assert run_one(place, never)
    assert first_shard(database).state is ShardState.DONE


def test_a_worker_that_stops_keeps_what_it_stored(place: Workplace, database: Database) -> None:
    job_id = jobs.make(database, JobRequest(count=12, group_size=2))
    assert run_one(place, stopping_after(3))
    assert first_shard(database).state is ShardState.QUEUED
    assert jobs.reconcile(database, job_id).proposed == 3
    assert run_one(place, never)
    assert first_shard(database).state is ShardState.DONE


def test_a_request_that_the_library_cannot_serve_fails_with_the_reason(
    place: Workplace, database: Database
) -> None:
    job_id = jobs.make(database, JobRequest(count=3, skills=("no-such-skill",)))
    assert run_one(place, never)
    job = jobs.reconcile(database, job_id)
    assert job.state is JobState.FAILED
    assert job.error
    assert not run_one(place, never)
