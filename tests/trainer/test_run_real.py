"""The whole path of a run on its real parts: stored groups, MGPO, engine, sandbox, gate, store and database."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis

from propound.config import Settings
from propound.policy import checkpoint as checkpoint_module
from propound.policy import store as store_module
from propound.policy.checkpoint import load_checkpoint
from propound.storage import checkpoints as repository
from propound.storage import trainings
from propound.storage.session import Database
from tests.factories import checkpoints, experience
from tests.factories import trainings as runs
from trainer.run import run_one
from trainer.tasks import open_workplace

STEPS = 2


@pytest.fixture
def default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the bundled default, a tiny network."""
    bundled = tmp_path / "bundled"
    for module in (checkpoint_module, store_module):
        monkeypatch.setattr(module, "BUNDLED", bundled)
    return checkpoints.write(bundled / "default", context=4_096)


@pytest.mark.usefixtures("redis")
def test_a_run_learns_from_what_workers_stored_and_is_judged(
    database: Database, database_url: str, redis_url: str, default: Path, tmp_path: Path, redis: Redis
) -> None:
    sampled = experience.episodes(default, groups=4)
    groups = [
        [experience.rewarded(each, (i, j)) for j, each in enumerate(group)] for i, group in enumerate(sampled)
    ]
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
        assert all(row.figures["taken_groups"] == 2 for row in rows)
        assert list(repository.lineage(session, kept.version)) == [before]
    place.publisher.close()
    place.database.close()
