"""Idempotency keys: one effect for repeated requests, even at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select, update

from propound.storage import idempotency
from propound.storage.idempotency import IdempotencyConflictError, Replay
from propound.storage.session import Database
from propound.storage.tables import IdempotencyKey

REQUEST: dict[str, Any] = {
    "tenant": "acme",
    "key": "k",
    "method": "POST",
    "path": "/v1/jobs",
    "body_digest": "d",
}


def answer(database: Database, **change: str) -> Replay | None:
    """One request: None if it did the work, else what it was given."""
    request = {**REQUEST, **change}
    with database.begin() as session:
        replay = idempotency.begin(session, **request)
        if replay is None:
            idempotency.finish(
                session, tenant=request["tenant"], key=request["key"], status=202, response={"id": "job_1"}
            )
        return replay


def test_the_second_request_gets_the_first_response(database: Database) -> None:
    assert answer(database) is None
    assert answer(database) == Replay(202, {"id": "job_1"})
    assert answer(database, tenant="other") is None
    assert answer(database, key="k2") is None


@pytest.mark.parametrize("change", [{"body_digest": "e"}, {"path": "/v1/keys"}, {"method": "PUT"}])
def test_another_request_with_the_key_is_an_error(database: Database, change: dict[str, str]) -> None:
    answer(database)
    with pytest.raises(IdempotencyConflictError):
        answer(database, **change)


def test_many_at_once_do_the_work_once(database: Database) -> None:
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: answer(database), range(12)))
    assert answers.count(None) == 1
    assert answers.count(Replay(202, {"id": "job_1"})) == 11


def test_a_failed_request_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        with database.begin() as session:
            idempotency.begin(session, **REQUEST)
            raise ValueError("the body is wrong")

    with pytest.raises(ValueError, match="wrong"):
        fail()
    assert answer(database) is None


def test_a_key_is_free_again_after_a_day(database: Database) -> None:
    answer(database)
    answer(database, key="k2")
    with database.begin() as session:
        session.execute(update(IdempotencyKey).values(created_at=func.now() - idempotency.KEPT_FOR * 1.01))
    assert answer(database, body_digest="e") is None
    with database.begin() as session:
        idempotency.drop_old(session)
        assert session.scalars(select(IdempotencyKey.key)).all() == ["k"]
