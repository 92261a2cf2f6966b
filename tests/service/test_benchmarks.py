"""Benchmarks: uploaded, listed, deleted, each tenant its own; files of all sorts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from propound.client import Client
from propound.storage.session import Database
from service.boundary import UPLOADS
from tests.cli.commands import propound
from tests.service.filling import work
from tests.service.test_bad_requests import refused

pytestmark = pytest.mark.slow

PATH = "/v1/benchmarks"
ROWS = b'{"question": "How many clips did she sell in May?"}\n\n{"question": "And in June?"}\n'
LIMIT = UPLOADS["POST", PATH]


def upload(
    client: httpx.Client,
    body: bytes | Iterator[bytes] = ROWS,
    *,
    media: str = "application/x-ndjson",
    **query: str,
) -> httpx.Response:
    return client.post(PATH, params={"name": "clips", **query}, content=body, headers={"Content-Type": media})


def added(client: httpx.Client, body: bytes = ROWS) -> str:
    response = upload(client, body)
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


def test_an_upload_is_kept_and_shown(client: httpx.Client) -> None:
    response = upload(client)
    made = response.json()

    assert response.status_code == 201
    assert response.headers["location"] == f"{PATH}/{made['id']}"
    assert (made["object"], made["name"], made["rows"]) == ("benchmark", "clips", 2)
    assert made["digest"] == hashlib.sha256(ROWS).hexdigest()
    assert client.get(response.headers["location"]).json() == made
    second = upload(client, b"one row\nanother\n", media="text/plain; charset=utf-8", name="lines").json()
    assert [entry["id"] for entry in client.get(PATH).json()["data"]] == [second["id"], made["id"]]
    page = client.get(PATH, params={"limit": 1}).json()
    assert page["has_more"]
    rest = client.get(PATH, params={"cursor": page["next_cursor"]}).json()
    assert [entry["id"] for entry in rest["data"]] == [made["id"]]


def test_a_deleted_one_is_gone(client: httpx.Client) -> None:
    benchmark_id = added(client)

    assert client.delete(f"{PATH}/{benchmark_id}").status_code == 204
    refused(client.get(f"{PATH}/{benchmark_id}"), 404, "not-found")
    refused(client.delete(f"{PATH}/{benchmark_id}"), 404, "not-found")


def test_tenants_do_not_meet(client: httpx.Client, stranger: httpx.Client) -> None:
    benchmark_id = added(client)

    refused(stranger.get(f"{PATH}/{benchmark_id}"), 404, "not-found")
    refused(stranger.delete(f"{PATH}/{benchmark_id}"), 404, "not-found")
    assert stranger.get(PATH).json()["data"] == []
    problem = refused(
        stranger.post("/v1/jobs", json={"count": 1, "benchmarks": [benchmark_id]}), 422, "unknown-benchmark"
    )
    assert [fault["pointer"] for fault in problem["errors"]] == ["/benchmarks/0"]


@pytest.mark.parametrize(
    ("body", "pointer", "why"),
    [
        (b"", "", "no row"),
        (b'{"question": "a b"}\n{', "/1", "line 2: not JSON"),
        (b'{"question": 1}', "/0", "none of the fields"),
        (b"[" * 100_000, "/0", "not JSON"),
        (b"\xff\xfe", "/0", "not UTF-8"),
        (b'{"question": "' + b"a " * 30_000 + b'"}', "/0", "longer than"),
    ],
)
def test_a_file_that_is_wrong_is_refused_as_a_whole(
    client: httpx.Client, body: bytes, pointer: str, why: str
) -> None:
    problem = refused(upload(client, body), 422, "invalid-request")

    assert why in problem["detail"]
    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]
    assert client.get(PATH).json()["data"] == []


@pytest.mark.parametrize("query", [{"name": ""}, {"name": "a" * 101}, {"name": "a\nb"}, {"field": ""}])
def test_parameters_are_checked(client: httpx.Client, query: dict[str, str]) -> None:
    refused(upload(client, ROWS, **query), 422, "invalid-request")


def test_a_name_is_needed(client: httpx.Client) -> None:
    refused(client.post(PATH, content=ROWS, headers={"Content-Type": "text/plain"}), 422, "invalid-request")


@pytest.mark.parametrize("media", ["application/json", "", "multipart/form-data; boundary=x", "text/csv"])
def test_other_media_types_are_refused(client: httpx.Client, media: str) -> None:
    refused(upload(client, media=media), 415, "unsupported-media-type")


def test_a_field_may_be_named(client: httpx.Client) -> None:
    body = b'{"question": "one", "Aufgabe": "two"}'

    assert upload(client, body, field="Aufgabe").status_code == 201
    assert "named" in refused(upload(client, body, field="other"), 422, "invalid-request")["detail"]


def test_more_than_a_request_may_hold_is_taken_up_to_a_limit(client: httpx.Client) -> None:
    lines = b"how many of them are there in all\n" * 40_000
    assert len(lines) > 2**20

    def too_many() -> Iterator[bytes]:
        yield from [b" " * 2**16] * (LIMIT // 2**16)
        yield b"\n"

    assert upload(client, lines, media="text/plain").json()["rows"] == 40_000
    refused(upload(client, too_many(), media="text/plain"), 413, "body-too-large")


def test_a_job_keeps_its_benchmark(database: Database, client: httpx.Client) -> None:
    first, second = added(client), added(client, b'{"text": "other"}')
    made = client.post("/v1/jobs", json={"count": 1, "benchmarks": [first]})

    assert made.status_code == 202
    assert made.json()["request"]["benchmarks"] == [first]
    assert made.json()["id"] in refused(client.delete(f"{PATH}/{first}"), 409, "benchmark-in-use")["detail"]
    assert client.delete(f"{PATH}/{second}").status_code == 204
    work(database)
    assert client.get(f"/v1/jobs/{made.json()['id']}").json()["state"] == "succeeded"
    assert client.delete(f"{PATH}/{first}").status_code == 204


@pytest.mark.parametrize(
    ("named", "pointer"),
    [
        (["x"], "/benchmarks/0"),
        (["bench_" + "0" * 26] * 2, ""),
        ("bench", "/benchmarks"),
        ([5], "/benchmarks/0"),
    ],
)
def test_what_is_no_id_is_refused(client: httpx.Client, named: object, pointer: str) -> None:
    problem = refused(client.post("/v1/jobs", json={"count": 1, "benchmarks": named}), 422, "invalid-request")

    assert problem["errors"][0]["pointer"] == pointer


def test_the_command_line_adds_lists_and_removes(client: httpx.Client, tmp_path: Path) -> None:
    key = client.headers["authorization"].removeprefix("Bearer ")
    access = ("--url", str(client.base_url), "--key", key)
    file = tmp_path / "held-out.jsonl"
    file.write_bytes(ROWS)

    said = propound("benchmarks", "add", str(file), *access, folder=tmp_path)
    assert said.returncode == 0, said.stderr
    assert "(held-out): 2 rows" in said.stdout
    with Client(str(client.base_url), key) as api:
        (entry,) = api.benchmarks()
    assert entry.id in propound("benchmarks", "list", *access, folder=tmp_path).stdout
    made = propound("generate", "--count", "1", "--benchmark", entry.id, "--json", *access, folder=tmp_path)
    assert entry.id in made.stdout, made.stderr
    in_use = propound("benchmarks", "remove", entry.id, *access, folder=tmp_path)
    assert in_use.returncode != 0
    assert "in use" in in_use.stderr
    file.write_bytes(b"{")
    wrong = propound("benchmarks", "add", str(file), *access, folder=tmp_path)
    assert wrong.returncode != 0
    assert "line 1: not JSON" in wrong.stderr
