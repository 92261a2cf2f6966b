"""A training run from its request to its end: claimed, noted, given back, and every way to end."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest

from propound.promotion import Comparison
from propound.storage import trainings
from propound.storage.session import Database
from propound.storage.tables import TrainingEventKind
from propound.storage.trainings import MAX_ATTEMPTS, TrainingLease
from propound.training import TrainingState
from tests.factories import trainings as runs


def states(database: Database, training_id: str) -> list[str]:
    with database.begin() as session:
        found = trainings.events(session, training_id, 0, kind=TrainingEventKind.STATE)
        return [event.data["state"] for event in found]


def end_lost(database: Database) -> list[str]:
    with database.begin() as session:
        return trainings.end_lost(session)


def finish(
    database: Database, lease: TrainingLease, comparison: Comparison | None = None
) -> TrainingState | None:
    with database.begin() as session:
        return trainings.finish(
            session, lease, stop_reason="steps", checkpoint_version=None, comparison=comparison
        )


def give_back(database: Database, lease: TrainingLease, error: str | None = None) -> None:
    with database.begin() as session:
        trainings.give_back(session, lease, error=error)


def test_a_run_is_claimed_once_noted_and_finished(database: Database) -> None:
    training_id = runs.make(database, steps=2)
    lease = runs.claim(database)
    assert (lease.training_id, lease.request.steps, lease.base_version) == (training_id, 2, None)
    assert runs.nothing_to_claim(database)

    assert runs.note(database, lease, 1, reward=0.5)
    assert runs.note(database, lease, 2, reward=0.75, kl=math.inf)
    assert finish(database, lease)

    run = runs.read(database, training_id)
    assert (run.state, run.steps, run.stop_reason, run.trainer) == ("succeeded", 2, "steps", None)
    assert states(database, training_id) == ["queued", "running", "succeeded"]
    with database.begin() as session:
        kept = trainings.metrics(session, training_id, limit=10)
        assert [(row.step, row.figures) for row in kept] == [
            (1, {"reward": 0.5}), (2, {"reward": 0.75, "kl": None})
        ]  # fmt: skip
        assert [row.step for row in trainings.metrics(session, training_id, limit=10, after=1)] == [2]


def test_the_run_that_was_asked_for_first_goes_first(database: Database) -> None:
    first, second = runs.make(database), runs.make(database)
    assert [runs.claim(database).training_id for _ in range(2)] == [first, second]


def test_a_killed_trainer_costs_its_lease_and_no_more(database: Database) -> None:
    training_id = runs.make(database)
    dead = runs.claim(database)
    with database.begin() as session:
        trainings.note_base(session, dead, "0123456789abcdef")
    runs.note(database, dead, 1, reward=0.1)
    runs.expire(database)

    heir = runs.claim(database, "t2")
    assert (heir.training_id, heir.base_version, heir.attempt) == (training_id, "0123456789abcdef", 1)
    assert not runs.note(database, dead, 2, reward=9.9)
    assert not finish(database, dead)
    assert runs.note(database, heir, 1, reward=0.2)
    with database.begin() as session:
        assert [row.figures for row in trainings.metrics(session, training_id, limit=9)] == [{"reward": 0.2}]
    assert finish(database, heir)


def test_a_run_that_is_given_back_is_free_at_once(database: Database) -> None:
    runs.make(database)
    give_back(database, runs.claim(database))
    assert runs.claim(database).attempt == 1


def test_a_run_that_fails_again_and_again_fails_for_good(database: Database) -> None:
    training_id = runs.make(database)
    for _ in range(MAX_ATTEMPTS):
        give_back(database, runs.claim(database), "OSError: the disk is full")
    run = runs.read(database, training_id)
    assert (run.state, run.error) == ("failed", "tried 3 times in vain: OSError: the disk is full")
    assert runs.nothing_to_claim(database)


def test_a_run_that_kills_its_trainers_fails(database: Database) -> None:
    training_id = runs.make(database)
    for _ in range(MAX_ATTEMPTS):
        runs.claim(database)
        assert end_lost(database) == []
        runs.expire(database)
    assert end_lost(database) == [training_id]
    run = runs.read(database, training_id)
    assert (run.state, run.error) == ("failed", "tried 3 times in vain: its trainer ended without a word")


def test_a_noted_step_starts_the_count_of_attempts_anew(database: Database) -> None:
    training_id = runs.make(database)
    for _ in range(2 * MAX_ATTEMPTS):
        lease = runs.claim(database)
        runs.note(database, lease, lease.attempt)
        give_back(database, lease, "OSError: again")
    assert runs.read(database, training_id).state is TrainingState.RUNNING


def test_an_error_delays_the_next_attempt(database: Database) -> None:
    runs.make(database)
    with database.begin() as session:
        lease = trainings.claim(session, "t", runs.LEASE)
        assert lease is not None
        trainings.give_back(session, lease, error="x", delay=timedelta(hours=1))
    assert runs.nothing_to_claim(database)


def cancel(database: Database, training_id: str) -> TrainingState:
    with database.begin() as session:
        run = trainings.cancel(session, training_id)
        assert run is not None
        return run.state


def test_a_queued_run_is_cancelled_at_once(database: Database) -> None:
    training_id = runs.make(database)
    assert cancel(database, training_id) is TrainingState.CANCELLED
    assert cancel(database, training_id) is TrainingState.CANCELLED
    assert runs.nothing_to_claim(database)
    with database.begin() as session:
        assert trainings.cancel(session, "train_none") is None


@pytest.mark.parametrize("end", ["finish", "give back", "expire"])
def test_a_running_one_is_cancelled_when_its_trainer_is_done(database: Database, end: str) -> None:
    training_id = runs.make(database)
    lease = runs.claim(database)
    assert cancel(database, training_id) is TrainingState.CANCELLING
    with database.begin() as session:
        assert trainings.hold(session, lease) is TrainingState.CANCELLING
    assert end_lost(database) == []
    if end == "finish":
        assert finish(database, lease)
    elif end == "give back":
        give_back(database, lease)
    else:
        runs.expire(database)
        assert runs.nothing_to_claim(database)
        assert end_lost(database) == [training_id]
    run = runs.read(database, training_id)
    assert (run.state, run.stop_reason) == ("cancelled", "cancelled on request")


def test_a_run_that_is_given_back_and_cancelled_ends_at_once(database: Database) -> None:
    training_id = runs.make(database)
    give_back(database, runs.claim(database))
    assert cancel(database, training_id) is TrainingState.CANCELLED


def test_a_run_that_cannot_be_done_fails_with_the_reason(database: Database) -> None:
    training_id = runs.make(database)
    with database.begin() as session:
        lease = trainings.claim(session, "t", runs.LEASE)
        assert lease is not None
        trainings.fail(session, lease, "no checkpoint nonsense")
    run = runs.read(database, training_id)
    assert (run.state, run.error) == ("failed", "no checkpoint nonsense")


def test_a_trainer_goes_past_a_run_that_another_is_claiming(database: Database) -> None:
    first, second = runs.make(database), runs.make(database)
    with database.begin() as session:
        assert trainings.lock(session, first) is not None
        assert runs.claim(database).training_id == second


def test_runs_are_listed_newest_first(database: Database) -> None:
    ids = [runs.make(database) for _ in range(3)]
    with database.begin() as session:
        assert [run.id for run in trainings.page(session, limit=2)] == ids[:0:-1]
        assert [run.id for run in trainings.page(session, limit=2, before=ids[1])] == ids[:1]
        assert trainings.page(session, limit=9, state=TrainingState.RUNNING) == []
        assert trainings.waiting(session) == 3
