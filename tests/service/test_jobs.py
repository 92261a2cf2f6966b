"""Jobs over REST: asked for, listed, shown, cancelled."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from redis import Redis
from sqlalchemy import func, select, update

from propound.capabilities import Capabilities
from propound.config import Settings
from propound.domain import Domain
from propound.job import JobRequest, JobState
from propound.models.purpose import Origin, Role
from propound.queue import QUEUE, Publisher
from propound.storage.requests import DatabaseLedger
from propound.storage.session import Database
from propound.storage.tables import IdempotencyKey, Job
from service.jobs.schemas import progress
from tests.factories.requests import answered, failed
from tests.service.filling import create, filled, work

ASKED = {"name": "warm-up", "count": 3, "seed": 7, "domains": ["science"]}


def test_a_job_is_queued_and_found(client: httpx.Client, redis: Redis) -> None:
    made = client.post("/v1/jobs", json=ASKED)

    assert made.status_code == 202
    job = made.json()
    assert made.headers["location"] == f"/v1/jobs/{job['id']}"
    assert "idempotency-replayed" not in made.headers
    assert (job["object"], job["name"], job["state"]) == ("job", "warm-up", "queued")
    assert list(job["timestamps"]) == ["queued"]
    assert job["request"] == JobRequest(domains=(Domain.SCIENCE,), count=3, seed=7).model_dump(mode="json")
    assert job["progress"] == {"accepted": 0, "count": 3, "rate_per_second": None, "eta_seconds": None}
    assert job["funnel"] == {
        "proposed": 0, "pending": 0, "accepted": 0, "surplus": 0, "rejected": 0, "rejections": {}
    }  # fmt: skip
    assert client.get(made.headers["location"]).json() == job
    assert client.get("/v1/jobs").json()["data"] == [job]
    assert redis.llen(QUEUE) > 0, "workers are woken"


def test_a_difficulty_needs_a_prober(client: httpx.Client) -> None:
    refused = client.post("/v1/jobs", json={"count": 1, "difficulty": {"minimum": 0.2, "maximum": 0.8}})
    assert refused.status_code == 422
    problem = refused.json()
    assert problem["type"] == "/errors/not-served"
    assert [(fault["pointer"], fault["code"]) for fault in problem["errors"]] == [
        ("/difficulty", "no_prober")
    ]


@pytest.mark.usefixtures("redis")
def test_a_worker_that_measures_makes_up_for_what_the_api_was_not_told(
    client: httpx.Client, server_settings: Settings
) -> None:
    wanted = {"count": 1, "difficulty": {"minimum": 0.2, "maximum": 0.8}}
    publisher = Publisher(str(server_settings.redis_url))
    publisher.appear("plain:1", Capabilities(), timedelta(minutes=5))
    assert client.post("/v1/jobs", json=wanted).status_code == 422
    publisher.appear("able:2", Capabilities(probers=("p1",)), timedelta(minutes=5))
    assert client.post("/v1/jobs", json=wanted).status_code == 202
    publisher.close()


@pytest.mark.parametrize("band", [{"minimum": 0.8, "maximum": 0.2}, {"maximum": 1.5}, {"least": 0.2}, 0.5])
def test_a_difficulty_is_a_range(client: httpx.Client, band: object) -> None:
    refused = client.post("/v1/jobs", json={"count": 1, "difficulty": band})
    assert (refused.status_code, refused.json()["type"]) == (422, "/errors/invalid-request")


def test_a_job_without_a_name_has_one(client: httpx.Client) -> None:
    assert client.post("/v1/jobs", json={"count": 1}).json()["name"] == "untitled"


def test_a_finished_job_shows_its_reconciled_funnel(client: httpx.Client, database: Database) -> None:
    made = filled(database, count=6)

    job = client.get(f"/v1/jobs/{made.job_id}").json()

    assert job["state"] == "succeeded"
    assert {"queued", "running", "finalizing", "succeeded"} == set(job["timestamps"])
    funnel = job["funnel"]
    assert funnel["accepted"] == 6
    assert funnel["rejections"] == {"degenerate": funnel["rejected"]}
    assert funnel["proposed"] == sum(funnel[kind] for kind in ("pending", "accepted", "surplus", "rejected"))
    assert job["progress"]["rate_per_second"] > 0
    assert job["progress"]["eta_seconds"] is None
    assert (job["policy"], job["policy_version"]) == ("handmade", "1")


def test_rate_and_eta_are_computed_by_hand() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    job = Job(state=JobState.RUNNING, count=100, accepted=20, running_at=start)

    seen = progress(job, start + timedelta(seconds=10))

    assert (seen.rate_per_second, seen.eta_seconds) == (2.0, 40.0)


def test_the_rate_of_a_finished_job_stands_still() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    end = start + timedelta(seconds=50)
    job = Job(state=JobState.SUCCEEDED, count=100, accepted=100, running_at=start, succeeded_at=end)

    seen = progress(job, start + timedelta(days=3))

    assert (seen.rate_per_second, seen.eta_seconds) == (2.0, None)


def test_jobs_are_listed_by_state(client: httpx.Client, database: Database) -> None:
    done = filled(database)
    waiting = create(database)

    def listed(state: str) -> list[str]:
        return [job["id"] for job in client.get("/v1/jobs", params={"state": state}).json()["data"]]

    assert listed("succeeded") == [done.job_id]
    assert listed("queued") == [waiting.job_id]
    assert listed("failed") == []


def test_cancelling_stops_a_job_once_and_keeps_what_there_is(
    client: httpx.Client, database: Database
) -> None:
    made = create(database, count=50)
    work(database, most_shards=2)

    first = client.post(f"/v1/jobs/{made.job_id}/cancel")
    again = client.post(f"/v1/jobs/{made.job_id}/cancel")

    assert (first.status_code, first.json()["state"]) == (202, "cancelled")
    assert (again.status_code, again.json()["state"]) == (202, "cancelled")
    assert work(database) == 0
    kept = first.json()["progress"]["accepted"]
    assert kept > 0
    assert len(client.get(f"/v1/datasets/{made.dataset_id}/export").text.splitlines()) == kept


def test_a_finished_job_cannot_be_cancelled(client: httpx.Client, database: Database) -> None:
    made = filled(database)

    refused = client.post(f"/v1/jobs/{made.job_id}/cancel")

    assert refused.status_code == 409
    assert refused.json()["type"] == "/errors/job-final"
    assert "succeeded" in refused.json()["detail"]


def test_the_same_key_gives_the_same_job(client: httpx.Client) -> None:
    headers = {"Idempotency-Key": "one"}

    first = client.post("/v1/jobs", json=ASKED, headers=headers)
    again = client.post("/v1/jobs", json=ASKED, headers=headers)

    assert again.status_code == 202
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotency-replayed"] == "true"
    assert len(client.get("/v1/jobs").json()["data"]) == 1


def test_the_order_of_keys_and_defaults_do_not_make_another_request(client: httpx.Client) -> None:
    headers = {"Idempotency-Key": "one"}

    first = client.post("/v1/jobs", json={"count": 2, "seed": 0}, headers=headers)
    again = client.post("/v1/jobs", json={"seed": 0, "level": 2, "count": 2}, headers=headers)

    assert again.json() == first.json()


def test_the_same_key_with_another_body_is_refused(client: httpx.Client) -> None:
    headers = {"Idempotency-Key": "one"}
    client.post("/v1/jobs", json=ASKED, headers=headers)

    refused = client.post("/v1/jobs", json={**ASKED, "count": 4}, headers=headers)

    assert refused.status_code == 422
    assert refused.json()["type"] == "/errors/idempotency-key-reused"
    assert len(client.get("/v1/jobs").json()["data"]) == 1


def test_a_refused_request_does_not_use_up_its_key(client: httpx.Client, database: Database) -> None:
    headers = {"Idempotency-Key": "one"}
    for wrong in ({"count": 0}, {"count": 1, "skills": ["nonsense"]}):
        assert client.post("/v1/jobs", json=wrong, headers=headers).status_code == 422

    assert client.post("/v1/jobs", json=ASKED, headers=headers).status_code == 202
    with database.begin() as session:
        assert session.scalars(select(func.count()).select_from(IdempotencyKey)).one() == 1


def test_tenants_have_keys_of_their_own(client: httpx.Client, stranger: httpx.Client) -> None:
    headers = {"Idempotency-Key": "one"}

    mine = client.post("/v1/jobs", json=ASKED, headers=headers)
    theirs = stranger.post("/v1/jobs", json={"count": 9}, headers=headers)

    assert theirs.status_code == 202
    assert theirs.json()["id"] != mine.json()["id"]


def test_a_key_is_forgotten_after_a_day(client: httpx.Client, database: Database) -> None:
    headers = {"Idempotency-Key": "one"}
    first = client.post("/v1/jobs", json=ASKED, headers=headers)
    with database.begin() as session:
        old = func.now() - timedelta(hours=25)
        session.execute(update(IdempotencyKey).values(created_at=old))

    again = client.post("/v1/jobs", json={"count": 8}, headers=headers)

    assert again.status_code == 202
    assert again.json()["id"] != first.json()["id"]


def test_a_race_of_equal_requests_makes_one_job(client: httpx.Client) -> None:
    def post(_: int) -> httpx.Response:
        return client.post("/v1/jobs", json=ASKED, headers={"Idempotency-Key": "race"})

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(post, range(12)))

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert len(client.get("/v1/jobs").json()["data"]) == 1


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "caf\xe9"])
def test_a_useless_idempotency_key_is_refused(client: httpx.Client, key: str) -> None:
    headers: Any = {"Idempotency-Key": key.encode("latin-1")}

    refused = client.post("/v1/jobs", json=ASKED, headers=headers)

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["location"] == "header"
    assert refused.json()["errors"][0]["pointer"].lower() == "idempotency-key"


def test_a_job_says_what_its_requests_come_to(client: httpx.Client, database: Database) -> None:
    job_id = client.post("/v1/jobs", json=ASKED).json()["id"]
    other = client.post("/v1/jobs", json=ASKED).json()
    nothing = {
        "requests": 0, "failures": 0, "prompt_tokens": None, "completion_tokens": None, "thought_tokens": None,
        "cost": None, "unpriced": 0,
    }  # fmt: skip
    assert other["spending"] == {**nothing, "by_role": {}, "by_model": {}}
    ledger = DatabaseLedger(database)
    origin = Origin(job=job_id)
    ledger.record(answered("1", origin=origin, prompt_tokens=10, completion_tokens=4, cost=0.25))
    ledger.record(answered("2", origin=origin, role=Role.JUDGE, model="other", prompt_tokens=6))
    ledger.record(failed("3", origin=origin, role=Role.JUDGE, model="other"))
    proposer = nothing | {"requests": 1, "prompt_tokens": 10, "completion_tokens": 4, "cost": 0.25}
    judge = nothing | {"requests": 2, "failures": 1, "prompt_tokens": 6, "unpriced": 1}
    spent = {
        "requests": 3, "failures": 1, "prompt_tokens": 16, "completion_tokens": 4, "thought_tokens": None,
        "cost": 0.25, "unpriced": 1,
        "by_role": {"judge": judge, "proposer": proposer}, "by_model": {"other": judge, "qwen": proposer},
    }  # fmt: skip
    assert client.get(f"/v1/jobs/{job_id}").json()["spending"] == spent
    listed = {job["id"]: job["spending"] for job in client.get("/v1/jobs").json()["data"]}
    assert listed == {job_id: spent, other["id"]: other["spending"]}
    assert client.post(f"/v1/jobs/{job_id}/cancel").json()["spending"] == spent
