"""Jobs of open mode in the database: their cards, who claims them, how much is under way, budgets, what is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from propound.episode import Episode
from propound.job import JobRequest, JobState
from propound.models.purpose import Origin, Role
from propound.problem import Mode, Problem
from propound.storage import datasets, groups, jobs, shards, trials
from propound.storage.plan import EPISODES_AHEAD
from propound.storage.requests import DatabaseLedger
from propound.storage.session import Database
from propound.storage.sweep import sweep
from propound.storage.tables import Job, Shard, StoredProblem, StoredSibling, StoredTrajectory
from propound.trust import Trust
from propound.verification.vote import Rejection
from tests.factories import free
from tests.factories import jobs as work
from tests.factories.cards import skill_text
from tests.factories.requests import answered

OPEN = replace(work.claimant(), modes=(Mode.OPEN,))


def asked(**fields: Any) -> JobRequest:
    return JobRequest.model_validate({"count": 3, "mode": "open", "group_size": 1, **fields})


def make(database: Database, **fields: Any) -> str:
    return work.make(database, asked(**fields))


def spend(database: Database, job_id: str, name: str, tokens: int) -> None:
    ledger = DatabaseLedger(database)
    ledger.record(
        answered(
            name, origin=Origin(job=job_id), role=Role.SOLVER, prompt_tokens=tokens - 1, completion_tokens=1
        )
    )


def settle_all(database: Database, lease: shards.Lease, made: list[Episode]) -> None:
    for (index, _), episode in zip(lease.pairs, made, strict=True):
        work.store(database, lease, index, episode)
    work.finish(database, lease)


def test_cards_are_kept_beside_the_request_that_people_see(database: Database) -> None:
    texts = [skill_text("mine"), {"SKILL.md": skill_text("mine-too"), "scripts/tool.py": "x = 1\n"}]
    job_id = make(database, cards=texts)
    job = work.read(database, job_id)
    assert job.mode is Mode.OPEN
    assert job.request["cards"] == ["mine", "mine-too"]
    assert JobRequest.model_validate(job.request).cards == ("mine", "mine-too")
    lease = work.claim(database, OPEN)
    assert lease is not None
    assert lease.request == asked(cards=texts)
    with database.begin() as session:
        (found,) = jobs.show_all(session, [job_id])
        assert "cards" not in found.job.__dict__, "whoever looks at a job reads no texts"


def test_a_job_is_only_for_workers_that_serve_its_mode(database: Database) -> None:
    free_job, plain_job = make(database), work.make(database, JobRequest(count=1))
    lease = work.claim(database, replace(work.claimant(), modes=(Mode.PROCEDURAL,)))
    assert lease is not None
    assert lease.job_id == plain_job
    assert work.claim(database, replace(work.claimant(), modes=(Mode.PROCEDURAL,))) is None
    lease = work.claim(database, replace(work.claimant(), modes=tuple(Mode)))
    assert lease is not None
    assert lease.job_id == free_job


def test_a_job_that_nobody_serves_says_so_and_goes_on_when_somebody_does(database: Database) -> None:
    job_id = make(database)
    with database.begin() as session:
        assert shards.note_unserved(session, (), (Mode.PROCEDURAL,)) == [job_id]
    assert "PROPOUND_MODELS" in str(work.read(database, job_id).waiting_for)
    with database.begin() as session:
        assert shards.note_unserved(session, (), tuple(Mode)) == []
    assert work.claim(database, OPEN) is not None


def test_a_shard_is_one_spec_whatever_the_worker_takes_of_others(database: Database) -> None:
    make(database, count=50, group_size=4)
    lease = work.claim(database, replace(OPEN, shard_specs=16))
    assert lease is not None
    assert lease.pairs == ((0, 0), (0, 1), (0, 2), (0, 3))


def test_a_small_job_has_few_episodes_under_way_however_many_fail(database: Database) -> None:
    """Of 20 episodes none was verified: nobody begins another hundred for three problems."""
    job_id = make(database, count=3, group_size=4, max_episodes=200)
    for _ in range(8):
        lease = work.claim(database, OPEN)
        assert lease is not None
        work.run(database, lease, lambda *_: Rejection.UNSOLVED)
    under_way = 0
    while lease := work.claim(database, OPEN):
        under_way += len(lease.pairs)
    assert under_way == EPISODES_AHEAD * 3
    assert work.read(database, job_id).proposed == 32


def test_one_good_group_is_enough_for_a_small_job(database: Database) -> None:
    make(database, count=3, group_size=4)
    assert work.claim(database, OPEN) is not None
    assert work.claim(database, OPEN) is None


def test_who_writes_is_noted_once_and_shown(database: Database) -> None:
    job_id = make(database)
    assert work.claim(database, OPEN) is not None
    assert work.read(database, job_id).policy is None
    rests = Trust(mode=Mode.OPEN, families=("one", "two"), shared_family=("solvers",))
    with database.begin() as session:
        jobs.begun_by(session, job_id, jobs.Author("qwen", "Qwen@1", rests, "c0ffee"))
        jobs.begun_by(session, job_id, jobs.Author("other", "Other@1", Trust(), None))
    job = work.read(database, job_id)
    assert (job.policy, job.policy_version, job.committee) == ("qwen", "Qwen@1", "c0ffee")
    assert jobs.trust(job, None) == rests
    assert jobs.trust(work.read(database, make(database)), None) == Trust(mode=Mode.OPEN)


def test_what_a_procedural_job_rests_on_is_noted_at_its_claim(database: Database) -> None:
    job_id = work.make(database)
    rests = Trust(families=("qwen3",), shared_family=("judges",))
    assert work.claim(database, replace(work.claimant(), trust=rests)) is not None
    assert jobs.trust(work.read(database, job_id), None) == rests


def test_a_job_without_tokens_left_is_no_work_and_ends_as_exhausted(database: Database) -> None:
    job_id = make(database, max_tokens=10_000)
    assert work.claim(database, OPEN) is not None
    work.expire_leases(database)
    spend(database, job_id, "1", 9_999)
    again = work.claim(database, OPEN)
    assert again is not None, "one token is left"
    spend(database, job_id, "2", 1)
    assert work.claim(database, OPEN) is None
    sweep(database, 4)
    assert work.read(database, job_id).state is JobState.RUNNING, "an episode is under way"
    work.expire_leases(database)
    assert work.claim(database, OPEN) is None
    assert sweep(database, 4) == 0
    job = work.reconcile(database, job_id)
    assert job.state is JobState.EXHAUSTED
    assert job.stop_reason == "the budget of 10000 tokens is used up"


def test_no_episode_begins_after_the_one_that_used_the_last_tokens(database: Database) -> None:
    """What was verified is kept, although others of its group will never come."""
    job_id = make(database, max_tokens=10_000, group_size=4)
    lease = work.claim(database, OPEN)
    assert lease is not None
    assert work.store(database, lease, 0, free.episode(0, 0))
    spend(database, job_id, "1", 10_000)
    assert not work.store(database, lease, 0, free.episode(1, 1)), "the worker is told to stop"
    with database.begin() as session:
        shards.give_back(session, lease)
    job = work.reconcile(database, job_id)
    assert (job.state, job.accepted, job.pending) == (JobState.EXHAUSTED, 2, 0)
    assert len(work.export(database, job_id).splitlines()) == 2


def test_a_job_that_is_complete_succeeds_whatever_it_spent(database: Database) -> None:
    job_id = make(database, count=1, max_tokens=1_000)
    lease = work.claim(database, OPEN)
    assert lease is not None
    spend(database, job_id, "1", 5_000)
    settle_all(database, lease, [free.episode(0)])
    assert work.reconcile(database, job_id).state is JobState.SUCCEEDED


def test_procedural_jobs_have_a_budget_too(database: Database) -> None:
    job_id = work.make(database, JobRequest(count=3, max_tokens=1_000))
    assert work.claim(database) is not None
    spend(database, job_id, "1", 1_000)
    assert work.claim(database) is None


def test_evidence_and_siblings_stay_with_the_problem(database: Database) -> None:
    job_id = make(database, count=2, siblings=3)
    for _ in range(2):
        lease = work.claim(database, OPEN)
        assert lease is not None
        (index, _) = lease.pairs[0]
        settle_all(database, lease, [free.episode(index, siblings=3 * index)])
    job = work.reconcile(database, job_id)
    assert (job.state, job.accepted) == (JobState.SUCCEEDED, 2)
    with database.begin() as session:
        stored = session.scalars(select(StoredProblem).order_by(StoredProblem.ordinal)).all()
        expected = free.evidence(free.problem(0)).model_dump(mode="json")
        assert stored[0].evidence["verification"] == expected
        kept = session.scalars(select(StoredTrajectory).order_by(StoredTrajectory.spec_index)).all()
        assert kept[0].evidence == expected
        found = datasets.siblings(session, [row.id for row in stored])
        assert [(row.problem_id, row.ordinal) for row in found] == [
            (stored[1].id, number) for number in (1, 2, 3)
        ]
        assert {row.given["w"] for row in found} == {20, 21, 22}
        assert Problem.model_validate(found[0].record) == free.problem(1, found[0].given["w"])
        assert datasets.count_siblings(session, [stored[0].dataset_id]) == {stored[0].dataset_id: 3}


def test_a_sibling_like_its_parent_or_like_another_is_no_sibling(database: Database) -> None:
    make(database, count=1)
    lease = work.claim(database, OPEN)
    assert lease is not None
    made = free.episode(0)
    kin = (free.problem(0), free.problem(0, 20), free.problem(0, 20), free.problem(0, 21))
    settle_all(database, lease, [made.model_copy(update={"siblings": kin})])
    with database.begin() as session:
        found = session.scalars(select(StoredSibling).order_by(StoredSibling.ordinal)).all()
        assert [(row.ordinal, row.given["w"]) for row in found] == [(1, 20), (2, 21)]


def test_what_is_surplus_has_no_siblings_in_the_dataset(database: Database) -> None:
    make(database, count=1, group_size=2)
    lease = work.claim(database, OPEN)
    assert lease is not None
    settle_all(database, lease, [free.episode(0, 0), free.episode(1, 1, siblings=2)])
    with database.begin() as session:
        assert session.scalars(select(StoredSibling)).all() == []


def test_a_trainer_gets_the_evidence_back(database: Database) -> None:
    make(database, count=1)
    lease = work.claim(database, OPEN)
    assert lease is not None
    settle_all(database, lease, [free.episode(0)])
    with database.begin() as session:
        row = session.scalars(select(StoredTrajectory)).one()
        assert groups._episode(row).verdict.evidence == free.evidence(free.problem(0))


def trial(
    canary: str, *, fault: str | None, accepted: bool, decided: bool = True, **more: Any
) -> dict[str, Any]:
    rejection = None if accepted else (Rejection.UNSOLVED if decided else Rejection.UNDECIDED)
    fields = {"committee": "c0ffee", "domain": "mathematics", "style": "s", "errors": {}, **more}
    return {
        "canary": canary,
        "fault": fault,
        "accepted": accepted,
        "decided": decided,
        "rejection": rejection,
        **fields,
    }


def test_trials_are_kept_once_and_counted(database: Database) -> None:
    job_id = make(database)
    with database.begin() as session:
        jobs.begun_by(session, job_id, jobs.Author("q", "Q@1", Trust(mode=Mode.OPEN), "c0ffee"))
        job = session.scalars(select(Job)).one()
        assert trials.of_jobs(session, [job]) == {job_id: None}
        for canary, fields in {
            "1": trial("1", fault=None, accepted=True, job_id=job_id),
            "2": trial("2", fault=None, accepted=False, command="calibrate"),
            "3": trial("3", fault="printed", accepted=False),
            "4": trial("4", fault="printed", accepted=True, domain="science"),
            "5": trial("5", fault="printed", accepted=False, decided=False),
            "6": trial("6", fault="foreign", accepted=True, committee="another"),
        }.items():
            assert trials.add(session, **fields), canary
        assert not trials.add(session, **trial("1", fault=None, accepted=True))
        found = trials.of_jobs(session, [job])[job_id]
        assert found is not None
        assert (found.sound.decided, found.sound.accepted) == (2, 1)
        assert (found.flawed.decided, found.flawed.accepted, found.flawed.measured) == (2, 1, False)
        assert list(found.by_fault) == ["printed"]
        assert [(name, rate.accepted) for name, rate in found.by_domain.items()] == [
            ("mathematics", 0), ("science", 1)
        ]  # fmt: skip
        assert [row.canary for row in trials.of_committee(session, "c0ffee")] == ["1", "2", "3", "4", "5"]
        (shown,) = jobs.show_all(session, [job_id])
        assert shown.calibration == found


@pytest.mark.parametrize("modes", [(), (Mode.PROCEDURAL,), tuple(Mode)])
def test_the_sweep_counts_open_work_like_any_other(database: Database, modes: tuple[Mode, ...]) -> None:
    make(database)
    assert sweep(database, 4) > 0
    assert (work.claim(database, replace(work.claimant(), modes=modes)) is not None) is (Mode.OPEN in modes)
    with database.begin() as session:
        assert len(session.scalars(select(Shard)).all()) == int(Mode.OPEN in modes)
