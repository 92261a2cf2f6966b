"""Real processes, real servers: killed workers and an emptied Redis cost time, never data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import select

from propound.config import Settings
from propound.job import JobRequest, JobState
from propound.queue import Publisher
from propound.storage.session import Database
from propound.storage.tables import Shard, ShardState
from tests.embedded.processes import processes_of, wait_until_gone
from tests.factories import jobs
from tests.factories.pipelines import FakePipeline
from tests.worker.processes import wait_until, worker
from worker.shard import Workplace, run_one

pytestmark = pytest.mark.slow

MODULE = "tests.worker.fake_worker"
REQUEST = JobRequest(count=150, group_size=3, seed=11)


@pytest.fixture
def environment(database_url: str, redis_url: str) -> dict[str, str]:
    return {
        "PROPOUND_DATABASE_URL": database_url,
        "PROPOUND_REDIS_URL": redis_url,
        "PROPOUND_LEASE_SECONDS": "2",
        "PROPOUND_CONCURRENCY": "2",
        "FAKE_EPISODE_SECONDS": "0.02",
    }


@pytest.fixture
def publisher(redis_url: str) -> Iterator[Publisher]:
    publisher = Publisher(redis_url)
    yield publisher
    publisher.close()


def lone_export(database: Database, publisher: Publisher, request: JobRequest) -> bytes:
    """The dataset that one worker without any accident makes."""
    job_id = jobs.make(database, request)
    place = Workplace(
        database, publisher, FakePipeline.open(Settings()), jobs.claimant("lone", shard_specs=1)
    )
    while run_one(place, lambda: False):
        pass
    return jobs.export(database, job_id)


def test_killed_workers_and_an_emptied_redis_lose_and_double_nothing(
    database: Database, redis: Redis, publisher: Publisher, environment: dict[str, str], tmp_path: Path
) -> None:
    wanted = lone_export(database, publisher, REQUEST)
    assert wanted.count(b"\n") == REQUEST.count
    job_id = jobs.make(database, REQUEST)
    publisher.wake(4)

    with worker(MODULE, tmp_path / "first.log", **environment) as first:
        wait_until(lambda: jobs.read(database, job_id).proposed >= 40, first)
        first.kill()
    before = jobs.reconcile(database, job_id)
    assert before.state is JobState.RUNNING
    with database.begin() as session:
        assert ShardState.LEASED in set(session.scalars(select(Shard.state).where(Shard.job_id == job_id)))
    redis.flushdb()

    with worker(MODULE, tmp_path / "second.log", **environment) as second:
        wait_until(lambda: jobs.read(database, job_id).accepted >= 90, second)
        redis.flushdb()
        wait_until(lambda: jobs.read(database, job_id).state.is_final, second)
        assert second.stop() == 0

    after = jobs.reconcile(database, job_id)
    assert (after.state, after.accepted) == (JobState.SUCCEEDED, REQUEST.count)
    assert after.proposed > before.proposed
    assert jobs.export(database, job_id) == wanted


def test_processes_whose_worker_was_killed_end_with_what_they_hold_whatever_is_in_flight(
    database: Database, redis: Redis, publisher: Publisher, environment: dict[str, str], tmp_path: Path
) -> None:
    job_id = jobs.make(database, JobRequest(count=3, group_size=2))
    publisher.wake()
    endless = environment | {"FAKE_EPISODE_SECONDS": "100000", "FAKE_ENGINE": str(tmp_path)}
    with worker(MODULE, tmp_path / "first.log", **endless) as first:
        wait_until(lambda: jobs.read(database, job_id).state is JobState.RUNNING, first)
        assert any(command.startswith("sleep ") for command in processes_of(tmp_path).values())
        first.kill_main()
        assert wait_until_gone(tmp_path) == {}

    with worker(MODULE, tmp_path / "second.log", **environment) as second:
        wait_until(lambda: jobs.read(database, job_id).state.is_final, second)
    after = jobs.reconcile(database, job_id)
    assert (after.state, after.accepted) == (JobState.SUCCEEDED, 3)


def test_a_worker_that_is_stopped_gives_its_shards_back(
    database: Database, redis: Redis, publisher: Publisher, environment: dict[str, str], tmp_path: Path
) -> None:
    environment |= {"FAKE_EPISODE_SECONDS": "0.3", "PROPOUND_LEASE_SECONDS": "600"}
    job_id = jobs.make(database, JobRequest(count=50, group_size=4))
    publisher.wake()
    with worker(MODULE, tmp_path / "worker.log", **environment) as process:
        wait_until(lambda: jobs.read(database, job_id).proposed >= 1, process)
        assert process.stop() == 0
    with database.begin() as session:
        found = set(session.scalars(select(Shard.state).where(Shard.job_id == job_id)))
    assert ShardState.QUEUED in found
    assert ShardState.LEASED not in found


def test_the_sweep_alone_starts_a_job_that_no_message_announced(
    database: Database, redis: Redis, environment: dict[str, str], tmp_path: Path
) -> None:
    job_id = jobs.make(database, JobRequest(count=3, group_size=2))
    with worker(MODULE, tmp_path / "worker.log", **environment) as process:
        wait_until(lambda: jobs.read(database, job_id).state is JobState.SUCCEEDED, process)


@pytest.mark.parametrize(
    ("module", "change", "said"),
    [
        (MODULE, {"PROPOUND_DATABASE_URL": ""}, "PROPOUND_DATABASE_URL"),
        ("tests.worker.unisolated_worker", {}, "install bubblewrap"),
        ("worker.app", {"PROPOUND_SANDBOX_TIER": "nonsense"}, "nonsense"),
    ],
)
def test_the_worker_refuses_to_start_and_says_what_to_change(
    environment: dict[str, str], tmp_path: Path, module: str, change: dict[str, str], said: str
) -> None:
    with worker(module, tmp_path / "worker.log", **environment | change) as process:
        assert process.wait() != 0
    log = process.log.read_text()
    assert "The worker does not start" in log
    assert said in log
    assert "Traceback" not in log
