"""The library over REST."""

from __future__ import annotations

import httpx
import pytest

from propound.domain import Domain
from propound.skills import default_cards, default_library
from tests.service.test_bad_requests import refused


def test_all_skills_are_listed(client: httpx.Client) -> None:
    page = client.get("/v1/skills?limit=100").json()
    assert page["has_more"]
    rest = client.get("/v1/skills", params={"limit": "100", "cursor": page["next_cursor"]}).json()
    rows = page["data"] + rest["data"]

    assert [skill["name"] for skill in rows] == default_cards().names()
    assert {skill["name"] for skill in rows if skill["modes"] == ["procedural", "open"]} == set(
        default_library().names()
    )
    assert {skill["content_hash"] for skill in rows} >= {
        package.content_hash for package in default_library().packages.values()
    }


@pytest.mark.parametrize("query", [{"domain": "science"}, {"category": "mechanics"}, {"category": "optics"}])
def test_skills_are_filtered(client: httpx.Client, query: dict[str, str]) -> None:
    rows = client.get("/v1/skills", params={"limit": "100"} | query).json()["data"]

    assert rows
    for key, value in query.items():
        assert {row[key] for row in rows} == {value}


def test_skills_are_filtered_by_mode(client: httpx.Client) -> None:
    query = {"limit": "100", "domain": "science"}
    procedural = client.get("/v1/skills", params=query | {"mode": "procedural"}).json()["data"]
    every = client.get("/v1/skills", params=query | {"mode": "open"}).json()["data"]

    assert [row["name"] for row in procedural] == default_library().names(Domain.SCIENCE)
    assert [row["name"] for row in every] == default_cards().names(Domain.SCIENCE)


def test_an_open_skill_is_shown_whole(client: httpx.Client) -> None:
    shown = client.get("/v1/skills/resistor-networks").json()

    card = default_cards()["resistor-networks"]
    assert (shown["body"], shown["tool"], shown["conflicts"]) == (card.body, card.tool, list(card.conflicts))
    assert (shown["parameters"], shown["takes"], shown["gives"], shown["unit"]) == ({}, {}, None, "")
    assert (shown["modes"], shown["programs"]) == (["open"], ["resistor_networks/network.py"])
    assert not {"script", "scripts"} & set(shown)


def test_a_skill_is_shown_whole(client: httpx.Client) -> None:
    shown = client.get("/v1/skills/kinetic-energy").json()

    package = default_library()["kinetic-energy"]
    assert shown["body"] == package.body
    assert shown["parameters"] == package.parameters
    assert set(shown["takes"]) == set(package.takes)
    assert (shown["object"], shown["gives"], shown["unit"]) == ("skill", package.gives, package.unit)
    assert "script" not in shown


def test_a_wrong_filter_is_refused(client: httpx.Client) -> None:
    said = refused(client.get("/v1/skills?category=alchemy"), 422, "invalid-request")
    assert "number-theory" in said["detail"]
    assert "alchemy" not in said["detail"], "input is not shown back"
    refused(client.get("/v1/skills?mode=closed"), 422, "invalid-request")
    refused(client.get("/v1/skills/no-such"), 404, "not-found")
