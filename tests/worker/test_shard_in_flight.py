"""A shard whose episodes are made many at a time: the same dataset, and nothing that was made is lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from threading import Barrier, Lock

import pytest
from redis import Redis

from propound.config import Settings
from propound.episode import Episode
from propound.errors import ServiceDownError
from propound.job import JobRequest, JobState
from propound.models.purpose import NOBODY, Origin
from propound.problem import ProblemSpec
from propound.queue import Publisher
from propound.storage.session import Database
from propound.storage.tables import ShardState
from tests.factories import jobs
from tests.factories.pipelines import FakePipeline
from tests.worker.test_shard import first_shard, never, stopping_after
from worker.shard import Workplace, run_one

REQUEST = JobRequest(count=20, group_size=3, seed=4)


@pytest.fixture
def place(database: Database, redis_url: str, redis: Redis) -> Iterator[Workplace]:
    publisher = Publisher(redis_url)
    pipeline = replace(FakePipeline.open(Settings()), episodes_in_flight=4)
    yield Workplace(database, publisher, pipeline, jobs.claimant(shard_specs=8))
    publisher.close()


@dataclass(frozen=True)
class Together(FakePipeline):
    """Its episodes wait for each other: four at a time, or none is ever made."""

    barrier: Barrier = field(default_factory=lambda: Barrier(4))

    def run_episode(self, spec: ProblemSpec, member: int, origin: Origin = NOBODY) -> Episode:
        self.barrier.wait(timeout=60)
        return super().run_episode(spec, member, origin)


@dataclass(frozen=True)
class FailingTogether(Together):
    """Of the four that are made at a time one breaks, in one of two ways."""

    error: Exception = field(default_factory=lambda: OSError("no space left on device"))
    lock: Lock = field(default_factory=Lock)
    made: list[int] = field(default_factory=list)

    def run_episode(self, spec: ProblemSpec, member: int, origin: Origin = NOBODY) -> Episode:
        with self.lock:
            self.made.append(member)
            breaks = len(self.made) == 2
        episode = super().run_episode(spec, member, origin)
        if breaks:
            raise self.error
        return episode


def export(place: Workplace, database: Database) -> bytes:
    job_id = jobs.make(database, REQUEST)
    while run_one(place, never):
        pass
    assert jobs.reconcile(database, job_id).state is JobState.SUCCEEDED
    return jobs.export(database, job_id)


def test_episodes_are_made_together(place: Workplace, database: Database) -> None:
    job_id = jobs.make(database, JobRequest(count=8, group_size=1))
    together = replace(place, pipeline=Together(place.pipeline.library, episodes_in_flight=4))
    assert run_one(together, never)
    assert jobs.reconcile(database, job_id).proposed == 8


def test_threads_that_are_free_take_other_shards(place: Workplace, database: Database) -> None:
    """A shard is one episode here; four are made together all the same, or none is ever made."""
    job_id = jobs.make(database, JobRequest(count=8, group_size=1, max_episodes=8))
    pipeline = Together(place.pipeline.library, episodes_in_flight=4, is_slow=True)
    together = replace(place, pipeline=pipeline, claimant=jobs.claimant(shard_specs=1))
    while run_one(together, never):
        pass
    assert jobs.reconcile(database, job_id).proposed == 8


def test_episodes_in_flight_follow_the_pipeline_while_it_works(place: Workplace, database: Database) -> None:
    """A server that gets slow is asked less: what may be under way changes between two episodes."""
    at_once: list[int] = []
    lock, counted = Lock(), [0]

    class Following(FakePipeline):
        def run_episode(self, spec: ProblemSpec, member: int, origin: Origin = NOBODY) -> Episode:
            with lock:
                counted[0] += 1
                at_once.append(counted[0])
                made = len(at_once)
            time.sleep(0.05)
            episode = super().run_episode(spec, member, origin)
            with lock:
                counted[0] -= 1
                if made >= 5:
                    object.__setattr__(self, "episodes_in_flight", 1)
            return episode

    jobs.make(database, JobRequest(count=12, group_size=1))
    pipeline = Following(place.pipeline.library, episodes_in_flight=4)
    assert run_one(replace(place, pipeline=pipeline, claimant=jobs.claimant(shard_specs=12)), never)
    assert max(at_once) == 4
    assert at_once[-3:] == [1, 1, 1]


def test_nothing_more_is_claimed_while_another_proposer_is_due(place: Workplace, database: Database) -> None:
    class Outdated(FakePipeline):
        def is_current(self, _: Callable[[], str | None]) -> bool:
            return False

    job_id = jobs.make(database, JobRequest(count=8, group_size=1))
    pipeline = Outdated(place.pipeline.library, episodes_in_flight=4, is_slow=True)
    assert run_one(replace(place, pipeline=pipeline, claimant=jobs.claimant(shard_specs=1)), never)
    assert jobs.reconcile(database, job_id).proposed == 1


def test_the_dataset_does_not_depend_on_how_many_are_made_at_a_time(
    place: Workplace, database: Database
) -> None:
    alone = replace(place, pipeline=FakePipeline.open(Settings()))
    assert export(place, database) == export(alone, database)


@pytest.mark.parametrize(
    ("error", "attempts"), [(OSError("no space left on device"), 1), (ServiceDownError("closed at night"), 0)]
)
def test_what_was_made_beside_a_failure_is_kept(
    place: Workplace, database: Database, error: Exception, attempts: int
) -> None:
    job_id = jobs.make(database, JobRequest(count=4, group_size=1))
    failing = FailingTogether(place.pipeline.library, episodes_in_flight=4, error=error)
    assert run_one(replace(place, pipeline=failing), never)
    job, shard = jobs.reconcile(database, job_id), first_shard(database)
    assert (job.proposed, shard.state) == (3, ShardState.QUEUED)
    said = shard.error if attempts else job.waiting_for
    assert said
    assert str(error) in said
    jobs.expire_leases(database)
    assert run_one(place, never)
    assert jobs.reconcile(database, job_id).proposed == 4


def test_a_worker_that_stops_stores_what_is_under_way(place: Workplace, database: Database) -> None:
    job_id = jobs.make(database, JobRequest(count=8, group_size=1))
    assert run_one(place, stopping_after(6))
    assert first_shard(database).state is ShardState.QUEUED
    assert jobs.reconcile(database, job_id).proposed == 6


@pytest.mark.parametrize("in_flight", [1, 4])
def test_a_shard_stays_claimed_while_its_episodes_take_long(
    place: Workplace, database: Database, in_flight: int
) -> None:
    """Its first episodes last several leases; nobody else may claim it meanwhile."""
    claimed = []

    @dataclass(frozen=True)
    class Slow(FakePipeline):
        def run_episode(self, spec: ProblemSpec, member: int, origin: Origin = NOBODY) -> Episode:
            episode = super().run_episode(spec, member, origin)
            other = jobs.claim(database, jobs.claimant("another"))
            claimed.append(other.index if other else None)
            return episode

    jobs.make(database, JobRequest(count=4, group_size=1))
    pipeline = Slow(place.pipeline.library, seconds=1.5, episodes_in_flight=in_flight)
    quick = jobs.claimant(lease=0.4, shard_specs=4)
    assert run_one(replace(place, pipeline=pipeline, claimant=quick), never)
    assert claimed == [None] * 4
    assert first_shard(database).state is ShardState.DONE
