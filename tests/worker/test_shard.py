"""One shard in the hands of a worker: done, broken, interrupted, or impossible."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from redis import Redis
from sqlalchemy import select

from propound.config import Settings
from propound.episode import Episode
from propound.errors import ServiceDownError
from propound.job import JobRequest, JobState
from propound.models.purpose import NOBODY, Origin
from propound.problem import ProblemSpec
from propound.queue import NEWS_CHANNEL, Publisher
from propound.storage import events
from propound.storage.session import Database
from propound.storage.settle import MAX_ATTEMPTS
from propound.storage.tables import EventKind, Shard, ShardState
from tests.factories import jobs
from tests.factories.pipelines import FakePipeline
from worker.shard import LONGEST_WAIT, Workplace, run_one


@dataclass(frozen=True)
class BreakingPipeline(FakePipeline):
    """Breaks at its third episode, every time."""

    made: list[ProblemSpec] = field(default_factory=list)

    def run_episode(self, spec: ProblemSpec, member: int, origin: Origin = NOBODY) -> Episode:
        self.made.append(spec)
        if len(self.made) == 3:
            raise OSError("no space left on device \x00")
        return super().run_episode(spec, member, origin)


@dataclass(frozen=True)
class WaitingPipeline(FakePipeline):
    """Needs a service that is down from its third episode on."""

    made: list[ProblemSpec] = field(default_factory=list)

    def run_episode(self, spec: ProblemSpec, member: int, origin: Origin = NOBODY) -> Episode:
        self.made.append(spec)
        if len(self.made) >= 3:
            raise ServiceDownError("the endpoint does not answer since noon")
        return super().run_episode(spec, member, origin)


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


def test_a_service_that_is_down_pauses_the_job_for_as_long_as_it_takes(
    place: Workplace, database: Database
) -> None:
    job_id = jobs.make(database, JobRequest(count=12, group_size=2))
    waiting = replace(place, pipeline=WaitingPipeline(place.pipeline.library))
    for _ in range(3 * MAX_ATTEMPTS):
        assert run_one(waiting, never)
        job = jobs.reconcile(database, job_id)
        assert (job.state, job.proposed) == (JobState.RUNNING, 2)
        assert job.waiting_for == "the endpoint does not answer since noon"
        assert job.error is None
        assert first_shard(database).attempts == 0
        jobs.expire_leases(database)
    assert run_one(place, never)
    assert jobs.reconcile(database, job_id).waiting_for is None
    with database.begin() as session:
        happened = events.after(session, job_id, 0)
        told = [event.data["waiting_for"] for event in happened if event.kind is EventKind.STATE]
    assert told[-2:] == ["the endpoint does not answer since noon", None]
    assert sum(text is not None for text in told) == 1


def test_a_service_that_is_down_is_left_alone_as_long_as_it_asks(
    place: Workplace, database: Database
) -> None:
    class Busy(FakePipeline):
        def run_episode(self, spec: ProblemSpec, member: int, origin: Origin = NOBODY) -> Episode:  # noqa: ARG002
            raise ServiceDownError("busy", retry_after=1e9)

    jobs.make(database, JobRequest(count=2))
    begin = datetime.now(UTC)
    assert run_one(replace(place, pipeline=Busy(place.pipeline.library)), never)
    assert first_shard(database).lease_until - begin > LONGEST_WAIT / 2


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
