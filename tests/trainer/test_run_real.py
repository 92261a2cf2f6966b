"""The whole path of a run on its real parts: stored groups, MGPO, engine, sandbox, gate, store and database."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import select

from propound.config import Settings
from propound.episode import Episode
from propound.policy import checkpoint as checkpoint_module
from propound.policy import store as store_module
from propound.policy.checkpoint import load_checkpoint
from propound.storage import checkpoints as repository
from propound.storage import trainings
from propound.storage.session import Database
from propound.storage.tables import TrainingEventKind, TrainingGroup
from propound.trajectory import Sampling
from tests.factories import checkpoints, experience
from tests.factories import trainings as runs
from trainer.opening import open_workplace
from trainer.run import run_one

pytestmark = pytest.mark.slow

STEPS = 2


@pytest.fixture
def default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the bundled default, a tiny network."""
    bundled = tmp_path / "bundled"
    for module in (checkpoint_module, store_module):
        monkeypatch.setattr(module, "BUNDLED", bundled)
    return checkpoints.write(bundled / "default", context=4_096)


def foreign(group: list[Episode]) -> list[Episode]:
    """The group as a policy of the same name with another tokenizer would have stored it."""
    found = []
    for each in group:
        steps = [
            step.model_copy(
                update={
                    "sampling": step.sampling.model_copy(
                        update={"token_ids": tuple(10**6 + i for i in step.sampling.token_ids)}
                    )
                }
            )
            for step in each.trajectory.steps
            if isinstance(step.sampling, Sampling)
        ]
        trajectory = each.trajectory.model_copy(update={"steps": tuple(steps)})
        found.append(each.model_copy(update={"trajectory": trajectory}))
    return found


@pytest.mark.usefixtures("redis")
def test_a_run_learns_from_what_workers_stored_and_is_judged(
    database: Database, database_url: str, redis_url: str, default: Path, tmp_path: Path, redis: Redis
) -> None:
    sampled = experience.episodes(default, groups=5)
    groups = [
        [experience.rewarded(each, (i, j)) for j, each in enumerate(group)] for i, group in enumerate(sampled)
    ]
    groups[-1] = foreign(groups[-1])  # taken first: the newest
    runs.store(database, groups, size=3)
    training_id = runs.make(
        database, steps=STEPS, groups=2, experience="stored", staleness=STEPS, gate={"specs": 10}
    )
    configured = Settings(
        database_url=database_url,
        redis_url=redis_url,
        home=tmp_path / "home",
        max_steps=2,
        episodes_in_flight=8,
    )
    place = replace(open_workplace(configured), lease=runs.LEASE)

    assert run_one(place, lambda: False)

    run = runs.read(database, training_id)
    assert (run.state, run.stop_reason, run.error) == ("succeeded", "steps", None)
    before = load_checkpoint(default).version
    assert run.base_version == before
    assert run.checkpoint_version not in (None, before)
    kept = place.store.find(run.checkpoint_version)
    assert kept.metadata["recipe"]["base"] == before
    assert run.comparison is not None
    assert (run.comparison["specs"], run.comparison["live_version"]) == (10, before)
    with database.begin() as session:
        rows = trainings.metrics(session, training_id, limit=9)
        assert [row.step for row in rows] == [1, 2]
        counted = [(row.figures["taken_groups"], row.figures["refused_groups"]) for row in rows]
        assert counted == [(3, 1), (2, 0)]
        claimed = session.scalars(
            select(TrainingGroup.ordinal).where(TrainingGroup.training_id == training_id)
        )
        assert sorted(claimed) == [0, 1, 2, 3, 4]
        (warning,) = [
            event.data["text"]
            for event in trainings.events(session, training_id, 0, kind=TrainingEventKind.LOG)
            if event.data["level"] == "warning"
        ]
        assert warning.startswith(
            "step 1: 1 stored groups refused: step 0 of a trajectory of tiny has tokens beyond"
        )
        assert list(repository.lineage(session, kept.version)) == [before]
    place.publisher.close()
    place.database.close()
