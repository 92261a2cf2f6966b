"""A command's requests have rows where a database is configured; without one they are counted all the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from propound.cli import accounting
from propound.cli.accounting import accounted
from propound.config import Settings
from propound.models.catalogue import Model
from propound.models.purpose import Origin, Purpose, Role
from propound.models.registry import open_client, release_client
from propound.storage.session import Database
from propound.storage.tables import StoredRequest
from tests.factories.model_server import ModelServer, model_server, says


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server(says("hello", usage=(10, 5))) as running:
        yield running


def ask(server: ModelServer, origin: Origin, role: Role = Role.PROPOSER, **more: object) -> None:
    """One request of the command."""
    model = Model.model_validate({"name": "qwen", "served": "m", "url": server.url, **more})
    client = open_client(model)
    try:
        messages = [{"role": "user", "content": "hello?"}]
        client.ask(messages, purpose=Purpose(origin=origin, role=role), seed=1, temperature=1.0)
    finally:
        release_client(client)


def configure(monkeypatch: pytest.MonkeyPatch, url: str | None) -> None:
    monkeypatch.setattr(accounting, "settings", lambda: Settings(database_url=url))


def test_rows_and_a_line_of_sums(
    server: ModelServer,
    database: Database,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure(monkeypatch, database_url)
    with accounted("evaluate") as origin:
        ask(server, origin, prompt_price=1.0, completion_price=2.0)
        ask(server, origin, prompt_price=1.0, completion_price=2.0)
        ask(server, origin, Role.JUDGE)
    assert len(server.requests) == 2, "an equal request is asked once"
    with database.begin() as session:
        rows = session.execute(select(StoredRequest.command, StoredRequest.role, StoredRequest.cost)).all()
    assert [tuple(row) for row in rows] == [
        (origin.command, Role.PROPOSER, pytest.approx(2e-5)),
        (origin.command, Role.JUDGE, None),
    ]
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[0] == (
        "models: 2 requests, 20 prompt tokens, 10 completion tokens, "
        "cost 0.0000 and that of 1 answers without a known price"
    )


def test_two_runs_of_a_command_are_two(
    server: ModelServer, database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, database_url)
    for _ in range(2):
        with accounted("evaluate") as origin:
            ask(server, origin)
    assert len(server.requests) == 2
    with database.begin() as session:
        assert session.scalars(select(func.count()).select_from(StoredRequest)).one() == 2


def test_without_a_database_they_are_counted_in_memory(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(monkeypatch, None)
    with accounted("evaluate") as origin:
        ask(server, origin)
    assert capsys.readouterr().err == (
        "models: 1 requests, 10 prompt tokens, 5 completion tokens, cost unknown\n"
    )


def test_without_requests_nothing_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(monkeypatch, None)
    with accounted("evaluate"):
        pass
    assert capsys.readouterr().err == ""


def test_a_database_that_is_away_does_not_keep_a_command_from_its_work(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(monkeypatch, "postgresql://nobody@127.0.0.1:9/none")
    with accounted("evaluate") as origin:
        ask(server, origin)
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "requests to models are kept in memory only: the database cannot be reached"
    assert said[1].startswith("models: 1 requests")
