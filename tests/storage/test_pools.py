"""Probers of jobs: chosen at the first claim, learnt from in order, and pass rates that a request asks for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from propound.job import Difficulty, JobRequest, JobState
from propound.probing import pool
from propound.probing.pool import PoolState
from propound.probing.probe import Probe
from propound.storage import pools, shards
from propound.storage.session import Database
from propound.storage.shards import Claimant, Lease
from propound.storage.tables import Job, StoredPool
from propound.verification.vote import Rejection
from tests.factories import episodes, jobs, mathematics

VERSIONS = ("weak@1", "strong@1")


def claimant() -> Claimant:
    return replace(jobs.claimant(), probers=VERSIONS)


def work(database: Database, solved: list[int | None]) -> None:
    """Be the only worker; spec i is solved so often, or not measured."""
    while lease := jobs.claim(database, claimant()):
        run(database, lease, solved)


def run(database: Database, lease: Lease, solved: list[int | None]) -> None:
    """Work through a claimed shard."""
    assert lease.prober is not None
    for spec_index, member in lease.pairs:
        count = solved[spec_index % len(solved)]
        measured = None
        if count is not None:
            measured = Probe(prober="p", version=lease.prober, attempts=16, solved=count)
        made = episodes.episode(mathematics.problem(1_000 + spec_index), member=member)
        if not jobs.store(database, lease, spec_index, made.model_copy(update={"probe": measured})):
            with database.begin() as session:
                shards.give_back(session, lease)
            return
    jobs.finish(database, lease)


def state(database: Database) -> PoolState:
    with database.begin() as session:
        return PoolState.model_validate(session.get_one(StoredPool, " ".join(VERSIONS)).state)


def test_without_probers_nothing_is_measured(database: Database) -> None:
    job_id = jobs.make(database)
    jobs.work(database)
    job = jobs.reconcile(database, job_id)
    assert (job.probers, job.prober, job.pass_rates) == ([], None, {})
    assert b"probe" not in jobs.export(database, job_id)


def test_probes_are_kept_with_the_problems_and_counted(database: Database) -> None:
    job_id = jobs.make(database, JobRequest(count=3, group_size=1))
    work(database, [16, 1, 16])
    job = jobs.reconcile(database, job_id)
    assert (job.probers, job.prober) == (list(VERSIONS), "weak@1")
    assert job.pass_rates == {"0.0625": 1, "1": 2}
    rows = jobs.export(database, job_id).splitlines()
    assert all(b'\\"probe\\": {\\"attempts\\": 16, \\"hinted\\": null, \\"prober\\": \\"p\\"' in row for row in rows)


def test_a_range_of_pass_rates(database: Database) -> None:
    wanted = Difficulty(minimum=0.25, maximum=0.75)
    job_id = jobs.make(database, JobRequest(count=3, group_size=1, max_episodes=8, difficulty=wanted))
    work(database, [4, 12, 3, 13, None, 0, 16, 8])
    job = jobs.reconcile(database, job_id)
    assert (job.state, job.accepted) == (JobState.SUCCEEDED, 3)
    assert job.pass_rates == {"0.25": 1, "0.5": 1, "0.75": 1}
    assert job.rejections == {Rejection.TOO_HARD: 3, Rejection.TOO_EASY: 2}
    refused = jobs.checks(database, job_id, Rejection.TOO_HARD)
    assert [check["detail"] for check in refused] == [
        "3 of 16 attempts were right, from 0.25 to 0.75 of them are asked for",
        "no attempts were right, from 0.25 to 0.75 of them are asked for",
        "0 of 16 attempts were right, from 0.25 to 0.75 of them are asked for",
    ]


def test_a_stronger_prober_takes_over_for_the_next_job(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job under way keeps the prober that it began with."""
    monkeypatch.setattr(pool, "WINDOW", 2)
    first = jobs.make(database, JobRequest(count=4, group_size=1))
    work(database, [3])
    assert jobs.reconcile(database, first).prober == "weak@1"
    assert state(database) == PoolState(place=1)
    second = jobs.make(database, JobRequest(count=1, group_size=1))
    work(database, [3])
    assert jobs.reconcile(database, second).prober == "strong@1"
    assert state(database) == PoolState(place=1, problems=1, attempts=16, solved=3)


def test_the_dataset_does_not_depend_on_who_settles_when(database: Database) -> None:
    solved: list[int | None] = [4, 16, 9, 1, 12, 5, 0, 7]
    wanted = JobRequest(count=5, group_size=1, difficulty=Difficulty(minimum=0.25, maximum=0.8))
    alone = jobs.make(database, wanted)
    work(database, solved)
    together = jobs.make(database, wanted)
    who = replace(claimant(), shard_specs=1)
    while leases := [lease for lease in (jobs.claim(database, who) for _ in range(3)) if lease]:
        for lease in reversed(leases):
            run(database, lease, solved)
    assert jobs.export(database, alone) == jobs.export(database, together)
    first, second = jobs.reconcile(database, alone), jobs.reconcile(database, together)
    assert (
        first.pass_rates == second.pass_rates == {"0.25": 1, "0.3125": 1, "0.4375": 1, "0.5625": 1, "0.75": 1}
    )


def test_other_pools_are_others(database: Database) -> None:
    with database.begin() as session:
        pools.learn(session, VERSIONS, [Probe(prober="p", version="weak@1", attempts=16, solved=2)])
        assert pools.choice(session, ("weak@1",)) == "weak@1"
        assert pools.choice(session, ()) is None
        assert session.get(StoredPool, "weak@1") is None


def test_pass_rates_are_written_short() -> None:
    def key(solved: int, attempts: int = 16) -> str:
        return pools.key(Probe(prober="p", version="1", attempts=attempts, solved=solved))

    assert [key(0), key(1), key(8), key(16), key(1, 3)] == ["0", "0.0625", "0.5", "1", "0.333333"]
    counted = Job(pass_rates={})
    pools.count(counted, None)
    assert counted.pass_rates == {}
