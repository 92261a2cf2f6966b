"""Whatever is sent, the answer is an answer: never a 5xx, always a problem where it is no."""

from __future__ import annotations

import json
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SHARED = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ["count", "domains", "categories", "skills", "minimum_skills", "maximum_skills", "seed", "group_size", "level",
     "max_episodes", "name", "scopes", "base", "steps", "minutes", "stop", "gate", "cron", "every_groups", "training",
     "mode", "cards", "language", "answer_kinds", "max_tokens", "corrections", "siblings"]
)  # fmt: skip
LIKELY = (
    JSON
    | st.integers(-2, 10)
    | st.lists(
        st.sampled_from(["mathematics", "science", "algebra", "modular-power", "jobs:read", "x"]), max_size=3
    )
    | st.sampled_from(["live", "0" * 16, "* * * * *", "*/0 * * * *", "0 0 31 2 *", "\u0661 * * * *"])
    | st.sampled_from(["open", "procedural", "French", ["integer"], ["no card"], [{"SKILL.md": "---\nname: x\n---\n"}]])
    | st.just({"experience": "stored"})
)
BODIES = st.dictionaries(FIELDS, LIKELY, max_size=6) | st.fixed_dictionaries(
    {"count": st.integers(-1, 5)},
    optional={"name": TEXT, "skills": st.lists(TEXT, max_size=3), "seed": LIKELY},
)


def answered(response: httpx.Response) -> None:
    assert response.status_code < 500, response.text
    if response.status_code >= 400:
        assert response.headers["content-type"] == "application/problem+json"
        problem: dict[str, Any] = response.json()
        assert problem["status"] == response.status_code
        assert response.content.isascii()


@SHARED
@given(path=st.sampled_from(["/v1/jobs", "/v1/keys", "/v1/trainings", "/v1/schedules"]), body=BODIES | JSON)
def test_bodies(client: httpx.Client, path: str, body: Any) -> None:
    content = json.dumps(body).encode()

    answered(client.post(path, content=content, headers={"Content-Type": "application/json"}))


@SHARED
@given(content=st.binary(max_size=200))
def test_bytes(client: httpx.Client, content: bytes) -> None:
    answered(client.post("/v1/jobs", content=content, headers={"Content-Type": "application/json"}))


@SHARED
@given(
    path=st.sampled_from(
        [
            "/v1/jobs",
            "/v1/datasets",
            "/v1/keys",
            "/v1/skills",
            "/v1/jobs/{}",
            "/v1/problems/{}",
            "/v1/trainings",
            "/v1/trainings/{}/metrics",
            "/v1/schedules",
            "/v1/checkpoints",
            "/v1/promotions",
        ]
    ),
    parameter=st.sampled_from(["cursor", "limit", "state", "domain", "category", "mode", "skill"]),
    value=st.text(max_size=60),
)
def test_addresses(client: httpx.Client, path: str, parameter: str, value: str) -> None:
    safe = httpx.QueryParams({"q": value})["q"].encode("utf-8", "replace").hex()

    answered(client.get(path.format(safe), params={parameter: value.encode("utf-8", "replace").decode()}))


@SHARED
@given(
    header=st.sampled_from(
        ["Idempotency-Key", "Last-Event-ID", "If-None-Match", "Authorization", "X-Request-ID"]
    ),
    value=st.binary(max_size=60).map(
        lambda raw: bytes(sign for sign in raw if sign >= 32 and sign != 127).strip()
    ),
)
def test_headers(client: httpx.Client, header: str, value: bytes) -> None:
    headers = [(header.encode(), value)]

    answered(client.post("/v1/jobs", json={"count": 1}, headers=headers))
    answered(client.get("/v1/jobs/job_" + "0" * 26 + "/events", headers=headers))
    answered(client.get("/v1/datasets/ds_" + "0" * 26 + "/export", headers=headers))
