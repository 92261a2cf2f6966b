"""The export: one file, the same for the same request, streamed, and not sent twice."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from propound.config import Settings
from propound.skills import default_library
from propound.storage import datasets
from propound.storage.session import Database
from service.datasets.export import matches, stream
from service.resources import Resources
from tests.service.filling import create, filled, work
from tests.service.test_bad_requests import refused

COLUMNS = {
    "id", "question", "prompt", "answer", "answer_kind", "solution", "domain", "data_source", "datasource",
    "ability", "skills", "mode", "language", "program", "given", "corrected", "parent", "reward_model", "extra_info",
    "info",
}  # fmt: skip


def test_every_row_has_every_column(client: httpx.Client, database: Database) -> None:
    made = filled(database, count=9)

    response = client.get(f"/v1/datasets/{made.dataset_id}/export")

    assert response.headers["content-type"] == "application/x-ndjson"
    assert response.headers["content-disposition"] == f'attachment; filename="{made.dataset_id}.jsonl"'
    assert response.content.isascii()
    rows = [json.loads(line) for line in response.content.splitlines()]
    assert [row["extra_info"]["index"] for row in rows] == list(range(9))
    for row in rows:
        assert set(row) == COLUMNS
        assert all(value not in (None, []) for value in row.values())
        assert row["id"] == row["extra_info"]["problem_id"]
        assert row["prompt"][0]["role"] == "user"
        assert row["data_source"] == f"propound/{row['domain']}"
        assert {"answer_kind", "composition", "tolerance", "coding", "evidence"} == set(
            json.loads(row["info"])
        )
    assert {row["ability"] for row in rows} == {"math", "code", "science"}
    program = next(row for row in rows if row["ability"] == "code")
    assert json.loads(program["reward_model"]["ground_truth"])["fn_name"] == "solve"


def test_the_id_of_a_row_leads_to_its_problem(
    client: httpx.Client, stranger: httpx.Client, database: Database
) -> None:
    made = filled(database, count=6)
    filled(database, count=6, tenant="elsewhere")
    listed = client.get(f"/v1/datasets/{made.dataset_id}/problems").json()["data"]
    lines = client.get(f"/v1/datasets/{made.dataset_id}/export").iter_lines()

    for line, problem in zip(lines, listed, strict=True):
        row = json.loads(line)
        for row_id in (row["id"], row["extra_info"]["problem_id"]):
            shown = client.get(f"/v1/problems/{row_id}").json()
            assert (shown["id"], shown["statement"]) == (problem["id"], row["question"])
            assert stranger.get(f"/v1/problems/{row_id}").json()["dataset_id"] != made.dataset_id
    for wrong in (
        "prob_" + "0" * 16,
        row["id"][:-1],
        row["id"] + "0",
        row["id"].upper(),
        row["id"][:-1] + "%25",
    ):
        refused(client.get(f"/v1/problems/{wrong}"), 404, "not-found")


def test_a_part_of_an_export_is_not_offered(client: httpx.Client, database: Database) -> None:
    made = filled(database)
    address = f"/v1/datasets/{made.dataset_id}/export"
    whole = client.get(address)
    part = client.get(address, headers={"Range": "bytes=10-20"})

    assert whole.headers["accept-ranges"] == "none"
    assert (part.status_code, part.content) == (200, whole.content), "the whole, and it says so"
    assert "content-range" not in part.headers


def test_the_same_request_gives_the_same_bytes(client: httpx.Client, database: Database) -> None:
    first, second = filled(database, count=20), filled(database, count=20, shard_specs=3)

    exports = [client.get(f"/v1/datasets/{made.dataset_id}/export") for made in (first, second)]

    assert exports[0].content == exports[1].content
    assert exports[0].headers["etag"] == exports[1].headers["etag"]


def test_a_known_export_is_not_sent_again(client: httpx.Client, database: Database) -> None:
    made = create(database, count=12)
    work(database, most_shards=2)
    address = f"/v1/datasets/{made.dataset_id}/export"
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first.headers["etag"]})
    work(database)
    grown = client.get(address, headers={"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert grown.status_code == 200
    assert grown.headers["etag"] != first.headers["etag"]
    assert grown.content.startswith(first.content), "what is accepted stays in its place"


def test_an_empty_dataset_is_an_empty_file(client: httpx.Client, database: Database) -> None:
    made = create(database)

    response = client.get(f"/v1/datasets/{made.dataset_id}/export")

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["etag"].startswith('"')


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        (None, False), ('"a"', True), ('"b"', False), ('W/"a"', True), ('"b", "a"', True), ("*", True), ("a", False),
        ("", False), ('"b",*', False),
    ],
)  # fmt: skip
def test_tags_are_compared_as_the_standard_says(offered: str | None, expected: bool) -> None:
    assert matches(offered, '"a"') is expected


def test_an_export_is_one_edition_and_holds_no_connection_between_batches(
    database: Database, server_settings: Settings
) -> None:
    made = create(database, count=430)
    work(database, shard_specs=64, most_shards=5)

    async def read() -> tuple[list[bytes], int]:
        shared = Resources.open(server_settings, default_library())
        with shared.database.begin() as session:
            found = datasets.edition(session, "default", made.dataset_id)
            assert found is not None
            rows = found.rows
        blocks: list[bytes] = []
        async for block in stream(shared, made.dataset_id, rows):
            assert shared.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
            if not blocks:
                work(database, shard_specs=64)
            blocks.append(block)
        await shared.close()
        return blocks, rows

    blocks, rows = asyncio.run(read())

    assert len(blocks) == 2
    assert rows == 240
    with database.begin() as session:
        assert datasets.size(session, made.dataset_id) == 430
        assert b"".join(blocks) == b"".join(datasets.export(session, made.dataset_id, until=rows))


def test_a_large_export_arrives_whole(client: httpx.Client, database: Database) -> None:
    made = filled(database, count=250, shard_specs=64)

    with client.stream("GET", f"/v1/datasets/{made.dataset_id}/export") as response:
        assert "content-length" not in response.headers, "it is streamed"
        rows = [json.loads(line) for line in response.iter_lines()]

    assert [row["extra_info"]["index"] for row in rows] == list(range(250))
