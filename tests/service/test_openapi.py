"""The description of the API is part of it: names and shapes that clients rely on are pinned here."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import httpx
import pytest

from service.app import create_app
from service.errors import KINDS

OPERATIONS = {
    "create_job": ("POST", "/v1/jobs", "jobs"),
    "list_jobs": ("GET", "/v1/jobs", "jobs"),
    "get_job": ("GET", "/v1/jobs/{job_id}", "jobs"),
    "cancel_job": ("POST", "/v1/jobs/{job_id}/cancel", "jobs"),
    "follow_job": ("GET", "/v1/jobs/{job_id}/events", "jobs"),
    "list_datasets": ("GET", "/v1/datasets", "datasets"),
    "get_dataset": ("GET", "/v1/datasets/{dataset_id}", "datasets"),
    "list_problems": ("GET", "/v1/datasets/{dataset_id}/problems", "datasets"),
    "export_dataset": ("GET", "/v1/datasets/{dataset_id}/export", "datasets"),
    "get_problem": ("GET", "/v1/problems/{problem_id}", "datasets"),
    "list_siblings": ("GET", "/v1/problems/{problem_id}/siblings", "datasets"),
    "get_trajectory": ("GET", "/v1/trajectories/{trajectory_id}", "datasets"),
    "create_benchmark": ("POST", "/v1/benchmarks", "benchmarks"),
    "list_benchmarks": ("GET", "/v1/benchmarks", "benchmarks"),
    "get_benchmark": ("GET", "/v1/benchmarks/{benchmark_id}", "benchmarks"),
    "delete_benchmark": ("DELETE", "/v1/benchmarks/{benchmark_id}", "benchmarks"),
    "list_skills": ("GET", "/v1/skills", "skills"),
    "get_skill": ("GET", "/v1/skills/{name}", "skills"),
    "create_training": ("POST", "/v1/trainings", "trainings"),
    "list_trainings": ("GET", "/v1/trainings", "trainings"),
    "get_training": ("GET", "/v1/trainings/{training_id}", "trainings"),
    "cancel_training": ("POST", "/v1/trainings/{training_id}/cancel", "trainings"),
    "list_metrics": ("GET", "/v1/trainings/{training_id}/metrics", "trainings"),
    "list_logs": ("GET", "/v1/trainings/{training_id}/logs", "trainings"),
    "follow_training": ("GET", "/v1/trainings/{training_id}/events", "trainings"),
    "create_schedule": ("POST", "/v1/schedules", "trainings"),
    "list_schedules": ("GET", "/v1/schedules", "trainings"),
    "get_schedule": ("GET", "/v1/schedules/{schedule_id}", "trainings"),
    "delete_schedule": ("DELETE", "/v1/schedules/{schedule_id}", "trainings"),
    "list_checkpoints": ("GET", "/v1/checkpoints", "checkpoints"),
    "get_checkpoint": ("GET", "/v1/checkpoints/{version}", "checkpoints"),
    "promote_checkpoint": ("POST", "/v1/checkpoints/{version}/promote", "checkpoints"),
    "roll_back": ("POST", "/v1/checkpoints/rollback", "checkpoints"),
    "list_promotions": ("GET", "/v1/promotions", "checkpoints"),
    "create_key": ("POST", "/v1/keys", "keys"),
    "list_keys": ("GET", "/v1/keys", "keys"),
    "revoke_key": ("DELETE", "/v1/keys/{key_id}", "keys"),
    "get_health": ("GET", "/healthz", "health"),
    "get_readiness": ("GET", "/readyz", "health"),
    "list_errors": ("GET", "/errors", "errors"),
    "get_error": ("GET", "/errors/{slug}", "errors"),
    "create_verification": ("POST", "/v1/verifications", "verifications"),
    "get_verification": ("GET", "/v1/verifications/{verification_id}", "verifications"),
    "get_verification_rows": ("GET", "/v1/verifications/{verification_id}/rows", "verifications"),
}
ERRORS = {
    "/errors/malformed-json": 400,
    "/errors/unknown-parameter": 400,
    "/errors/invalid-cursor": 400,
    "/errors/unauthorized": 401,
    "/errors/missing-scope": 403,
    "/errors/not-found": 404,
    "/errors/method-not-allowed": 405,
    "/errors/job-final": 409,
    "/errors/training-final": 409,
    "/errors/nothing-before": 409,
    "/errors/benchmark-in-use": 409,
    "/errors/own-key": 409,
    "/errors/body-too-large": 413,
    "/errors/unsupported-media-type": 415,
    "/errors/invalid-request": 422,
    "/errors/unknown-skill": 422,
    "/errors/unknown-benchmark": 422,
    "/errors/unknown-checkpoint": 422,
    "/errors/impossible-spec": 422,
    "/errors/not-served": 422,
    "/errors/idempotency-key-reused": 422,
    "/errors/internal": 500,
    "/errors/unavailable": 503,
}
JOB = {
    "id", "object", "name", "state", "created_at", "timestamps", "request", "dataset_id", "policy", "policy_version",
    "prober", "pass_rates", "progress", "funnel", "spending", "error", "stop_reason", "waiting_for",
    "unrecorded", "trust",
}  # fmt: skip


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    return create_app().openapi()


def each_operation(description: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]


def test_operations_are_pinned(description: dict[str, Any]) -> None:
    found = {
        operation["operationId"]: (method, path, *operation["tags"])
        for method, path, operation in each_operation(description)
    }

    assert found == OPERATIONS


def test_operations_explain_themselves(description: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in description["tags"]}
    for _, path, operation in each_operation(description):
        assert operation["summary"], path
        assert operation["description"], path
        assert set(operation["tags"]) <= tags


def test_kinds_of_errors_are_pinned() -> None:
    assert {f"/errors/{kind.slug}": kind.status for kind in KINDS} == ERRORS
    assert [kind.status for kind in KINDS] == sorted(kind.status for kind in KINDS)


def test_every_error_is_described_as_a_problem(description: dict[str, Any]) -> None:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    for method, path, operation in each_operation(description):
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert response["content"] == problem, (method, path, status)
                assert "`" in response["description"], "it names the kinds"
        if path.startswith("/v1/"):
            assert {"400", "401", "403", "422", "500", "503"} <= set(operation["responses"])
            assert operation["security"]


def test_every_operation_with_a_body_describes_what_can_be_wrong_with_it(description: dict[str, Any]) -> None:
    for method, path, operation in each_operation(description):
        if "requestBody" in operation:
            for status, slug in {
                "400": "malformed-json",
                "413": "body-too-large",
                "415": "unsupported-media-type",
                "422": "invalid-request",
            }.items():
                assert f"`{slug}`" in operation["responses"][status]["description"], (method, path)
        assert "`unknown-parameter`" in operation["responses"]["400"]["description"], path


def test_the_shape_of_an_error_is_pinned(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]

    assert schemas["ProblemDetails"]["required"] == [
        "type",
        "title",
        "status",
        "detail",
        "instance",
        "errors",
    ]
    assert schemas["Fault"]["required"] == ["location", "pointer", "code", "detail"]
    assert "HTTPValidationError" not in schemas


def test_every_reference_leads_somewhere(description: dict[str, Any]) -> None:
    text = json.dumps(description)
    schemas = description["components"]["schemas"]

    for piece in text.split('"$ref": "#/components/schemas/')[1:]:
        assert piece.partition('"')[0] in schemas


def test_the_shape_of_a_job_is_pinned(description: dict[str, Any], client: httpx.Client) -> None:
    schema = description["components"]["schemas"]["JobView"]

    assert set(schema["properties"]) == JOB
    assert set(schema["examples"][0]) == JOB - {"error", "stop_reason", "waiting_for"}, (
        "null is left out of examples"
    )
    assert set(client.post("/v1/jobs", json={"count": 1}).json()) == JOB


def test_examples_of_requests_are_accepted(description: dict[str, Any], client: httpx.Client) -> None:
    schemas = description["components"]["schemas"]

    for example in schemas["JobCreate"]["examples"]:
        assert client.post("/v1/jobs", json=example).status_code == 202
    for example in schemas["KeyCreate"]["examples"]:
        assert client.post("/v1/keys", json=example).status_code == 201


def test_the_description_is_served(api_url: str, description: dict[str, Any]) -> None:
    assert httpx.get(f"{api_url}/openapi.json", trust_env=False).json() == description


def test_the_app_loads_no_engine() -> None:
    heavy = ("torch", "vllm", "transformers", "celery", "sympy", "math_verify", "numpy", "alembic")
    program = f"import service.app, sys; print([name for name in {heavy!r} if name in sys.modules])"

    found = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert found.stdout.strip() == "[]"
