"""A job from its request to its end: claiming, storing, settling, and every way to end."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from propound.job import JobRequest, JobState
from propound.storage import events, jobs, settle, shards
from propound.storage.plan import UNSETTLED_SHARDS
from propound.storage.session import Database
from propound.storage.sweep import sweep
from propound.storage.tables import (
    Decision,
    EventKind,
    Job,
    Shard,
    ShardState,
    StoredProblem,
    StoredTrajectory,
)
from propound.verification.vote import Rejection
from tests.factories import episodes, mathematics
from tests.factories import jobs as work


def decisions(database: Database, job_id: str) -> dict[tuple[int, int], Decision]:
    with database.begin() as session:
        rows = session.scalars(select(StoredTrajectory).where(StoredTrajectory.job_id == job_id))
        return {(row.spec_index, row.member): row.decision for row in rows}


def states(database: Database, job_id: str) -> list[str]:
    with database.begin() as session:
        found = events.after(session, job_id, 0)
        return [event.data["state"] for event in found if event.kind is EventKind.STATE]


def test_one_worker_fills_the_dataset(database: Database) -> None:
    job_id = work.make(database, JobRequest(count=5, group_size=2))
    work.work(database)
    job = work.read(database, job_id)
    assert job.state is JobState.SUCCEEDED
    assert (job.accepted, job.pending) == (5, 0)
    assert (job.policy, job.policy_version, job.library_version) == ("fake", "1", "library-1")
    assert states(database, job_id) == ["queued", "running", "finalizing", "succeeded"]
    assert job.queued_at <= job.running_at <= job.finalizing_at <= job.succeeded_at  # type: ignore[operator]
    rows = [json.loads(line) for line in work.export(database, job_id).splitlines()]
    assert [row["extra_info"]["index"] for row in rows] == [0, 1, 2, 3, 4]
    expected = [mathematics.problem(1_000 * spec + member) for spec in range(3) for member in range(2)][:5]
    assert [row["question"] for row in rows] == [problem.statement for problem in expected]


def test_acceptance_waits_for_all_earlier_specs(database: Database) -> None:
    job_id = work.make(database, JobRequest(count=20, group_size=1))
    first, second = (work.claim(database, work.claimant(shard_specs=2)) for _ in range(2))
    assert first is not None
    assert second is not None
    work.run(database, second)
    job = work.read(database, job_id)
    assert (job.pending, job.accepted, job.settled_spec) == (2, 0, 0)
    work.run(database, first)
    job = work.read(database, job_id)
    assert (job.pending, job.accepted, job.settled_spec) == (0, 4, 4)
    with database.begin() as session:
        problems = session.scalars(select(StoredProblem).order_by(StoredProblem.ordinal))
        assert [problem.evidence["spec_index"] for problem in problems] == [0, 1, 2, 3]


def test_repeats_are_rejected_as_duplicates(database: Database) -> None:
    job_id = work.make(database, JobRequest(count=4, group_size=2))
    results = {
        (0, 1): mathematics.problem(0),  # the same as (0, 0)
        (1, 0): mathematics.problem(0, wording="What do the integers from 1 to {n} add up to?"),
        (1, 1): mathematics.problem(0, wording="Find  the sum of the first {n} positive\nintegers."),
    }
    work.work(database, work.scripted(results))
    job = work.read(database, job_id)
    assert (job.accepted, job.rejections) == (4, {"duplicate": 3})
    with database.begin() as session:
        repeated = session.scalars(
            select(StoredTrajectory).where(StoredTrajectory.rejection == Rejection.DUPLICATE)
        ).all()
        assert {row.decision for row in repeated} == {Decision.REJECTED}


def test_what_is_verified_beyond_the_count_is_surplus(database: Database) -> None:
    job_id = work.make(database, JobRequest(count=1, group_size=4))
    work.work(database)
    assert decisions(database, job_id) == {
        (0, 0): Decision.ACCEPTED,
        (0, 1): Decision.SURPLUS,
        (0, 2): Decision.SURPLUS,
        (0, 3): Decision.SURPLUS,
    }


def test_a_full_dataset_waits_for_live_leases_and_no_longer(database: Database) -> None:
    job_id = work.make(database, JobRequest(count=4, group_size=1))
    busy = [work.claim(database, work.claimant(f"w{number}", shard_specs=2)) for number in range(2)]
    assert work.claim(database, work.claimant("w3")) is None
    slow, quick = busy
    assert slow is not None
    assert quick is not None
    with database.begin() as session:
        session.execute(update(Job).values(count=2))
    work.run(database, quick)
    assert work.read(database, job_id).state is JobState.RUNNING
    work.store(database, slow, 0, episodes.episode(work.fresh(0, 0)))
    work.store(database, slow, 1, episodes.episode(work.fresh(1, 0)))
    late = work.claim(database, work.claimant("w4", shard_specs=2))
    assert late is None
    work.finish(database, slow)
    job = work.read(database, job_id)
    assert (job.state, job.accepted, job.surplus) == (JobState.SUCCEEDED, 2, 2)


def test_finalizing_ends_when_the_last_lease_ends(database: Database) -> None:
    job_id = work.make(database, JobRequest(count=4, group_size=1))
    first, second = (work.claim(database, work.claimant(shard_specs=2)) for _ in range(2))
    assert first is not None
    assert second is not None
    with database.begin() as session:
        session.execute(update(Job).values(count=2))
    work.run(database, first)
    assert work.read(database, job_id).state is JobState.FINALIZING
    assert work.store(database, second, 2, episodes.episode(work.fresh(2, 0))) is False
    assert work.read(database, job_id).pending == 1
    with database.begin() as session:
        shards.give_back(session, second)
    job = work.read(database, job_id)
    assert (job.state, job.pending, job.surplus) == (JobState.SUCCEEDED, 0, 1)
    assert work.store(database, second, 3, episodes.episode(work.fresh(3, 0))) is False
    assert work.read(database, job_id).proposed == 3


@pytest.mark.parametrize("state", [JobState.FINALIZING, JobState.CANCELLING])
def test_the_sweep_ends_a_job_whose_workers_are_dead(database: Database, state: JobState) -> None:
    job_id = work.make(database, JobRequest(count=4, group_size=1))
    first, second = (work.claim(database, work.claimant(shard_specs=2)) for _ in range(2))
    assert first is not None
    assert second is not None
    if state is JobState.FINALIZING:
        with database.begin() as session:
            session.execute(update(Job).values(count=2))
        work.run(database, first)
    else:
        with database.begin() as session:
            settle.cancel(session, work.TENANT, job_id)
    assert work.read(database, job_id).state is state
    assert sweep(database, 4) == 0
    assert work.read(database, job_id).state is state
    work.expire_leases(database)
    assert sweep(database, 4) == 0
    assert work.read(database, job_id).state.is_final


def test_the_budget_ends_a_job_that_cannot_succeed(database: Database) -> None:
    job_id = work.make(database, JobRequest(count=3, group_size=4, max_episodes=6))
    work.work(
        database, lambda spec, member: work.fresh(0, 0) if (spec, member) == (1, 1) else Rejection.MISREAD
    )
    job = work.read(database, job_id)
    assert (job.state, job.proposed, job.accepted) == (JobState.EXHAUSTED, 6, 1)
    assert job.rejections == {"misread": 5}
    assert job.stop_reason == "the budget of 6 episodes is used up"
    assert set(decisions(database, job_id)) == {(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1)}


def test_cancelling_a_queued_job_ends_it_at_once(database: Database) -> None:
    job_id = work.make(database)
    with database.begin() as session:
        assert settle.cancel(session, "other", job_id) is None
        assert settle.cancel(session, work.TENANT, "job_none") is None
        job = settle.cancel(session, work.TENANT, job_id)
        assert job is not None
        assert job.state is JobState.CANCELLED
    assert work.claim(database) is None
    with database.begin() as session:
        again = settle.cancel(session, work.TENANT, job_id)
        assert again is not None
        assert again.state is JobState.CANCELLED
    assert states(database, job_id) == ["queued", "cancelling", "cancelled"]


def test_cancelling_lets_the_running_episode_end(database: Database) -> None:
    job_id = work.make(database, JobRequest(count=8, group_size=1))
    first, second = (work.claim(database, work.claimant(shard_specs=2)) for _ in range(2))
    assert first is not None
    assert second is not None
    work.run(database, first)
    work.store(database, second, 2, episodes.episode(work.fresh(2, 0)))
    with database.begin() as session:
        settle.cancel(session, work.TENANT, job_id)
    assert work.read(database, job_id).state is JobState.CANCELLING
    assert work.store(database, second, 3, episodes.episode(work.fresh(3, 0))) is False
    with database.begin() as session:
        shards.give_back(session, second)
    job = work.read(database, job_id)
    assert (job.state, job.accepted, job.surplus, job.pending) == (JobState.CANCELLED, 2, 2, 0)
    assert len(work.export(database, job_id).splitlines()) == 2


def test_an_expired_shard_is_claimed_again_and_only_missing_members_are_made(database: Database) -> None:
    job_id = work.make(database, JobRequest(count=4, group_size=2))
    dead = work.claim(database)
    assert dead is not None
    work.store(database, dead, 0, episodes.episode(work.fresh(0, 0)))
    assert work.claim(database) is None
    work.expire_leases(database)
    heir = work.claim(database, work.claimant("w2"))
    assert heir is not None
    assert (heir.index, heir.attempt) == (dead.index, 1)
    with database.begin() as session:
        assert shards.missing(session, heir) == [(0, 1), (1, 0), (1, 1)]
    assert work.store(database, dead, 0, episodes.episode(work.fresh(0, 0))) is False
    assert work.store(database, dead, 0, episodes.episode(work.fresh(0, 1), member=1)) is False
    work.finish(database, dead)
    assert work.read(database, job_id).proposed == 2
    work.run(database, heir)
    job = work.read(database, job_id)
    assert (job.state, job.proposed, job.accepted) == (JobState.SUCCEEDED, 4, 4)


def test_a_shard_that_nobody_can_do_fails_the_job(database: Database) -> None:
    job_id = work.make(database, JobRequest(count=8, group_size=1))
    fine = work.claim(database, work.claimant(shard_specs=2))
    assert fine is not None
    work.run(database, fine)
    for _ in range(settle.MAX_ATTEMPTS):
        lease = work.claim(database, work.claimant(shard_specs=2))
        assert lease is not None
        with database.begin() as session:
            shards.give_back(session, lease, error="RuntimeError: the disk is full")
    job = work.read(database, job_id)
    assert job.state is JobState.FAILED
    assert job.error == "shard 1 was tried 5 times in vain: RuntimeError: the disk is full"
    assert (job.accepted, len(work.export(database, job_id).splitlines())) == (2, 2)


def test_a_shard_that_kills_its_workers_fails_the_job(database: Database) -> None:
    job_id = work.make(database, JobRequest(count=2, group_size=1))
    for _ in range(settle.MAX_ATTEMPTS):
        assert work.claim(database) is not None
        work.expire_leases(database)
    assert work.claim(database) is None
    sweep(database, 4)
    assert work.read(database, job_id).state is JobState.FAILED


def test_an_error_delays_the_next_attempt(database: Database) -> None:
    work.make(database, JobRequest(count=2, group_size=1))
    lease = work.claim(database)
    assert lease is not None
    with database.begin() as session:
        shards.give_back(session, lease, error="x", delay=timedelta(hours=1))
    assert work.claim(database) is None
    assert sweep(database, 4) == 0


def test_the_least_recently_served_job_goes_first(database: Database) -> None:
    ids = [work.make(database, JobRequest(count=100, group_size=1)) for _ in range(3)]
    claimed = [work.claim(database, work.claimant(shard_specs=1)) for _ in range(6)]
    assert [lease.job_id for lease in claimed if lease] == ids * 2


def test_a_claim_goes_past_a_locked_job_and_waits_only_for_the_last(database: Database) -> None:
    first, second = (work.make(database, JobRequest(count=4, group_size=1)) for _ in range(2))
    with database.begin() as session:
        assert jobs.lock(session, first) is not None
        lease = work.claim(database)
        assert lease is not None
        assert lease.job_id == second


def test_no_more_is_claimed_than_is_plausibly_needed(database: Database) -> None:
    work.make(database, JobRequest(count=6, group_size=4))
    lease = work.claim(database)
    assert lease is not None
    assert len(lease.pairs) == 8
    assert work.claim(database) is None


def test_claims_stay_near_what_is_settled(database: Database) -> None:
    work.make(database, JobRequest(count=1_000, group_size=1))
    for _ in range(UNSETTLED_SHARDS):
        assert work.claim(database) is not None
    assert work.claim(database) is None


def test_settled_shards_are_done(database: Database) -> None:
    work.make(database, JobRequest(count=8, group_size=1))
    work.work(database)
    with database.begin() as session:
        assert set(session.scalars(select(Shard.state))) == {ShardState.DONE}


@pytest.mark.parametrize(
    "lie",
    [
        "proposed = proposed + 1",
        "proposed = proposed + 1, rejected = rejected + 1",
        "proposed = proposed + 1, accepted = accepted + 1",
        "surplus = -1, proposed = proposed - 1",
        "settled_spec = next_spec + 1",
        "state = 'nonsense'",
        "state = 'cancelled', pending = 1, proposed = proposed + 1",
        "count = count + 1",
    ],
)
def test_the_database_refuses_a_funnel_that_lies(database: Database, lie: str) -> None:
    work.make(database, JobRequest(count=2, group_size=1))
    work.work(database)
    with pytest.raises(IntegrityError), database.begin() as session:
        session.execute(text(f"UPDATE jobs SET {lie}"))
