"""Training over REST: runs, their figures and events, schedules."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from redis import Redis

from propound.config import Settings
from propound.queue import TRAININGS, Publisher
from propound.refinement import Refinement
from propound.storage import trainings
from propound.storage.session import Database
from propound.training import TrainingRequest
from tests.factories import trainings as runs
from tests.service.test_bad_requests import refused
from tests.service.test_events import told_by
from trainer.settings import RefineSettings


def test_an_empty_wish_trains_what_is_live(client: httpx.Client, redis: Redis) -> None:
    made = client.post("/v1/trainings", json={})

    assert made.status_code == 202
    run = made.json()
    assert made.headers["location"] == f"/v1/trainings/{run['id']}"
    assert (run["object"], run["state"], run["base_version"]) == ("training", "queued", None)
    assert run["request"] == TrainingRequest().model_dump(mode="json")
    assert run["request"]["base"] == "live"
    assert client.get(made.headers["location"]).json() == run
    assert client.get("/v1/trainings").json()["data"] == [run]
    assert redis.llen(TRAININGS) == 1, "a trainer is woken"


def test_a_run_without_a_trainer_says_so(
    client: httpx.Client, redis: Redis, server_settings: Settings, database: Database
) -> None:
    made = client.post("/v1/trainings", json={}).json()
    assert "propound up --trainer" in made["waiting_for"]
    path = f"/v1/trainings/{made['id']}"
    assert client.get(path).json()["waiting_for"] == made["waiting_for"]
    publisher = Publisher(str(server_settings.redis_url))
    publisher.appear_as_trainer("gpu-1:9", timedelta(minutes=5))
    assert client.get(path).json()["waiting_for"] is None
    redis.flushdb()
    publisher.close()
    runs.claim(database)
    assert client.get(path).json()["waiting_for"] is None, "somebody has it"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"steps": 0}, "/steps"),
        ({"base": "../etc"}, "/base"),
        ({"algorithm": "ppo"}, "/algorithm"),
        ({"stop": [{"figure": "kl"}]}, "/stop/0"),
        ({"gate": {"confidence": 1}}, "/gate/confidence"),
        ({"nonsense": 1}, "/nonsense"),
        ({"rate": 0}, "/rate"),
        ({"level": 4}, "/level"),
        ({"lora": 0}, "/lora"),
        ({"temperature": 0}, "/temperature"),
        ({"without": ["hammer"]}, "/without"),
        ({"minimum_skills": 3, "maximum_skills": 2}, ""),
    ],
)
def test_a_wrong_wish_is_refused(client: httpx.Client, body: dict[str, Any], pointer: str) -> None:
    response = client.post("/v1/trainings", json=body)
    assert refused(response, 422, "invalid-request")["errors"][0]["pointer"] == pointer


def test_a_base_must_be_there(client: httpx.Client, database: Database) -> None:
    fault = refused(client.post("/v1/trainings", json={"base": "a" * 16}), 422, "unknown-checkpoint")
    assert fault["errors"][0]["pointer"] == "/base"
    runs.keep(database, "a" * 16)
    assert client.post("/v1/trainings", json={"base": "a" * 16}).status_code == 202


EVERYTHING: dict[str, Any] = {
    "algorithm": "mgpo-no-kl",
    "omega": 0.25,
    "steps": 7,
    "minutes": 30.0,
    "groups": 3,
    "group_size": 4,
    "seed": 5,
    "rate": 3e-5,
    "lora": 8,
    "temperature": 0.9,
    "skills": ["letter-shift", "letter-positions"],
    "minimum_skills": 1,
    "maximum_skills": 1,
    "level": 1,
    "curriculum": False,
    "without": ["edit_skills"],
    "staleness": 1,
    "mark": 5,
    "evaluation": 12,
    "stop": [{"figure": "kl", "above": 0.5, "below": None, "steps": 3}],
}


def test_a_wish_says_whatever_the_command_can(client: httpx.Client) -> None:
    assert set(EVERYTHING) == set(Refinement.model_fields)
    made = client.post("/v1/trainings", json=EVERYTHING)
    assert made.status_code == 202
    asked = made.json()["request"]
    assert {name: asked[name] for name in EVERYTHING} == EVERYTHING
    run = RefineSettings.here(TrainingRequest.model_validate(asked).refinement(), Settings(max_steps=9))
    assert run.model_dump(mode="json", include=set(EVERYTHING)) == EVERYTHING
    assert run.max_steps == 9


def test_a_wish_of_before_is_read() -> None:
    """Rows hold requests that had fewer fields."""
    old = {"base": "live", "algorithm": "grpo", "experience": "stored", "steps": 5, "minutes": None, "groups": 2}
    old |= {"group_size": 8, "staleness": 2, "seed": 0, "stop": [], "gate": {"specs": 20}}
    request = TrainingRequest.model_validate(old)
    assert (request.algorithm, request.rate, request.skills) == ("grpo", 1e-4, ())
    assert request.gate is not None
    assert (request.gate.specs, request.gate.difficulty_margin) == (20, 0.02)


@pytest.mark.parametrize(("path", "within"), [("/v1/trainings", ""), ("/v1/schedules", "/training")])
def test_what_no_trainer_could_draw_is_refused_at_once(client: httpx.Client, path: str, within: str) -> None:
    def asked(wish: dict[str, Any]) -> httpx.Response:
        return client.post(path, json={"cron": "0 3 * * *", "training": wish} if within else wish)

    unknown = refused(asked({"skills": ["carnot-work", "alchemy"]}), 422, "unknown-skill")
    assert [fault["pointer"] for fault in unknown["errors"]] == [f"{within}/skills/1"]
    impossible = refused(asked({"skills": ["carnot-work"], "minimum_skills": 2}), 422, "impossible-spec")
    assert [fault["pointer"] for fault in impossible["errors"]] == [within]


def test_a_run_says_what_it_waits_for_and_what_measures(client: httpx.Client, database: Database) -> None:
    training_id = runs.make(database)
    lease = runs.claim(database)
    with database.begin() as session:
        trainings.note_base(session, lease, runs.keep(database, "a" * 16), "novice@1")
        trainings.wait(session, lease, "the judge does not answer")
    run = client.get(f"/v1/trainings/{training_id}").json()
    assert (run["waiting_for"], run["prober"]) == ("the judge does not answer", "novice@1")


def test_the_same_key_gives_the_same_run(client: httpx.Client) -> None:
    headers = {"Idempotency-Key": "one"}
    first = client.post("/v1/trainings", json={"steps": 3}, headers=headers)
    again = client.post("/v1/trainings", json={"steps": 3}, headers=headers)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    refused(client.post("/v1/trainings", json={}, headers=headers), 422, "idempotency-key-reused")
    refused(client.post("/v1/jobs", json={"count": 1}, headers=headers), 422, "idempotency-key-reused")


def finished(database: Database, steps: int = 3) -> str:
    training_id = runs.make(database)
    lease = runs.claim(database)
    for step in range(1, steps + 1):
        runs.note(database, lease, step, reward=step / 10)
    with database.begin() as session:
        trainings.say(session, training_id, "the checkpoint is kept")
        trainings.finish(session, lease, stop_reason="steps", checkpoint_version=None, comparison=None)
    return training_id


def test_a_run_shows_its_figures_and_its_log(client: httpx.Client, database: Database) -> None:
    training_id = finished(database)
    path = f"/v1/trainings/{training_id}"

    run = client.get(path).json()
    assert (run["state"], run["steps"], run["stop_reason"]) == ("succeeded", 3, "steps")
    assert list(run["timestamps"]) == ["queued", "running", "succeeded"]

    first = client.get(f"{path}/metrics", params={"limit": 2})
    assert [(row["step"], row["figures"]) for row in first.json()["data"]] == [
        (1, {"reward": 0.1}), (2, {"reward": 0.2})
    ]  # fmt: skip
    rest = client.get(first.links["next"]["url"]).json()
    assert ([row["step"] for row in rest["data"]], rest["has_more"]) == ([3], False)

    lines = client.get(f"{path}/logs").json()["data"]
    assert [(line["level"], line["text"]) for line in lines] == [("info", "the checkpoint is kept")]


def test_a_cursor_of_one_run_is_none_of_another(client: httpx.Client, database: Database) -> None:
    one, other = finished(database), finished(database)
    cursor = client.get(f"/v1/trainings/{one}/metrics", params={"limit": 1}).json()["next_cursor"]
    response = client.get(f"/v1/trainings/{other}/metrics", params={"cursor": cursor})
    refused(response, 400, "invalid-cursor")


def test_a_run_is_followed_to_its_end_and_taken_up_anywhere(client: httpx.Client, database: Database) -> None:
    path = f"/v1/trainings/{finished(database)}/events"

    events = told_by(client, path)
    assert [event.kind for event in events] == [
        "state",
        "state",
        "metrics",
        "metrics",
        "metrics",
        "log",
        "state",
    ]
    assert [event.data["state"] for event in events if event.kind == "state"] == [
        "queued", "running", "succeeded"
    ]  # fmt: skip
    assert events[2].data == {"step": 1, "figures": {"reward": 0.1}}
    assert told_by(client, path, after=events[4].id) == events[5:]
    last = client.get(path, headers={"Last-Event-ID": str(events[-1].id)})
    assert last.status_code == 204


def test_cancelling(client: httpx.Client, database: Database) -> None:
    waiting = client.post("/v1/trainings", json={}).json()["id"]
    for _ in range(2):
        answer = client.post(f"/v1/trainings/{waiting}/cancel")
        assert (answer.status_code, answer.json()["state"]) == (202, "cancelled")
    running = runs.make(database)
    runs.claim(database)
    assert client.post(f"/v1/trainings/{running}/cancel").json()["state"] == "cancelling"
    done = finished(database)
    refused(client.post(f"/v1/trainings/{done}/cancel"), 409, "training-final")


def test_runs_are_listed_by_state(client: httpx.Client, database: Database) -> None:
    done, waiting = finished(database), runs.make(database)

    def listed(state: str) -> list[str]:
        return [run["id"] for run in client.get("/v1/trainings", params={"state": state}).json()["data"]]

    assert (listed("succeeded"), listed("queued"), listed("failed")) == ([done], [waiting], [])


def test_schedules_come_and_go(client: httpx.Client) -> None:
    made = client.post(
        "/v1/schedules", json={"name": "nightly", "cron": "0 3 * * *", "training": {"steps": 9}}
    )
    assert made.status_code == 201
    schedule = made.json()
    assert schedule["next_at"].endswith("T03:00:00Z")
    assert schedule["training"]["steps"] == 9
    steady = client.post(
        "/v1/schedules", json={"every_groups": 50, "training": {"experience": "stored"}}
    ).json()
    assert (steady["next_at"], steady["name"]) == (None, "untitled")
    assert [each["id"] for each in client.get("/v1/schedules").json()["data"]] == [
        steady["id"],
        schedule["id"],
    ]
    assert client.get(made.headers["location"]).json() == schedule
    assert client.delete(made.headers["location"]).status_code == 204
    refused(client.get(made.headers["location"]), 404, "not-found")
    refused(client.delete(made.headers["location"]), 404, "not-found")


@pytest.mark.parametrize(
    "body", [{}, {"cron": "soon"}, {"cron": "0 3 * * *", "every_groups": 5}, {"every_groups": 5}]
)
def test_a_schedule_without_one_readable_trigger_is_refused(
    client: httpx.Client, body: dict[str, Any]
) -> None:
    refused(client.post("/v1/schedules", json=body), 422, "invalid-request")


def test_a_schedule_needs_a_base_that_is_there(client: httpx.Client) -> None:
    wanted = {"cron": "0 3 * * *", "training": {"base": "b" * 16}}
    fault = refused(client.post("/v1/schedules", json=wanted), 422, "unknown-checkpoint")
    assert fault["errors"][0]["pointer"] == "/training/base"
