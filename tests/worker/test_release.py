"""Leases of the dead are released at once; those of the stuck, too, because the stuck end themselves."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import select

from propound.config import Settings
from propound.episode import Episode
from propound.job import JobRequest, JobState
from propound.models.purpose import NOBODY, Origin
from propound.problem import ProblemSpec
from propound.pulse import QUIET_SECONDS, Pulse
from propound.queue import Publisher
from propound.storage import shards
from propound.storage.session import Database
from propound.storage.shards import Lease
from propound.storage.tables import Shard, ShardState
from tests.factories import jobs
from tests.factories.pipelines import FakePipeline
from tests.worker.processes import wait_until, worker
from worker.shard import Workplace, run_one

MODULE = "tests.worker.fake_worker"
ENDLESS = JobRequest(count=3, group_size=2, max_episodes=2)
"""A job of one spec: one shard, which one process holds."""


@pytest.fixture
def environment(database_url: str, redis_url: str) -> dict[str, str]:
    """Of a worker whose episodes never end, and whose leases last for a day: nobody waits for that."""
    return {
        "PROPOUND_DATABASE_URL": database_url,
        "PROPOUND_REDIS_URL": redis_url,
        "PROPOUND_LEASE_SECONDS": "86400",
        "FAKE_EPISODE_SECONDS": "100000",
    }


def holder(database: Database) -> str | None:
    """Who holds the only shard."""
    with database.begin() as session:
        return session.scalar(select(Shard.worker).where(Shard.state == ShardState.LEASED))


def pid_of(name: str) -> int:
    return int(name.split(":")[1])


@pytest.mark.usefixtures("redis")
def test_the_shard_of_a_killed_process_is_claimed_by_its_sibling(
    database: Database, environment: dict[str, str], tmp_path: Path
) -> None:
    jobs.make(database, ENDLESS)
    with worker(MODULE, tmp_path / "worker.log", **environment) as process:
        wait_until(lambda: holder(database) is not None, process)
        first = holder(database)
        assert first is not None
        os.kill(pid_of(first), signal.SIGKILL)
        wait_until(lambda: holder(database) not in (None, first), process)
        second = holder(database)
        assert second is not None
        assert pid_of(second) != pid_of(first)


@pytest.mark.usefixtures("redis")
def test_the_shard_of_a_killed_worker_is_claimed_by_the_next_one(
    database: Database, environment: dict[str, str], tmp_path: Path
) -> None:
    job_id = jobs.make(database, ENDLESS)
    with worker(MODULE, tmp_path / "first.log", **environment) as first:
        wait_until(lambda: holder(database) is not None, first)
        first.kill()
    assert holder(database) is not None
    with worker(MODULE, tmp_path / "second.log", **environment | {"FAKE_EPISODE_SECONDS": "0"}) as second:
        wait_until(lambda: jobs.read(database, job_id).state.is_final, second)
    assert jobs.reconcile(database, job_id).proposed == 2


def test_only_the_named_are_released(database: Database) -> None:
    jobs.make(database, JobRequest(count=50, group_size=1))
    dead, alive = (jobs.claim(database, jobs.claimant(name, shard_specs=1)) for name in ("dead", "alive"))
    assert dead is not None
    assert alive is not None
    with database.begin() as session:
        assert set(shards.holders(session)) == {dead.holder, alive.holder}
        assert shards.release(session, []) == 0
        assert shards.release(session, [dead.holder, "nobody/1"]) == 1
        assert shards.holders(session) == [alive.holder]
    again = jobs.claim(database, jobs.claimant("third"))
    assert again is not None
    assert (again.index, again.attempt) == (dead.index, dead.attempt + 1)
    with database.begin() as session:
        assert shards.hold(session, alive)
        assert not shards.hold(session, dead)


def test_a_shard_that_kills_its_workers_comes_to_an_end(database: Database) -> None:
    from propound.storage.sweep import sweep

    job_id = jobs.make(database, JobRequest(count=1, group_size=1, max_episodes=1))
    for _ in range(100):
        lease = jobs.claim(database)
        if lease is None:
            break
        with database.begin() as session:
            shards.release(session, [lease.holder])
        sweep(database, 4)
    job = jobs.read(database, job_id)
    assert job.state is JobState.FAILED
    assert "died" in (job.error or "")


def test_a_process_in_which_nothing_moves_ends_itself(
    database: Database, redis: Redis, redis_url: str
) -> None:
    """Its lease is not renewed: another may have the shard while the episode is still stuck."""
    ended: list[object] = []
    taken: list[Lease] = []
    now = [0.0]
    pulse = Pulse(lambda: now[0])

    class Stuck(FakePipeline):
        def run_episode(self, spec: ProblemSpec, member: int, origin: Origin = NOBODY) -> Episode:
            now[0] = QUIET_SECONDS + 1
            while not taken:
                lease = jobs.claim(database, jobs.claimant("another"))
                if lease is not None:
                    taken.append(lease)
            return super().run_episode(spec, member, origin)

    def end(leave: object) -> None:
        ended.append(leave)

    jobs.make(database, JobRequest(count=1, group_size=1))
    publisher = Publisher(redis_url)
    pipeline = Stuck(FakePipeline.open(Settings()).library)
    place = Workplace(database, publisher, pipeline, jobs.claimant(lease=0.4))
    assert run_one(replace(place, pulse=pulse, end_process=end), lambda: False)
    publisher.close()
    assert ended
    assert ended[0] == pipeline.close
    (other,) = taken
    assert other.index == 0
