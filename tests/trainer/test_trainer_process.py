"""Real trainer processes: killed ones, an emptied Redis and a missing message cost time, never data."""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import func, update

from propound.policy.checkpoint import load_checkpoint
from propound.policy.store import CheckpointStore
from propound.schedule import ScheduleRequest
from propound.storage import checkpoints as repository
from propound.storage import schedules, trainings
from propound.storage.session import Database
from propound.storage.tables import Schedule
from propound.training import TrainingState
from tests.factories import checkpoints
from tests.factories import trainings as runs
from tests.worker.processes import wait_until, worker

pytestmark = pytest.mark.slow

MODULE = "tests.trainer.fake_trainer"


@pytest.fixture
def environment(
    database: Database, database_url: str, redis_url: str, redis: Redis, tmp_path: Path
) -> dict[str, str]:
    """Of a trainer; a checkpoint is live."""
    home = tmp_path / "home"
    made = load_checkpoint(checkpoints.write(tmp_path / "made", context=8_192))
    CheckpointStore(home / "checkpoints").keep(made)
    runs.keep(database, made.version)
    with database.begin() as session:
        repository.promote(session, made.version, by="test", reason="test")
    return {
        "PROPOUND_DATABASE_URL": database_url,
        "PROPOUND_REDIS_URL": redis_url,
        "PROPOUND_HOME": str(home),
        "PROPOUND_LEASE_SECONDS": "2",
        "FAKE_STEP_SECONDS": "0.1",
    }


def steps(database: Database, training_id: str) -> list[int]:
    with database.begin() as session:
        return [row.step for row in trainings.metrics(session, training_id, limit=999)]


def test_a_killed_trainer_and_an_emptied_redis_cost_time_alone(
    database: Database, redis: Redis, environment: dict[str, str], tmp_path: Path
) -> None:
    training_id = runs.make(database, steps=40)
    with worker(MODULE, tmp_path / "first.log", **environment) as first:
        wait_until(lambda: runs.read(database, training_id).steps >= 8, first)
        first.kill()
    assert runs.read(database, training_id).state is TrainingState.RUNNING
    redis.flushdb()
    with worker(MODULE, tmp_path / "second.log", **environment) as second:
        wait_until(lambda: runs.read(database, training_id).state.is_final, second)
        assert second.stop() == 0
    run = runs.read(database, training_id)
    assert (run.state, run.stop_reason, run.error) == ("succeeded", "steps", None)
    assert steps(database, training_id) == list(range(1, 41))
    assert run.checkpoint_version is not None
    assert run.comparison is not None


def test_a_run_whose_process_was_killed_goes_on_at_once(
    database: Database, environment: dict[str, str], tmp_path: Path
) -> None:
    """The lease lasts for a day; that its holder is known to be dead ends it."""
    training_id = runs.make(database, steps=40)
    environment |= {"PROPOUND_LEASE_SECONDS": "86400"}
    with worker(MODULE, tmp_path / "trainer.log", **environment) as process:
        wait_until(lambda: runs.read(database, training_id).steps >= 3, process)
        holder = runs.read(database, training_id).trainer
        assert holder is not None
        os.kill(int(holder.split(":")[1]), signal.SIGKILL)
        wait_until(lambda: runs.read(database, training_id).state.is_final, process)
    assert steps(database, training_id) == list(range(1, 41))
    with database.begin() as session:
        told = [event.data.get("text", "") for event in trainings.events(session, training_id, 0)]
    assert any("the trainer's process died" in text for text in told)


def test_a_trainer_that_is_stopped_gives_its_run_back(
    database: Database, environment: dict[str, str], tmp_path: Path
) -> None:
    training_id = runs.make(database, steps=10_000)
    environment |= {"PROPOUND_LEASE_SECONDS": "600"}
    with worker(MODULE, tmp_path / "trainer.log", **environment) as process:
        wait_until(lambda: runs.read(database, training_id).steps >= 1, process)
        assert process.stop() == 0
    run = runs.read(database, training_id)
    assert (run.state, run.trainer, run.attempts) == ("running", None, 0)


def test_a_run_that_is_cancelled_ends(
    database: Database, environment: dict[str, str], tmp_path: Path
) -> None:
    training_id = runs.make(database, steps=10_000)
    with worker(MODULE, tmp_path / "trainer.log", **environment) as process:
        wait_until(lambda: runs.read(database, training_id).steps >= 1, process)
        with database.begin() as session:
            trainings.cancel(session, training_id)
        wait_until(lambda: runs.read(database, training_id).state.is_final, process)
    assert runs.read(database, training_id).state is TrainingState.CANCELLED


def test_a_schedule_begins_its_run(database: Database, environment: dict[str, str], tmp_path: Path) -> None:
    with database.begin() as session:
        wanted = ScheduleRequest.model_validate({"cron": "0 3 1 1 *", "training": {"steps": 2}})
        schedule_id = schedules.create(session, wanted).id
        session.execute(update(Schedule).values(next_at=func.now() - timedelta(hours=1)))

    def over() -> bool:
        with database.begin() as session:
            return any(run.state.is_final for run in trainings.page(session, limit=9))

    with worker(MODULE, tmp_path / "trainer.log", **environment) as process:
        wait_until(over, process)
    with database.begin() as session:
        (run,) = trainings.page(session, limit=9)
        assert (run.state, run.schedule_id) == ("succeeded", schedule_id)


@pytest.mark.parametrize(
    ("module", "change", "said"),
    [
        (MODULE, {"PROPOUND_DATABASE_URL": ""}, "PROPOUND_DATABASE_URL"),
        ("trainer.app", {"PROPOUND_SANDBOX_TIER": "nonsense"}, "nonsense"),
    ],
)
def test_the_trainer_refuses_to_start_and_says_what_to_change(
    environment: dict[str, str], tmp_path: Path, module: str, change: dict[str, str], said: str
) -> None:
    with worker(module, tmp_path / "trainer.log", **environment | change) as process:
        assert process.wait() != 0
    log = process.log.read_text()
    assert "The trainer does not start" in log
    assert said in log
    assert "Traceback" not in log
