"""The client against a server that fails in every way that servers and networks do."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.client import ApiError, Client, UnreachableError, parse_events
from propound.errors import PropoundError
from propound.job import JobRequest

JOB = {
    "id": "job_1",
    "name": "a job",
    "state": "running",
    "created_at": "2026-01-01T00:00:00Z",
    "timestamps": {},
    "request": {"count": 3},
    "dataset_id": "ds_1",
    "policy": None,
    "policy_version": None,
    "progress": {"accepted": 0, "count": 3},
    "funnel": {"proposed": 0, "pending": 0, "accepted": 0, "surplus": 0, "rejected": 0, "rejections": {}},
    "error": None,
    "stop_reason": None,
    "a field of a later version": 1,
}

Answer = tuple[int, dict[str, str], bytes]


class Server(ThreadingHTTPServer):
    """Answers each request with the next of its answers, and remembers the requests."""

    daemon_threads = True

    def __init__(self, answers: list[Answer | None]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    server: Server

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        self.close_connection = True
        if not self.raw_requestline or not self.parse_request():
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        answer = self.server.answers.pop(0)
        if answer is None:
            return  # the connection breaks
        status, headers, content = answer
        self.send_response(status)
        for name, value in {"Connection": "close", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name is inherited
        pass


@contextmanager
def api(*answers: Answer | None) -> Iterator[tuple[Client, Server]]:
    server = Server(list(answers))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        with Client(f"http://127.0.0.1:{server.server_address[1]}", "pp_x") as client:
            yield client, server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answer(value: Any, status: int = 200) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(value).encode()


def event(number: int, **data: Any) -> bytes:
    return f"id: {number}\nevent: progress\ndata: {json.dumps(data)}\n\n".encode()


def test_submitting_is_repeated_with_the_same_idempotency_key() -> None:
    with api(None, answer({"title": "Busy"}, 503), answer(JOB, 202)) as (client, server):
        assert client.create_job(JobRequest(count=3), name="a job").id == "job_1"
    keys = {headers["Idempotency-Key"] for _, _, headers, _ in server.asked}
    assert len(server.asked) == 3
    assert len(keys) == 1
    assert json.loads(server.asked[0][3]) == {"count": 3, "name": "a job"}
    assert server.asked[0][2]["Authorization"] == "Bearer pp_x"


def test_what_is_not_safe_to_repeat_is_sent_once() -> None:
    with api(None) as (client, server):
        with pytest.raises(UnreachableError):
            client.create_key("a key", ["admin"])
        assert len(server.asked) == 1


def test_problem_json_becomes_an_exception() -> None:
    fault = {"location": "body", "pointer": "/count", "code": "less_than", "detail": "too large"}
    problem = {"type": "/errors/invalid-request", "title": "Not valid", "detail": "count: too large", "errors": [fault]}
    with api(answer(problem, 422)) as (client, _), pytest.raises(ApiError) as caught:
        client.create_job(JobRequest(count=3))
    assert (caught.value.status, caught.value.kind, caught.value.errors) == (422, "invalid-request", [fault])
    assert str(caught.value) == "Not valid: count: too large"


@pytest.mark.parametrize(
    "wrong", [(502, {}, b"<html>"), (500, {}, b"[]"), (404, {}, b"null"), (200, {}, b"<html>"), (200, {}, b"[1]")]
)
def test_answers_of_something_else_are_told(wrong: Answer) -> None:
    with api(wrong) as (client, _), pytest.raises(PropoundError, match="answer"):
        client.job("job_1")


def test_answer_with_missing_fields_is_told() -> None:
    with api(answer({"id": "job_1"})) as (client, _), pytest.raises(UnreachableError, match="like Propound"):
        client.job("job_1")


def test_pages_turn_themselves() -> None:
    first = {"data": [JOB, JOB], "has_more": True, "next_cursor": "next one"}
    last = {"data": [JOB], "has_more": False, "next_cursor": None}
    with api(answer(first), None, answer(last)) as (client, server):
        assert len(list(client.jobs())) == 3
    assert "cursor=next" in server.asked[2][1]


def test_broken_stream_is_taken_up_where_it_broke() -> None:
    stream = {"Content-Type": "text/event-stream"}
    broken = {**stream, "Content-Length": "100000"}
    with api(
        (200, broken, b": heartbeat\n\n" + event(4, n=1) + event(7, n=2) + b"id: 9\nda"),
        None,
        (200, stream, event(9, n=3)),
        answer(JOB),
        (200, stream, b""),
        answer({**JOB, "state": "succeeded"}),
    ) as (client, server):
        events = list(client.events("job_1"))
    assert [(event.id, event.data["n"]) for event in events] == [(4, 1), (7, 2), (9, 3)]
    resumed = [headers.get("Last-Event-ID") for _, path, headers, _ in server.asked if path.endswith("/events")]
    assert resumed == [None, "7", "7", "9"]


def test_stream_that_stays_away_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("propound.client.PAUSE_SECONDS", 0.001)
    with api(None, None, None, None) as (client, _), pytest.raises(UnreachableError):
        list(client.events("job_1"))


def test_export_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("propound.client.PAUSE_SECONDS", 0.001)
    cut: Answer = (200, {"Content-Length": "10"}, b"half")
    path = tmp_path / "rows.jsonl"
    with api(cut, cut, cut, cut) as (client, _), pytest.raises(UnreachableError):
        client.export("ds_1", path)
    assert list(tmp_path.iterdir()) == []
    with api(cut, (200, {}, b"whole\n")) as (client, _):
        assert client.export("ds_1", path) == 6
    assert path.read_bytes() == b"whole\n"
    with api(answer({"title": "Not found"}, 404)) as (client, _), pytest.raises(ApiError):
        client.export("ds_1", path)
    assert path.read_bytes() == b"whole\n"


@pytest.mark.parametrize("name", ["../keys", "..", "a/b", "a?b", "", "a b", "ü", "x" * 101])
def test_ids_cannot_lead_elsewhere(name: str) -> None:
    calls: list[Callable[[Client], object]] = [
        lambda client: client.job(name),
        lambda client: client.cancel_job(name),
        lambda client: client.dataset(name),
        lambda client: client.revoke_key(name),
        lambda client: list(client.events(name)),
    ]
    with Client("http://127.0.0.1:1", "pp_x") as client:
        for call in calls:
            with pytest.raises(PropoundError, match="is no id"):
                call(client)


@pytest.mark.parametrize(("url", "key"), [("http://[::1", "pp_x"), ("http://127.0.0.1", "schlüssel\u2028")])
def test_nonsense_addresses_and_keys(url: str, key: str) -> None:
    with pytest.raises(UnreachableError):
        Client(url, key)


@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=20)), max_size=5))
def test_events_survive_their_wire_format(payloads: list[dict[str, str]]) -> None:
    lines = [
        line
        for number, data in enumerate(payloads)
        for line in (": c", f"id: {number}", "event: x", f"data: {json.dumps(data)}", "")
    ]
    assert [event.data for event in parse_events(iter(lines))] == payloads
