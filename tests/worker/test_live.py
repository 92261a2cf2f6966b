"""Workers follow what is live: between two shards, without a restart, and no episode is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import select

from propound.config import Settings
from propound.job import JobRequest
from propound.policy import checkpoint as checkpoint_module
from propound.policy import store as store_module
from propound.policy.checkpoint import METADATA, CheckpointError, content_version, load_checkpoint
from propound.policy.engine import EngineError
from propound.policy.language import LanguagePolicy
from propound.policy.store import CheckpointStore
from propound.queue import Publisher
from propound.storage import checkpoints as repository
from propound.storage.session import Database
from propound.storage.tables import StoredTrajectory
from tests.factories import checkpoints, jobs, trainings
from worker.pipeline import Pipeline
from worker.shard import Workplace, run_one

pytestmark = pytest.mark.slow

REQUEST = JobRequest(count=50, group_size=2, seed=5)


@dataclass(frozen=True)
class Deployment:
    """A worker that follows what is live, its store, and where checkpoints come from."""

    place: Workplace
    store: CheckpointStore
    default: str
    folder: Path

    @property
    def pipeline(self) -> Pipeline:
        assert isinstance(self.place.pipeline, Pipeline)
        return self.place.pipeline

    def made(self, seed: int) -> str:
        """A checkpoint that is kept; its version."""
        made = load_checkpoint(checkpoints.write(self.folder / f"made-{seed}", context=8_192, seed=seed))
        return self.store.keep(made).version

    def promote(self, version: str) -> None:
        trainings.keep(self.place.database, version)
        with self.place.database.begin() as session:
            repository.promote(session, version, by="test", reason="test")

    def work(self) -> None:
        assert run_one(self.place, lambda: False)

    def versions(self) -> list[str]:
        """Of each spec so far, the version that its whole group is stamped with."""
        with self.place.database.begin() as session:
            order = (StoredTrajectory.spec_index, StoredTrajectory.member)
            rows = session.execute(
                select(StoredTrajectory.spec_index, StoredTrajectory.policy_version).order_by(*order)
            ).all()
        found: dict[int, set[str]] = {}
        for spec, version in rows:
            found.setdefault(spec, set()).add(version)
        assert len(rows) == 2 * len(found)
        return [version for spec in sorted(found) for version in found[spec]]


@pytest.fixture
def deployment(
    database: Database, redis_url: str, redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Deployment]:
    bundled = tmp_path / "bundled"
    default = load_checkpoint(checkpoints.write(bundled / "default", context=8_192))
    for module in (checkpoint_module, store_module):
        monkeypatch.setattr(module, "BUNDLED", bundled)
    configured = Settings(home=tmp_path / "home", policy="live", episodes_in_flight=2, max_steps=2)
    pipeline = Pipeline.open(configured)
    publisher = Publisher(redis_url)
    place = Workplace(database, publisher, pipeline, jobs.claimant(shard_specs=1))
    yield Deployment(place, CheckpointStore.of(configured), default.version, tmp_path)
    pipeline.close()
    publisher.close()


def test_a_promoted_checkpoint_proposes_from_the_next_shard_on(deployment: Deployment) -> None:
    job_id = jobs.make(deployment.place.database, REQUEST)
    deployment.work()
    before = deployment.pipeline.proposer.policy
    first, second = deployment.made(1), deployment.made(2)
    assert isinstance(before, LanguagePolicy)

    for version in (first, second):
        deployment.promote(version)
        deployment.work()
    with deployment.place.database.begin() as session:
        repository.rollback(session, by="test", reason="test")
    deployment.work()

    assert deployment.versions() == [deployment.default, first, second, first]
    assert jobs.read(deployment.place.database, job_id).policy_version == deployment.default
    with pytest.raises(EngineError):
        before.engine.complete([1], seed=0, temperature=1, max_tokens=1)


def test_what_stays_live_is_not_opened_again(deployment: Deployment) -> None:
    jobs.make(deployment.place.database, REQUEST)
    deployment.work()
    before = deployment.pipeline.proposer.policy
    deployment.promote(deployment.default)
    deployment.work()
    assert deployment.pipeline.proposer.policy is before


def test_a_checkpoint_that_has_not_come_yet_is_waited_for(deployment: Deployment) -> None:
    jobs.make(deployment.place.database, REQUEST)
    deployment.work()
    version = deployment.made(3)
    away = deployment.store.folder / version
    away.rename(deployment.folder / "away")
    deployment.promote(version)
    deployment.work()
    (deployment.folder / "away").rename(away)
    deployment.work()
    assert deployment.versions() == [deployment.default, deployment.default, version]


def test_a_checkpoint_that_the_engine_refuses_changes_nothing(deployment: Deployment) -> None:
    jobs.make(deployment.place.database, REQUEST)
    deployment.work()
    folder = checkpoints.write(deployment.folder / "odd", context=8_192, seed=4)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "mamba"}))
    (folder / METADATA).write_text(json.dumps({"name": "odd", "version": content_version(folder)}))
    deployment.promote(deployment.store.keep(load_checkpoint(folder)).version)
    for _ in range(2):
        deployment.work()
    assert deployment.versions() == [deployment.default] * 3


def test_without_any_checkpoint_nothing_is_claimed(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = jobs.make(deployment.place.database, REQUEST)
    monkeypatch.setattr(store_module, "BUNDLED", deployment.folder / "nowhere")
    with pytest.raises(CheckpointError, match="no checkpoint default"):
        run_one(deployment.place, lambda: False)
    assert jobs.read(deployment.place.database, job_id).next_spec == 0
