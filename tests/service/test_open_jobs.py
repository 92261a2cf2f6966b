"""Jobs of open mode over REST: refused where nobody writes, checked card by card, shown as they were asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from redis import Redis

from propound.capabilities import Capabilities
from propound.config import Settings
from propound.problem import Mode
from propound.queue import Publisher
from tests.factories.cards import skill_text

ASKED = {"count": 3, "mode": "open", "skills": ["inclusion-exclusion"]}


@pytest.fixture
def writer(server_settings: Settings, redis: Redis) -> Iterator[None]:  # noqa: ARG001 - emptied afterwards
    """A worker that serves open mode is there."""
    publisher = Publisher(str(server_settings.redis_url))
    publisher.appear("able:1", Capabilities(modes=tuple(Mode)), timedelta(minutes=5))
    yield
    publisher.close()


def faults(response: httpx.Response) -> list[tuple[str, str]]:
    return [(fault["pointer"], fault["code"]) for fault in response.json()["errors"]]


def test_without_a_model_it_is_refused_at_once_with_what_to_set(client: httpx.Client) -> None:
    refused = client.post("/v1/jobs", json=ASKED)
    assert refused.status_code == 422
    assert refused.json()["type"] == "/errors/not-served"
    assert faults(refused) == [("/mode", "no_model")]
    assert "PROPOUND_MODELS" in refused.json()["detail"]
    assert client.get("/v1/jobs").json()["data"] == []


@pytest.mark.usefixtures("writer")
def test_a_worker_that_writes_makes_up_for_what_the_api_was_not_told(client: httpx.Client) -> None:
    made = client.post("/v1/jobs", json=ASKED)
    assert made.status_code == 202
    asked = made.json()["request"]
    assert (asked["mode"], asked["maximum_skills"], asked["language"]) == ("open", 2, "English")


@pytest.mark.usefixtures("writer")
@pytest.mark.parametrize(
    ("wanted", "kind", "where"),
    [
        ({"cards": ["no card"]}, "invalid-request", [("/cards/0", "unreadable")]),
        ({"cards": [skill_text("one"), skill_text("one")]}, "invalid-request", [("/cards/1", "unreadable")]),
        ({"cards": [3]}, "invalid-request", [("/cards/0", "package")]),
        ({"skills": ["nowhere", "inclusion-exclusion"]}, "unknown-skill", [("/skills/0", "unknown")]),
        ({"categories": ["alchemy"]}, "unknown-skill", [("/categories/0", "unknown")]),
        ({"domains": ["science"]}, "impossible-request", [("", "impossible")]),
        ({"answer_kinds": ["program"]}, "invalid-request", [("", "value_error")]),
        ({"mode": "procedural", "skills": [], "corrections": True}, "invalid-request", [("", "value_error")]),
    ],
)
def test_what_cannot_be_served_is_told_by_place(
    client: httpx.Client, wanted: dict[str, Any], kind: str, where: list[tuple[str, str]]
) -> None:
    refused = client.post("/v1/jobs", json=ASKED | wanted)
    assert refused.status_code == 422
    assert refused.json()["type"] == f"/errors/{kind}", refused.json()
    assert faults(refused) == where


@pytest.mark.usefixtures("writer")
def test_skills_of_your_own_are_asked_for_by_name(client: httpx.Client) -> None:
    wanted = {**ASKED, "skills": ["mine"], "cards": [skill_text("mine")]}
    assert client.post("/v1/jobs", json=wanted).status_code == 202
