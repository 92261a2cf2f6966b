"""Parameters that an operation does not have, on every operation."""

from __future__ import annotations

import httpx
import pytest

from propound.storage.session import Database
from tests.service.filling import filled
from tests.service.test_auth import operations
from tests.service.test_bad_requests import refused

PUBLIC = [
    ("get", "GET", path)
    for path in ("/healthz", "/readyz", "/errors", "/errors/internal", "/docs", "/openapi.json")
]


@pytest.mark.parametrize(("name", "method", "path"), [*operations(), *PUBLIC])
def test_an_unknown_parameter_is_named(client: httpx.Client, name: str, method: str, path: str) -> None:
    problem = refused(client.request(method, path, params={"colour": "blue"}), 400, "unknown-parameter")

    assert [(fault["location"], fault["pointer"]) for fault in problem["errors"]] == [("query", "colour")]
    assert "colour" in problem["detail"]


def test_a_format_that_is_not_offered_is_refused(client: httpx.Client, database: Database) -> None:
    made = filled(database)
    path = f"/v1/datasets/{made.dataset_id}/export"

    assert "format" in refused(client.get(f"{path}?format=parquet"), 400, "unknown-parameter")["detail"]
    assert client.get(f"{path}?").status_code == 200


@pytest.mark.parametrize(
    "query", ["limt=3", "Limit=3", "limit=3&page=2", "=3", "cursor[]=x", "state=queued&\u00e9=1", "x" * 5_000]
)
def test_misspelt_parameters_are_refused(client: httpx.Client, query: str) -> None:
    refused(client.get(f"/v1/jobs?{query}"), 400, "unknown-parameter")


def test_a_refusal_says_what_there_is(client: httpx.Client) -> None:
    problem = refused(
        client.get("/v1/jobs", params={"sate": "queued", "limt": 3, "limit": 3}), 400, "unknown-parameter"
    )

    assert [fault["pointer"] for fault in problem["errors"]] == ["sate", "limt"]
    assert "cursor, limit, state" in problem["detail"]
    assert client.get("/v1/jobs", params={"state": "queued", "limit": 3}).status_code == 200


def test_a_job_is_not_read_past_the_check(client: httpx.Client, database: Database) -> None:
    made = filled(database)
    path = f"/v1/jobs/{made.job_id}"

    assert client.get(path).status_code == 200
    refused(client.get(f"{path}?fields=id"), 400, "unknown-parameter")
