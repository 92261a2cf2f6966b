"""Checkpoints, their descent, and what is live: promoted by one call, rolled back by one call."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from propound.storage import checkpoints
from propound.storage.checkpoints import CheckpointUnknownError, LiveChangedError, NothingBeforeError
from propound.storage.session import Database
from propound.storage.tables import CheckpointState, Promotion
from tests.factories.trainings import keep

A, B, C = ("a" * 16, "b" * 16, "c" * 16)


def promote(database: Database, version: str) -> None:
    with database.begin() as session:
        checkpoints.promote(session, version, by="key_test", reason="because")


def rollback(database: Database) -> str | None:
    with database.begin() as session:
        return checkpoints.rollback(session, by="key_test", reason="oops").version


def live(database: Database) -> str | None:
    with database.begin() as session:
        return checkpoints.live_version(session)


def state(database: Database, version: str) -> CheckpointState:
    with database.begin() as session:
        found = checkpoints.get(session, version)
        assert found is not None
        return found.state


def test_before_any_promotion_the_bundled_one_is_live(database: Database) -> None:
    assert live(database) is None
    with pytest.raises(NothingBeforeError):
        rollback(database)


def test_rollbacks_lead_back_step_by_step(database: Database) -> None:
    for version in (A, B, C):
        promote(database, keep(database, version))
    assert live(database) == C
    assert [rollback(database) for _ in range(3)] == [B, A, None]
    with pytest.raises(NothingBeforeError):
        rollback(database)
    promote(database, B)
    assert rollback(database) is None


def test_after_a_rollback_the_next_promotion_leads_back_to_where_it_stood(database: Database) -> None:
    for version in (A, B):
        promote(database, keep(database, version))
    assert rollback(database) == A
    promote(database, keep(database, C))
    assert [rollback(database), rollback(database)] == [A, None]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.sampled_from([A, B, C, "back"]), max_size=12))
def test_what_is_live_is_the_top_of_a_stack(database: Database, moves: list[str]) -> None:
    for version in (A, B, C):
        keep(database, version)
    stack: list[str] = []
    for move in moves:
        if move != "back":
            promote(database, move)
            if stack[-1:] != [move]:
                stack.append(move)
        elif stack:
            stack.pop()
            assert rollback(database) == (stack[-1] if stack else None)
        else:
            with pytest.raises(NothingBeforeError):
                rollback(database)
        assert live(database) == (stack[-1] if stack else None)
    with database.begin() as session:
        session.execute(update(Promotion).values(previous_id=None))
        session.execute(delete(Promotion))


def test_promoting_what_is_live_changes_nothing(database: Database) -> None:
    keep(database, A)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: promote(database, A), range(4)))
    with database.begin() as session:
        history = checkpoints.promotions(session, limit=9)
        assert [row.version for row in history] == [A]
        assert (history[0].by, history[0].reason) == ("key_test", "because")
    assert state(database, A) is CheckpointState.PROMOTED


def test_what_is_not_kept_cannot_be_live(database: Database) -> None:
    with pytest.raises(CheckpointUnknownError):
        promote(database, A)
    assert live(database) is None


def test_a_gate_promotes_only_over_what_it_compared_with(database: Database) -> None:
    for version in (A, B):
        keep(database, version)
    with database.begin() as session:
        checkpoints.promote_over(session, A, None, by="gate", reason="better")
    with database.begin() as session, pytest.raises(LiveChangedError):
        checkpoints.promote_over(session, B, None, by="gate", reason="better")
    assert live(database) == A


def test_a_refused_checkpoint_may_still_be_promoted_by_hand(database: Database) -> None:
    keep(database, A)
    with database.begin() as session:
        checkpoints.refuse(session, A)
    assert state(database, A) is CheckpointState.REFUSED
    promote(database, A)
    with database.begin() as session:
        checkpoints.refuse(session, A)
    assert state(database, A) is CheckpointState.PROMOTED


def test_a_checkpoint_is_kept_once_and_never_changed(database: Database) -> None:
    keep(database, B, parent=A)
    keep(database, B, parent=C)
    with database.begin() as session:
        found = checkpoints.get(session, B)
        assert found is not None
        assert (found.parent_version, found.state) == (A, CheckpointState.CANDIDATE)


def test_lineage_ends_at_what_was_not_trained_here(database: Database) -> None:
    keep(database, B, parent=A)
    keep(database, C, parent=B)
    with database.begin() as session:
        assert list(checkpoints.lineage(session, C)) == [B, A]
        assert list(checkpoints.lineage(session, A)) == []
    keep(database, A, parent=C)
    with database.begin() as session:
        assert list(checkpoints.lineage(session, C)) == [B, A]


def test_checkpoints_are_listed_newest_first(database: Database) -> None:
    for version in (B, A, C):
        keep(database, version)
    with database.begin() as session:
        first = checkpoints.page(session, limit=2)
        assert [row.version for row in first] == [C, A]
        place = (first[-1].created_at, first[-1].version)
        assert [row.version for row in checkpoints.page(session, limit=2, before=place)] == [B]
