"""The library over REST."""

from __future__ import annotations

import httpx
import pytest

from propound.skills import default_library
from tests.service.test_bad_requests import refused


def test_all_skills_are_listed(client: httpx.Client) -> None:
    page = client.get("/v1/skills?limit=100").json()

    library = default_library()
    assert [skill["name"] for skill in page["data"]] == library.names()
    assert {skill["content_hash"] for skill in page["data"]} == {
        package.content_hash for package in library.packages.values()
    }


@pytest.mark.parametrize("query", [{"domain": "science"}, {"category": "mechanics"}])
def test_skills_are_filtered(client: httpx.Client, query: dict[str, str]) -> None:
    rows = client.get("/v1/skills", params={"limit": "100"} | query).json()["data"]

    assert rows
    for key, value in query.items():
        assert {row[key] for row in rows} == {value}


def test_a_skill_is_shown_whole(client: httpx.Client) -> None:
    shown = client.get("/v1/skills/kinetic-energy").json()

    package = default_library()["kinetic-energy"]
    assert shown["body"] == package.body
    assert shown["parameters"] == package.parameters
    assert set(shown["takes"]) == set(package.takes)
    assert (shown["object"], shown["gives"], shown["unit"]) == ("skill", package.gives, package.unit)
    assert "script" not in shown


def test_a_wrong_filter_is_refused(client: httpx.Client) -> None:
    refused(client.get("/v1/skills?category=alchemy"), 422, "invalid-request")
