"""Verifications in the database: claimed row by row, counted with every result, ended by the last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import update

from propound.solving.asking import Asking
from propound.storage import verifications
from propound.storage.session import Database
from propound.storage.tables import StoredVerification, VerificationRow, VerificationState
from propound.storage.verifications import MAX_ATTEMPTS, Lease
from propound.verification.open.row import Row
from propound.verification.open.rows import Result, RowVerdict, unread

MINUTE = timedelta(minutes=1)


def row(name: str) -> Row:
    return Row(id=name, question="What is 6 times 7?", answer="42")


def create(database: Database, rows: Sequence[Row | Result], *, tenant: str = "default") -> str:
    with database.begin() as session:
        return verifications.create(session, tenant=tenant, asking=Asking.APART, rows=rows).id


def claim(database: Database, limit: int = 8, worker: str = "w") -> list[Lease]:
    with database.begin() as session:
        return verifications.claim(session, worker, MINUTE, limit)


def result(lease: Lease, verdict: RowVerdict = RowVerdict.AGREES) -> Result:
    return Result(id=lease.row.id, line=lease.index, verdict=verdict, reason="as told")


def finish(database: Database, lease: Lease, verdict: RowVerdict = RowVerdict.AGREES) -> bool:
    with database.begin() as session:
        return verifications.finish(session, lease, result(lease, verdict))


def stored(database: Database, verification_id: str) -> StoredVerification:
    with database.begin() as session:
        found = verifications.get(session, "default", verification_id)
        assert found is not None
        return found


def expire(database: Database) -> None:
    with database.begin() as session:
        session.execute(update(VerificationRow).values(lease_until=VerificationRow.lease_until - 2 * MINUTE))


def test_rows_are_claimed_once_finished_and_counted(database: Database) -> None:
    made = create(database, [row("a"), unread("b", 2, "no JSON"), row("c")])
    begun = stored(database, made)
    assert (begun.state, begun.done, begun.verdicts) == (VerificationState.QUEUED, 1, {"unknown": 1})
    leases = claim(database)
    assert [(lease.index, lease.row.id, lease.asking) for lease in leases] == [
        (1, "a", Asking.APART),
        (3, "c", Asking.APART),
    ]
    assert claim(database) == []
    assert stored(database, made).state is VerificationState.RUNNING
    assert finish(database, leases[1], RowVerdict.DISPUTED)
    assert not finish(database, leases[1])
    assert stored(database, made).finished_at is None
    assert finish(database, leases[0])
    ended = stored(database, made)
    assert (ended.state, ended.done) == (VerificationState.SUCCEEDED, 3)
    assert ended.verdicts == {"unknown": 1, "disputed": 1, "agrees": 1}
    assert ended.finished_at is not None
    with database.begin() as session:
        lines = verifications.results(session, made, after=0, limit=10)
        assert [(index, line["verdict"]) for index, line in lines] == [
            (1, "agrees"),
            (2, "unknown"),
            (3, "disputed"),
        ]
        assert [index for index, _ in verifications.results(session, made, after=1, limit=1)] == [2]


def test_rows_that_cannot_be_read_end_it_at_once(database: Database) -> None:
    made = stored(database, create(database, [unread("a", 1, "no JSON")]))
    assert made.state is VerificationState.SUCCEEDED
    assert made.finished_at is not None
    assert claim(database) == []


def test_whoever_waited_longest_is_served(database: Database) -> None:
    first = create(database, [row(str(number)) for number in range(4)])
    second = create(database, [row(str(number)) for number in range(4)], tenant="elsewhere")
    served = [claim(database, 2)[0].verification_id for _ in range(4)]
    assert served == [first, second, first, second]


def test_an_expired_lease_is_anothers(database: Database) -> None:
    create(database, [row("a")])
    (lost,) = claim(database)
    expire(database)
    (taken,) = claim(database, worker="x")
    with database.begin() as session:
        assert not verifications.hold(session, lost)
        assert verifications.hold(session, taken)
    assert not finish(database, lost)
    assert finish(database, taken)


def test_what_waits_for_a_service_may_be_tried_for_ever(database: Database) -> None:
    made = create(database, [row("a")])
    for _ in range(MAX_ATTEMPTS + 2):
        (lease,) = claim(database)
        with database.begin() as session:
            verifications.give_back(session, lease)
            verifications.wait(session, made, "the model is down")
    assert stored(database, made).waiting_for == "the model is down"
    (lease,) = claim(database)
    finish(database, lease)
    assert stored(database, made).waiting_for is None


def test_a_row_that_fails_again_and_again_is_unknown_and_says_why(database: Database) -> None:
    made = create(database, [row("a")])
    for _ in range(MAX_ATTEMPTS):
        (lease,) = claim(database)
        with database.begin() as session:
            verifications.give_back(session, lease, error="OSError: \x00 no space")
    assert claim(database) == []
    assert stored(database, made).state is VerificationState.SUCCEEDED
    with database.begin() as session:
        ((_, line),) = verifications.results(session, made, after=0, limit=10)
    assert line["verdict"] == "unknown"
    assert line["failed"] is True
    assert "no space" in line["reason"]


def test_a_row_that_kills_its_workers_comes_to_an_end(database: Database) -> None:
    made = create(database, [row("a")])
    for number in range(MAX_ATTEMPTS):
        (lease,) = claim(database, worker=f"host:{number}")
        with database.begin() as session:
            assert verifications.holders(session) == [lease.holder]
            assert verifications.release(session, []) == 0
            assert verifications.release(session, [lease.holder]) == 1
            assert verifications.is_waiting(session) is (number < MAX_ATTEMPTS - 1)
    with database.begin() as session:
        assert verifications.sweep(session) == 0
    assert stored(database, made).state is VerificationState.SUCCEEDED
    with database.begin() as session:
        ((_, line),) = verifications.results(session, made, after=0, limit=10)
    assert "process died" in line["reason"]


def test_a_row_in_hand_at_its_last_attempt_is_not_given_up(database: Database) -> None:
    made = create(database, [row("a")])
    for _ in range(MAX_ATTEMPTS - 1):
        claim(database)
        expire(database)
    (lease,) = claim(database)
    with database.begin() as session:
        verifications.sweep(session)
    assert stored(database, made).done == 0
    assert finish(database, lease)


@pytest.mark.parametrize("tenant", ["elsewhere"])
def test_another_tenant_has_none(database: Database, tenant: str) -> None:
    made = create(database, [row("a")])
    with database.begin() as session:
        assert verifications.get(session, tenant, made) is None
