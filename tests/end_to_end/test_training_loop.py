"""The loop: jobs bring groups, a schedule begins a run, its checkpoint is promoted, the worker proposes with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from propound.job import JobRequest
from propound.policy.checkpoint import load_checkpoint
from propound.schedule import ScheduleRequest
from propound.storage import checkpoints as repository
from propound.storage import schedules, trainings
from tests.factories import checkpoints, jobs
from tests.factories import trainings as runs
from tests.factories.trainers import DrawnRefinement, showing
from tests.worker.test_live import Deployment, deployment
from trainer.app import sweep
from trainer.run import Workplace, run_one

pytestmark = pytest.mark.slow

__all__ = ["deployment"]
REQUEST = JobRequest(count=50, group_size=2, seed=5)


@pytest.fixture
def trainer(deployment: Deployment, tmp_path: Path) -> Workplace:
    """A trainer beside the worker; what comes out of it shows more reward."""
    made = load_checkpoint(checkpoints.write(tmp_path / "preview", context=8_192, seed=1))
    return Workplace(
        database=deployment.place.database,
        publisher=deployment.place.publisher,
        store=deployment.store,
        folder=tmp_path / "trainings",
        refine=DrawnRefinement(seed=1),
        show=showing({made.version: 2.0}),
        name="t1",
        lease=runs.LEASE,
    )


def test_a_job_makes_its_own_worker_better(deployment: Deployment, trainer: Workplace) -> None:
    database, publisher = deployment.place.database, deployment.place.publisher
    training = {"experience": "stored", "steps": 9, "groups": 1}
    with database.begin() as session:
        wanted = ScheduleRequest.model_validate({"every_groups": 2, "training": training})
        schedules.create(session, wanted)
    jobs.make(database, REQUEST)

    deployment.work()
    assert sweep(database, publisher, deployment.default) == 0
    deployment.work()
    assert sweep(database, publisher, deployment.default) == 1
    assert run_one(trainer, lambda: False)

    with database.begin() as session:
        (run,) = trainings.page(session, limit=9)
        assert (run.state, run.stop_reason, run.steps) == ("succeeded", "starved", 2)
        assert repository.live_version(session) == run.checkpoint_version
    deployment.work()
    assert deployment.versions() == [deployment.default, deployment.default, run.checkpoint_version]
    assert sweep(database, publisher, deployment.default) == 0
