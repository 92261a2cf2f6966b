"""The quick way to read a job gives what the ordinary way gives, and nothing more to anyone."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from propound.storage.keys import Scope
from propound.storage.session import Database
from service import access
from service.jobs.reading import Reader
from tests.service.conftest import MakeKey
from tests.service.filling import create, filled
from tests.service.test_bad_requests import refused

Connect = Callable[[str | None], httpx.Client]
UNMARKED = {"date", "server", "x-request-id"}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Notes the jobs that are read the quick way."""
    read: list[str] = []
    usual = Reader.__call__

    def noted(self: Reader, ids: list[str]) -> object:
        read.extend(ids)
        return usual(self, ids)

    monkeypatch.setattr(Reader, "__call__", noted)
    return read


@pytest.mark.parametrize("state", ["queued", "succeeded"])
def test_both_ways_give_the_same(
    client: httpx.Client, database: Database, quick: list[str], state: str
) -> None:
    made = create(database) if state == "queued" else filled(database)
    path = f"/v1/jobs/{made.job_id}"
    answers = [client.get(path), client.get(path + "?")]
    ordinary = client.get(path, headers=[("Authorization", "x"), *client.headers.multi_items()])

    assert quick == [made.job_id] * 2
    assert answers[0].json()["state"] == state
    assert ordinary.status_code == 401, "with two keys the request is not a usual one"
    listed = client.get("/v1/jobs").json()["data"][0]
    for answer in answers:
        assert answer.json() == listed
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_headers_are_the_ordinary_ones(
    client: httpx.Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/v1/jobs/{create(database).job_id}"
    quick = client.get(path)
    monkeypatch.setattr(Reader, "__call__", lambda *_: {})
    ordinary = client.get(path)

    assert ordinary.content == quick.content
    assert {name: value for name, value in quick.headers.items() if name not in UNMARKED} == {
        name: value for name, value in ordinary.headers.items() if name not in UNMARKED
    }


def test_a_change_is_seen_at_once(client: httpx.Client) -> None:
    made = client.post("/v1/jobs", json={"count": 3}).json()
    path = f"/v1/jobs/{made['id']}"
    assert client.get(path).json()["state"] == "queued"
    client.post(f"{path}/cancel")
    assert client.get(path).json()["state"] == "cancelled"


def test_nobody_reads_more_than_they_may(
    connect: Connect, make_key: MakeKey, stranger: httpx.Client, database: Database
) -> None:
    path = f"/v1/jobs/{create(database).job_id}"
    for _ in range(2):
        refused(connect(None).get(path), 401, "unauthorized")
        refused(connect("pp_00000000_x").get(path), 401, "unauthorized")
        refused(connect(make_key(Scope.JOBS_WRITE)).get(path), 403, "missing-scope")
        refused(stranger.get(path), 404, "not-found")
    assert connect(make_key(Scope.JOBS_READ)).get(path).status_code == 200


@pytest.mark.parametrize(
    "job_id", ["job_" + "0" * 26, "job_" + "A" * 26, "job_", "job_" + "0" * 27, "job_%00" + "0" * 25]
)
def test_a_job_that_is_not_there_is_not_found(client: httpx.Client, job_id: str) -> None:
    refused(client.get(f"/v1/jobs/{job_id}"), 404, "not-found")


def test_a_connection_that_breaks_is_opened_again(client: httpx.Client, database: Database) -> None:
    path = f"/v1/jobs/{create(database).job_id}"
    assert client.get(path).status_code == 200
    with database.begin() as session:
        mine = "pid <> pg_backend_pid() AND datname = current_database()"
        session.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {mine}"))
    for _ in range(3):
        assert client.get(path).status_code == 200


class Kept(logging.Handler):
    """Keeps the lines of the access log."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def test_every_request_is_a_line_without_secrets(
    connect: Connect, make_key: MakeKey, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = make_key()
    made = create(database)
    client = connect(secret)
    kept = Kept()
    monkeypatch.setattr(access.log, "handlers", [kept])
    client.get(f"/v1/jobs/{made.job_id}", headers={"X-Request-ID": "quick-1"})
    client.get(f"/v1/datasets/{made.dataset_id}?secret=hunter2", headers={"X-Request-ID": "slow-1"})
    client.get("/v1/jobs?limit=3", headers={"X-Request-ID": "slow-2"})
    client.get("/nothing/hunter2", headers={"X-Request-ID": "lost-1"})
    connect(None).get("/v1/jobs", headers={"X-Request-ID": "unknown-1"})
    key = client.get("/v1/keys", headers={"X-Request-ID": "keys-1"}).json()["data"][0]["id"]
    client.get("/healthz", headers={"X-Request-ID": "last"})
    written = "\n".join(kept.lines)
    while '"last"' not in written:
        written = "\n".join(kept.lines)

    lines = {line["request"]: line for line in map(json.loads, written.splitlines())}
    assert {name: (line["path"], line["key"], line["status"]) for name, line in lines.items()} == {
        "quick-1": ("/v1/jobs/{job_id}", key, 200),
        "slow-1": ("/v1/datasets/{dataset_id}", None, 400),
        "slow-2": ("/v1/jobs", key, 200),
        "lost-1": (None, None, 404),
        "unknown-1": ("/v1/jobs", None, 401),
        "keys-1": ("/v1/keys", key, 200),
        "last": ("/healthz", None, 200),
    }
    assert all(
        line["method"] == "GET" and line["ms"] >= 0 and line["at"].endswith("Z") for line in lines.values()
    )
    assert "hunter2" not in written
    assert secret not in written
    assert made.job_id not in written


def test_lines_go_to_standard_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(access.log, "handlers", [])
    access.open_log()
    access.note({"method": "GET"}, 200, 1.25, "r-1")
    (line,) = capsys.readouterr().err.splitlines()
    assert {
        "method": "GET",
        "path": None,
        "status": 200,
        "ms": 1.2,
        "request": "r-1",
        "key": None,
    }.items() <= json.loads(line).items()


def test_an_operators_own_handlers_stay(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own = logging.FileHandler(tmp_path / "access.log")
    monkeypatch.setattr(access.log, "handlers", [own])
    access.open_log()
    assert access.log.handlers == [own]
    own.close()
