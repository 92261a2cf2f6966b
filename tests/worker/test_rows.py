"""Rows of a verification through a real worker: sandbox, HTTP and database; only what models say is scripted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.responses import JSONResponse, Response

from propound.models.purpose import Role
from propound.solving.asking import Asking
from propound.storage import requests, verifications
from propound.storage.session import Database
from propound.storage.tables import StoredVerification, VerificationState
from propound.verification.open.row import Row
from tests.factories.model_server import completion, fails
from tests.factories.open_mode import solution
from tests.worker.test_open_jobs import never, workplace
from worker.rows import verify_some

RIGHT = Row(id="a", question="A mill grinds 6 sacks an hour. How many does it grind in 7 hours?", answer="42")
WRONG = Row(id="b", question="A mill grinds 8 sacks an hour. How many does it grind in 9 hours?", answer="74")
SOLVERS = '[roles]\nsolvers = ["one", "two"]\n'


def solve(body: dict[str, Any]) -> Response:
    asked = body["messages"][-1]["content"]
    return JSONResponse(
        completion(solution("print(8 * 9)" if "8 sacks" in asked else "print(6 * 7)"), usage=(200, 50))
    )


def create(database: Database, *rows: Row) -> str:
    with database.begin() as session:
        return verifications.create(session, tenant="default", asking=Asking.NOT, rows=rows).id


def stored(database: Database, made: str) -> StoredVerification:
    with database.begin() as session:
        found = verifications.get(session, "default", made)
        assert found is not None
        return found


@pytest.mark.usefixtures("redis")
def test_rows_are_verified_and_their_requests_accounted_for(
    database: Database, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    made = create(database, RIGHT, WRONG)
    with workplace(database_url, redis_url, tmp_path, SOLVERS) as (place, server, _):
        server.usual = solve
        assert verify_some(replace(place, rows_at_once=1), never)
        assert verify_some(place, never)
        assert not verify_some(place, never)
        asked = len(server.requests)
    ended = stored(database, made)
    assert ended.state is VerificationState.SUCCEEDED
    assert ended.verdicts == {"agrees": 1, "suspected_wrong": 1}
    with database.begin() as session:
        lines = [line for _, line in verifications.results(session, made, after=0, limit=10)]
        spent = requests.of_command(session, made)
    assert [(line["id"], line.get("suggested")) for line in lines] == [("a", None), ("b", "72")]
    assert lines[0]["evidence"]["attempts"]
    assert spent.requests == asked
    assert set(spent.by_role) == {Role.SOLVER.value}


@pytest.mark.usefixtures("redis")
def test_while_a_model_is_down_it_waits_and_says_so(
    database: Database, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    made = create(database, RIGHT)
    with workplace(database_url, redis_url, tmp_path, SOLVERS) as (place, server, _):
        server.usual = fails(401, "the key is wrong")
        assert verify_some(place, never)
        waiting = stored(database, made)
        assert (waiting.done, waiting.state) == (0, VerificationState.RUNNING)
        assert waiting.waiting_for is not None
        assert "the key is wrong" in waiting.waiting_for
        assert not verify_some(place, never), "nobody tries again at once"


@pytest.mark.usefixtures("redis")
def test_a_worker_without_solvers_leaves_rows_alone(
    database: Database, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    made = create(database, RIGHT)
    with workplace(database_url, redis_url, tmp_path, "") as (place, _, _):
        assert not verify_some(place, never)
        assert not verify_some(place, lambda: True)
    assert stored(database, made).state is VerificationState.QUEUED
