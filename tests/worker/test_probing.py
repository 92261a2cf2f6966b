"""The worker with probers: measured in the same order whoever works, and refused where nobody measures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from propound.config import Settings
from propound.domain import Domain
from propound.episodes import UnknownProberError
from propound.job import Difficulty, JobRequest, JobState
from propound.probing.opening import check_probers, prober_versions
from propound.problem import Mode
from propound.queue import Publisher
from propound.storage import shards
from propound.storage.session import Database
from propound.storage.tables import StoredTrajectory, VerdictKind
from tests.factories import checkpoints, jobs
from tests.factories.pipelines import FakePipeline
from worker.opening import open_workplace
from worker.pipeline import Pipeline
from worker.shard import Workplace, run_one

REQUEST = JobRequest(
    domains=(Domain.SCIENCE,), count=2, group_size=2, maximum_skills=1, max_episodes=4, seed=3
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A solver with random weights: it never solves anything."""
    return checkpoints.write(tmp_path_factory.mktemp("solvers") / "tiny", context=1_024)


@pytest.fixture
def publisher(redis_url: str) -> Iterator[Publisher]:
    made = Publisher(redis_url)
    yield made
    made.close()


@pytest.mark.usefixtures("redis")
def test_verified_problems_are_measured_and_rewarded(
    database: Database, redis_url: str, folder: Path
) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    configured = Settings(database_url=url, redis_url=redis_url, probers=str(folder))
    place = open_workplace(configured, Pipeline.open)
    job_id = jobs.make(database, REQUEST)
    try:
        assert len(place.claimant.probers) == 1
        while run_one(place, lambda: False):
            pass
    finally:
        place.pipeline.close()
        place.database.close()
        place.publisher.close()
    job = jobs.reconcile(database, job_id)
    assert job.accepted == 2
    assert [job.prober] == job.probers == list(place.claimant.probers)
    assert job.pass_rates == {"0": 2}
    with database.begin() as session:
        rows = session.scalars(select(StoredTrajectory).where(StoredTrajectory.job_id == job_id)).all()
        for row in rows:
            if row.verdict is VerdictKind.REJECTED:
                assert row.probe is None
                continue
            tried = {"attempts": 16, "solved": 0, "hinted": None}
            assert row.probe == {"prober": "tiny", "version": job.prober, **tried}
            assert (row.rewards["pass_rate"], row.rewards["terminal"]) == (0.0, 1.0)


@pytest.mark.usefixtures("redis")
def test_a_job_waits_for_a_worker_that_can_measure_and_is_never_failed_by_another(
    database: Database, publisher: Publisher
) -> None:
    """One job needs any prober, one the very prober that it began with; a worker without any does the third job."""
    wanted = JobRequest(count=2, group_size=1, difficulty=Difficulty(maximum=0.5))
    begun, fresh = (jobs.make(database, wanted) for _ in range(2))
    plain = jobs.make(database, JobRequest(count=1, group_size=1))
    able = replace(jobs.claimant("able", shard_specs=1), probers=("p1",))
    other = replace(jobs.claimant("other", shard_specs=1), probers=("p2",))
    first = jobs.claim(database, able)
    assert first is not None
    assert (first.job_id, first.prober) == (begun, "p1")
    jobs.expire_leases(database)

    pipeline = FakePipeline.open(Settings())
    while run_one(Workplace(database, publisher, pipeline, jobs.claimant()), lambda: False):
        pass
    assert jobs.read(database, plain).state is JobState.SUCCEEDED
    assert jobs.read(database, begun).proposed == jobs.read(database, fresh).proposed == 0

    with database.begin() as session:
        assert set(shards.note_unserved(session, (), tuple(Mode))) == {begun, fresh}
    assert "the prober p1: no worker that is running has it" in (jobs.read(database, begun).waiting_for or "")
    assert "a worker with a prober" in (jobs.read(database, fresh).waiting_for or "")
    with database.begin() as session:
        assert shards.note_unserved(session, (), tuple(Mode)) == []

    second = jobs.claim(database, other)
    assert second is not None
    assert (second.job_id, second.prober) == (fresh, "p2")
    assert jobs.claim(database, other) is not None
    again = jobs.claim(database, able)
    assert again is not None
    assert (again.job_id, again.index) == (begun, first.index)
    jobs.work(database, who=able)
    jobs.run(database, again)
    assert jobs.read(database, begun).waiting_for is None


def test_a_worker_knows_the_versions_of_its_probers_before_it_opens_them(folder: Path) -> None:
    configured = Settings(probers=f"{folder},novice")
    pipeline = Pipeline.open(configured)
    try:
        assert prober_versions(configured) == pipeline.probers
    finally:
        pipeline.close()


def test_a_pipeline_measures_with_the_prober_that_it_is_told(folder: Path) -> None:
    pipeline = Pipeline.open(Settings(probers=f"{folder}"))
    try:
        version = pipeline.probers[0]
        chosen = pipeline.measured_by(version).runner.prober
        assert chosen is not None
        assert chosen.solver.version == version
        assert pipeline.measured_by(None).runner.prober is None
        with pytest.raises(UnknownProberError, match="PROPOUND_PROBERS was changed"):
            pipeline.measured_by("another")
    finally:
        pipeline.close()


def test_a_worker_does_not_start_with_solvers_that_are_not_there(folder: Path) -> None:
    check_probers(Settings())
    check_probers(Settings(probers=str(folder)))
    with pytest.raises(ValueError, match="no solver 'no-such'"):
        check_probers(Settings(probers=f"{folder}, no-such"))
    with pytest.raises(ValueError, match="twice"):
        check_probers(Settings(probers=f"{folder},{folder}"))
