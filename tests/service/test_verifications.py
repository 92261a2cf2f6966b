"""Verifications over REST: refused where nobody solves, kept once, shown, downloaded, and never another tenant's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from propound.capabilities import Capabilities
from propound.config import Settings
from propound.queue import Publisher
from propound.storage import verifications
from propound.storage.session import Database
from propound.verification.open.rows import Result, RowVerdict

PATH = "/v1/verifications"
ROW = {"id": "a", "question": "What is 6 times 7?", "answer": "42"}


@pytest.fixture
def solver(server_settings: Settings, redis: Redis) -> Iterator[None]:
    """A worker with a model that solves is there."""
    publisher = Publisher(str(server_settings.redis_url))
    publisher.appear("able:1", Capabilities(solvers=2), timedelta(minutes=5))
    yield
    publisher.close()


def test_without_a_model_it_is_refused_at_once_with_what_to_set(client: httpx.Client) -> None:
    refused = client.post(PATH, json={"rows": [ROW]})
    assert refused.status_code == 422
    assert refused.json()["type"] == "/errors/not-served"
    assert [(fault["pointer"], fault["code"]) for fault in refused.json()["errors"]] == [
        ("/rows", "no_solver")
    ]
    assert "PROPOUND_MODELS" in refused.json()["detail"]


@pytest.mark.usefixtures("solver")
def test_it_is_kept_shown_and_its_verdicts_downloaded(client: httpx.Client, database: Database) -> None:
    made = client.post(PATH, json={"rows": [ROW, {"question": "What is 2 + 2?"}], "well_posed": "apart"})
    assert made.status_code == 202, made.text
    view = made.json()
    assert made.headers["Location"] == f"{PATH}/{view['id']}"
    assert (view["state"], view["progress"], view["well_posed"]) == (
        "queued",
        {"done": 1, "count": 2},
        "apart",
    )
    with database.begin() as session:
        (lease,) = verifications.claim(session, "w", timedelta(minutes=1), 8)
        told = Result(id="a", line=1, verdict=RowVerdict.SUSPECTED_WRONG, reason="\u00e9", answer="42")
        verifications.finish(session, lease, told)
    shown = client.get(made.headers["Location"]).json()
    assert shown["state"] == "succeeded"
    assert shown["by_verdict"] == {
        "agrees": 0,
        "suspected_wrong": 1,
        "disputed": 0,
        "ill_posed": 0,
        "unknown": 1,
    }
    assert shown["spending"]["requests"] == 0
    answer = client.get(f"{PATH}/{view['id']}/rows")
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    found = [json.loads(line) for line in answer.text.splitlines()]
    assert [(each["id"], each["verdict"]) for each in found] == [
        ("a", "suspected_wrong"),
        ("line 2", "unknown"),
    ]
    assert "no answer" in found[1]["reason"]


@pytest.mark.usefixtures("solver")
def test_many_rows_come_in_order(client: httpx.Client) -> None:
    rows: list[dict[str, Any]] = [{"id": number} for number in range(120)]
    made = client.post(PATH, json={"rows": rows}).json()
    assert made["state"] == "succeeded"
    lines = client.get(f"{PATH}/{made['id']}/rows").text.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [str(number) for number in range(120)]


@pytest.mark.usefixtures("solver")
def test_the_same_key_makes_nothing_new(client: httpx.Client) -> None:
    headers = {"Idempotency-Key": "once"}
    first, second = (client.post(PATH, json={"rows": [ROW]}, headers=headers) for _ in range(2))
    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    other = client.post(PATH, json={"rows": [ROW, ROW]}, headers=headers)
    assert other.status_code == 422 or other.status_code == 409


@pytest.mark.usefixtures("solver")
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"rows": []},
        {"rows": ["text"]},
        {"rows": [ROW] * 1_001},
        {"rows": [ROW], "domain": "cooking"},
        {"rows": [ROW], "well_posed": "perhaps"},
        {"rows": [ROW], "more": 1},
    ],
)
def test_what_is_no_request_is_refused(client: httpx.Client, body: dict[str, Any]) -> None:
    assert client.post(PATH, json=body).status_code == 422


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(["id", "question", "prompt", "answer", "solution", "unit", "info", "tolerance", "x"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(FIELDS, VALUES, max_size=5), min_size=1, max_size=5))
@pytest.mark.usefixtures("solver")
def test_any_rows_are_taken_or_told_of(client: httpx.Client, rows: list[dict[str, Any]]) -> None:
    content = json.dumps({"rows": rows}).encode()
    made = client.post(PATH, content=content, headers={"Content-Type": "application/json"})
    assert made.status_code in (202, 400, 422), made.text
    if made.status_code == 202:
        done = made.json()["progress"]["done"]
        lines = client.get(f"{PATH}/{made.json()['id']}/rows").text.splitlines()
        assert len(lines) == done


@pytest.mark.usefixtures("solver")
def test_a_row_that_is_too_long_is_told_of_and_a_body_refused(client: httpx.Client) -> None:
    long = {**ROW, "context": "x" * 300_000}
    made = client.post(PATH, json={"rows": [long]})
    assert made.json()["by_verdict"]["unknown"] == 1
    assert client.post(PATH, json={"rows": [{**ROW, "context": "x" * 9_000_000}]}).status_code == 413


@pytest.mark.usefixtures("solver")
def test_it_is_the_tenants_alone(client: httpx.Client, stranger: httpx.Client) -> None:
    made = client.post(PATH, json={"rows": [ROW]}).json()
    for address in (f"{PATH}/{made['id']}", f"{PATH}/{made['id']}/rows"):
        assert client.get(address).status_code == 200
        assert stranger.get(address).status_code == 404
    assert client.get(f"{PATH}/ver_{'0' * 26}").status_code == 404
