"""Checkpoints over REST: their descent, what is live, one call to promote and one to go back."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from propound.storage.session import Database
from tests.factories.trainings import keep
from tests.service.test_bad_requests import refused

A, B = "a" * 16, "b" * 16


@pytest.fixture
def kept(database: Database) -> None:
    """Two checkpoints, the second trained from the first."""
    keep(database, A)
    keep(database, B, parent=A)


def listed(client: httpx.Client) -> list[tuple[str, str, bool]]:
    rows: list[dict[str, Any]] = client.get("/v1/checkpoints").json()["data"]
    return [(row["version"][0], row["state"], row["live"]) for row in rows]


@pytest.mark.usefixtures("kept")
def test_promotion_and_rollback_are_one_call_each(client: httpx.Client) -> None:
    assert listed(client) == [("b", "candidate", False), ("a", "candidate", False)]

    first = client.post(f"/v1/checkpoints/{A}/promote")
    assert (first.status_code, first.json()["version"]) == (200, A)
    assert first.json()["by"].startswith("key_")
    client.post(f"/v1/checkpoints/{B}/promote", json={"reason": "won the blind test"})
    assert listed(client) == [("b", "promoted", True), ("a", "promoted", False)]

    back = client.post("/v1/checkpoints/rollback", json={"reason": "it repeats itself"})
    assert (back.status_code, back.json()["version"]) == (200, A)
    assert listed(client) == [("b", "promoted", False), ("a", "promoted", True)]
    assert client.post("/v1/checkpoints/rollback").json()["version"] is None
    refused(client.post("/v1/checkpoints/rollback"), 409, "nothing-before")

    history = client.get("/v1/promotions").json()["data"]
    assert [(row["version"], row["reason"]) for row in history] == [
        (None, "on request"), (A, "it repeats itself"), (B, "won the blind test"), (A, "on request")
    ]  # fmt: skip


@pytest.mark.usefixtures("kept")
def test_a_checkpoint_shows_its_descent(client: httpx.Client) -> None:
    shown = client.get(f"/v1/checkpoints/{B}").json()
    assert (shown["parent_version"], shown["lineage"], shown["live"]) == (A, [A], False)
    assert client.get(f"/v1/checkpoints/{A}").json()["lineage"] == []


@pytest.mark.usefixtures("kept")
def test_lists_are_paged(client: httpx.Client) -> None:
    for version in (A, B):
        client.post(f"/v1/checkpoints/{version}/promote")
    for path in ("/v1/checkpoints", "/v1/promotions"):
        first = client.get(path, params={"limit": 1})
        rest = client.get(first.links["next"]["url"]).json()
        assert [row["version"] for row in first.json()["data"] + rest["data"]] == [B, A]
        assert not rest["has_more"]


def test_what_is_not_kept_is_not_found(client: httpx.Client) -> None:
    for path in (f"/v1/checkpoints/{A}", "/v1/checkpoints/nonsense"):
        refused(client.get(path), 404, "not-found")
    refused(client.post(f"/v1/checkpoints/{A}/promote"), 404, "not-found")


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("body", [{"reason": ""}, {"reason": "two\nlines"}, {"why": "x"}, []])
def test_a_wrong_remark_is_refused(client: httpx.Client, body: Any) -> None:
    refused(client.post(f"/v1/checkpoints/{A}/promote", json=body), 422, "invalid-request")
    assert not any(live for _, _, live in listed(client))
