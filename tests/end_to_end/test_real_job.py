"""The whole path on its real parts: teacher, sandbox, verification, worker processes, PostgreSQL and Redis."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from redis import Redis

from propound.config import Settings
from propound.job import JobRequest, JobState
from propound.queue import Publisher
from propound.skills.toolkit.execution import compile_program
from propound.storage.session import Database
from tests.factories import jobs
from tests.worker.processes import wait_until, worker
from worker.pipeline import Pipeline
from worker.shard import Workplace, run_one

pytestmark = pytest.mark.slow

REQUEST = JobRequest(count=30, group_size=2, seed=77)


def _lone_export(database: Database, publisher: Publisher) -> bytes:
    """The dataset that one worker makes in this very process."""
    job_id = jobs.make(database, REQUEST)
    place = Workplace(database, publisher, Pipeline.open(Settings()), jobs.claimant("lone", shard_specs=3))
    while run_one(place, lambda: False):
        pass
    return jobs.export(database, job_id)


@pytest.fixture
def publisher(redis_url: str) -> Publisher:
    """Wakes the workers of this test."""
    return Publisher(redis_url)


def test_a_real_job_gives_the_same_file_whatever_happens_to_its_workers(
    database: Database,
    redis: Redis,
    publisher: Publisher,
    database_url: str,
    redis_url: str,
    tmp_path: Path,
) -> None:
    wanted = _lone_export(database, publisher)
    environment = {
        "PROPOUND_DATABASE_URL": database_url,
        "PROPOUND_REDIS_URL": redis_url,
        "PROPOUND_LEASE_SECONDS": "4",
        "PROPOUND_CONCURRENCY": "2",
        "PROPOUND_SHARD_SPECS": "1",
    }
    job_id = jobs.make(database, REQUEST)
    publisher.wake(2)
    with worker("worker.app", tmp_path / "first.log", **environment) as first:
        wait_until(lambda: jobs.read(database, job_id).proposed >= 8, first)
        first.kill()
    redis.flushdb()
    with worker("worker.app", tmp_path / "second.log", **environment) as second:
        wait_until(lambda: jobs.read(database, job_id).state.is_final, second, seconds=240)
        assert second.stop() == 0
    publisher.close()

    done = jobs.reconcile(database, job_id)
    assert (done.state, done.accepted) == (JobState.SUCCEEDED, REQUEST.count)
    assert jobs.export(database, job_id).splitlines() == wanted.splitlines()
    _look_at(wanted)


def _look_at(export: bytes) -> None:
    """The rows are what was asked for, and carry what a stranger needs to check them."""
    rows = [json.loads(line) for line in export.splitlines()]
    assert len({row["question"] for row in rows}) == len(rows) == REQUEST.count
    assert {row["domain"] for row in rows} == {"mathematics", "coding", "science"}
    assert {len(row["skills"]) for row in rows} <= {1, 2, 3, 4}
    for row in rows:
        evidence = json.loads(row["info"])["evidence"]
        assert set(evidence["skills"]) == set(row["skills"])
        assert len(evidence["votes"]) == 3
        assert all(vote["rationale"] for vote in evidence["votes"])
        assert all(check["passed"] for check in evidence["checks"])
        assert evidence["policy"] == "scripted-teacher"
        assert len(evidence["trajectory_digest"]) == 64
    for row in filter(lambda row: row["domain"] == "coding", rows):
        truth = json.loads(row["reward_model"]["ground_truth"])
        if "fn_name" not in truth:
            program = compile_program(row["answer"], "stdin")
            assert [program(text) for text in truth["inputs"]] == truth["outputs"]
            continue
        run = compile_program(row["answer"])
        calls = map(partial(_parse_arguments), truth["inputs"])
        assert [run(*arguments) for arguments in calls] == [json.loads(output) for output in truth["outputs"]]


def _parse_arguments(text: str) -> list[object]:
    """One JSON value per line, as verl and its relatives give a function its arguments."""
    return [json.loads(line) for line in text.splitlines()]
