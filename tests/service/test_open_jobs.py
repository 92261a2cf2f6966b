"""Jobs of open mode over REST: refused where nobody writes, checked card by card, shown as they were asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from redis import Redis

from propound.capabilities import Capabilities
from propound.config import Settings
from propound.job import JobRequest
from propound.problem import Mode
from propound.queue import Publisher
from propound.storage import jobs as repository
from propound.storage.session import Database
from propound.trust import Trust
from tests.factories import free, jobs
from tests.factories.cards import skill_text

ASKED = {"count": 3, "mode": "open", "skills": ["inclusion-exclusion"]}


@pytest.fixture
def writer(server_settings: Settings, redis: Redis) -> Iterator[None]:
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
        ({"domains": ["science"]}, "impossible-spec", [("", "impossible")]),
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


@pytest.mark.usefixtures("writer")
def test_a_job_shows_the_names_of_its_cards(client: httpx.Client) -> None:
    second = {"SKILL.md": skill_text("mine-too")}
    wanted = {**ASKED, "skills": [], "cards": [skill_text("mine"), second]}
    made = client.post("/v1/jobs", json=wanted, headers={"Idempotency-Key": "once"})
    assert made.json()["request"]["cards"] == ["mine", "mine-too"]
    assert client.get(made.headers["location"]).json() == made.json()
    again = client.post("/v1/jobs", json=wanted, headers={"Idempotency-Key": "once"})
    assert (again.json(), again.headers["idempotency-replayed"]) == (made.json(), "true")
    other = {**wanted, "cards": [skill_text("mine", body="other"), second]}
    refused = client.post("/v1/jobs", json=other, headers={"Idempotency-Key": "once"})
    assert refused.json()["type"] == "/errors/idempotency-key-reused"


RESTS = Trust(mode=Mode.OPEN, families=("llama", "qwen"), shared_family=("solvers",))


def filled(database: Database, count: int = 2, siblings: int = 2) -> str:
    """A job of open mode that has succeeded; its id."""
    request = JobRequest(count=count, mode=Mode.OPEN, group_size=1, siblings=siblings)
    job_id = jobs.make(database, request, tenant="default")
    while lease := jobs.claim(database, replace(jobs.claimant(), modes=(Mode.OPEN,))):
        with database.begin() as session:
            repository.begun_by(session, job_id, repository.Author("qwen", "Qwen@1", RESTS, "c0ffee"))
        (index, _) = lease.pairs[0]
        jobs.store(database, lease, index, free.episode(index, siblings=siblings))
        jobs.finish(database, lease)
    return job_id


def test_every_place_says_what_its_problems_rest_on(client: httpx.Client, database: Database) -> None:
    job_id = filled(database)
    rests = {**RESTS.model_dump(mode="json"), "calibration": None}
    job = client.get(f"/v1/jobs/{job_id}").json()
    assert (job["trust"], job["policy"]) == (rests, "qwen")
    assert client.get("/v1/jobs").json()["data"][0]["trust"] == rests
    dataset = client.get(f"/v1/datasets/{job['dataset_id']}").json()
    assert (dataset["trust"], dataset["problems"], dataset["siblings"]) == (rests, 2, 4)
    listed = client.get(f"/v1/datasets/{job['dataset_id']}/problems").json()["data"]
    assert [problem["mode"] for problem in listed] == ["open", "open"]
    problem = client.get(f"/v1/problems/{listed[0]['id']}").json()
    assert problem["evidence"]["trust"]["shared_family"] == ["solvers"]
    assert len(problem["evidence"]["verification"]["attempts"]) == 2
    trajectory = client.get(f"/v1/trajectories/{listed[0]['trajectory_id']}").json()
    assert trajectory["evidence"] == problem["evidence"]["verification"]


def test_siblings_follow_their_parents_where_they_are_wanted(
    client: httpx.Client, database: Database
) -> None:
    dataset_id = client.get(f"/v1/jobs/{filled(database)}").json()["dataset_id"]
    address = f"/v1/datasets/{dataset_id}/export"
    plain, whole = client.get(address), client.get(address, params={"siblings": True})
    assert plain.headers["etag"] != whole.headers["etag"]
    rows = [json.loads(line) for line in whole.content.splitlines()]
    parents = [row for row in rows if not row["parent"]]
    assert [json.loads(line) for line in plain.content.splitlines()] == parents
    assert [row["parent"] for row in rows] == [
        "", parents[0]["id"], parents[0]["id"], "", parents[1]["id"], parents[1]["id"]
    ]  # fmt: skip
    assert len({row["question"] for row in rows}) == 6
    listed = client.get(f"/v1/problems/{parents[0]['id']}/siblings").json()["data"]
    assert [each["statement"] for each in listed] == [row["question"] for row in rows[1:3]]
    assert {each["object"] for each in listed} == {"sibling"}
    cached = client.get(address, params={"siblings": True}, headers={"If-None-Match": whole.headers["etag"]})
    assert cached.status_code == 304


def test_siblings_of_others_are_not_there(
    client: httpx.Client, stranger: httpx.Client, database: Database
) -> None:
    dataset_id = client.get(f"/v1/jobs/{filled(database)}").json()["dataset_id"]
    problem_id = client.get(f"/v1/datasets/{dataset_id}/problems").json()["data"][0]["id"]
    assert client.get(f"/v1/problems/{problem_id}/siblings").status_code == 200
    assert stranger.get(f"/v1/problems/{problem_id}/siblings").status_code == 404
