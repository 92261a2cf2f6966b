"""Who may do what: keys, scopes, tenants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from propound.storage.keys import Scope
from propound.storage.session import Database
from service.app import create_app
from tests.service.conftest import MakeKey
from tests.service.filling import filled
from tests.service.test_bad_requests import refused

Connect = Callable[[str | None], httpx.Client]

OPERATIONS_OF_THE_PROPOSER = (
    *("create_training", "list_trainings", "get_training", "cancel_training"),
    *("list_metrics", "list_logs", "follow_training"),
    *("create_schedule", "list_schedules", "get_schedule", "delete_schedule"),
    *("list_checkpoints", "get_checkpoint", "promote_checkpoint", "roll_back", "list_promotions"),
)
NEEDED: dict[str, Scope | None] = {
    "create_job": Scope.JOBS_WRITE,
    "list_jobs": Scope.JOBS_READ,
    "get_job": Scope.JOBS_READ,
    "cancel_job": Scope.JOBS_WRITE,
    "follow_job": Scope.JOBS_READ,
    "create_verification": Scope.JOBS_WRITE,
    "get_verification": Scope.JOBS_READ,
    "get_verification_rows": Scope.JOBS_READ,
    "list_datasets": Scope.DATASETS_READ,
    "get_dataset": Scope.DATASETS_READ,
    "list_problems": Scope.DATASETS_READ,
    "get_problem": Scope.DATASETS_READ,
    "list_siblings": Scope.DATASETS_READ,
    "get_trajectory": Scope.DATASETS_READ,
    "export_dataset": Scope.DATASETS_READ,
    "create_benchmark": Scope.JOBS_WRITE,
    "list_benchmarks": Scope.DATASETS_READ,
    "get_benchmark": Scope.DATASETS_READ,
    "delete_benchmark": Scope.JOBS_WRITE,
    "list_skills": None,
    "get_skill": None,
    **dict.fromkeys(OPERATIONS_OF_THE_PROPOSER, Scope.TRAININGS_ADMIN),
    "create_key": Scope.KEYS_ADMIN,
    "list_keys": Scope.KEYS_ADMIN,
    "revoke_key": Scope.KEYS_ADMIN,
}
"""Every operation under /v1 and the scope that it needs; None: any key."""


def operations() -> list[tuple[str, str, str]]:
    """(operation id, method, path with an id that cannot exist) of everything under /v1."""
    return [
        (
            operation["operationId"],
            method.upper(),
            path.replace("{job_id}", "job_" + "0" * 26)
            .replace("{dataset_id}", "ds_" + "0" * 26)
            .replace("{problem_id}", "prob_" + "0" * 26)
            .replace("{trajectory_id}", "traj_" + "0" * 26)
            .replace("{benchmark_id}", "bench_" + "0" * 26)
            .replace("{training_id}", "train_" + "0" * 26)
            .replace("{verification_id}", "ver_" + "0" * 26)
            .replace("{schedule_id}", "sched_" + "0" * 26)
            .replace("{version}", "0" * 16)
            .replace("{key_id}", "key_" + "0" * 26)
            .replace("{name}", "modular-power"),
        )
        for path, methods in create_app().openapi()["paths"].items()
        if path.startswith("/v1/")
        for method, operation in methods.items()
    ]


def call(client: httpx.Client, method: str, path: str) -> httpx.Response:
    bodies: dict[str, Any] = {
        "/v1/verifications": {"rows": [{"question": "How much is 6 times 7?", "answer": "42"}]},
        "/v1/jobs": {"count": 1},
        "/v1/keys": {"name": "k", "scopes": ["jobs:read"]},
        "/v1/trainings": {},
        "/v1/schedules": {"cron": "0 3 * * *"},
    }
    if (method, path) == ("POST", "/v1/benchmarks"):
        return client.post(path, params={"name": "b"}, content=b"one", headers={"Content-Type": "text/plain"})
    return client.request(method, path, json=bodies.get(path) if method == "POST" else None)


def test_every_operation_is_known_here() -> None:
    assert {name for name, _, _ in operations()} == set(NEEDED)


@pytest.mark.parametrize(("name", "method", "path"), operations())
def test_without_a_key_nothing_is_answered(connect: Connect, name: str, method: str, path: str) -> None:
    response = call(connect(None), method, path)

    refused(response, 401, "unauthorized")
    assert response.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("name", "method", "path"), operations())
def test_an_operation_needs_its_scope_and_no_other(
    connect: Connect, make_key: MakeKey, name: str, method: str, path: str
) -> None:
    needed = NEEDED[name]
    others = [scope for scope in Scope if scope not in (needed, Scope.ADMIN)]
    with_it = call(connect(make_key(needed or Scope.JOBS_READ)), method, path)
    without = call(connect(make_key(*others)), method, path)

    if needed is None:
        assert with_it.status_code == without.status_code == 200
        return
    assert str(needed) in refused(without, 403, "missing-scope")["detail"]
    if name == "create_key":
        refused(with_it, 403, "missing-scope")  # it cannot grant jobs:read, which it lacks
    elif name == "roll_back":
        refused(with_it, 409, "nothing-before")
    elif name == "create_verification":
        refused(with_it, 422, "not-served")  # no model solves here
    else:
        assert with_it.status_code in (200, 201, 202, 404)


@pytest.mark.parametrize(
    "header",
    [
        "", "Bearer", "Bearer ", "Bearer x", "Basic cHA6cA==", "Bearer pp_", "Bearer pp__", "Bearer pp_00000000_x",
        "Bearer pp_a_b_c", "Bearer " + "pp_" + "a" * 5_000, "Bearer pp_\xe9_\xe9", "bearer pp_00000000_x y",
        "Bearer pp_%00_x", "Bearer ' OR 1=1 --",
    ],
)  # fmt: skip
def test_a_wrong_key_is_refused(connect: Connect, header: str) -> None:
    response = connect(None).get("/v1/jobs", headers=[(b"Authorization", header.strip().encode("latin-1"))])

    refused(response, 401, "unauthorized")


def test_a_key_with_another_secret_is_refused(connect: Connect, make_key: MakeKey) -> None:
    key = make_key()

    assert connect(key).get("/v1/jobs").status_code == 200
    refused(connect(key[:-1] + ("a" if key[-1] != "a" else "b")).get("/v1/jobs"), 401, "unauthorized")
    refused(connect(key + "x").get("/v1/jobs"), 401, "unauthorized")
    refused(connect(key[:-1]).get("/v1/jobs"), 401, "unauthorized")


def test_the_word_bearer_may_be_written_in_any_case(connect: Connect, make_key: MakeKey) -> None:
    answer = connect(None).get("/v1/jobs", headers={"Authorization": f"bearer {make_key()}"})

    assert answer.status_code == 200


def test_a_revoked_key_is_refused_at_once(client: httpx.Client, connect: Connect) -> None:
    made = client.post("/v1/keys", json={"name": "short-lived", "scopes": ["jobs:read"]}).json()
    user = connect(made["secret"])
    assert user.get("/v1/jobs").status_code == 200

    assert client.delete(f"/v1/keys/{made['id']}").status_code == 204

    refused(user.get("/v1/jobs"), 401, "unauthorized")


@pytest.mark.parametrize(
    ("name", "method", "path"), [each for each in operations() if each[0] in OPERATIONS_OF_THE_PROPOSER]
)
def test_tenants_that_only_use_the_deployment_do_not_train(
    stranger: httpx.Client, name: str, method: str, path: str
) -> None:
    refused(call(stranger, method, path), 403, "missing-scope")


def test_another_tenants_objects_do_not_exist(
    client: httpx.Client, stranger: httpx.Client, database: Database
) -> None:
    made = filled(database)
    problem = client.get(f"/v1/datasets/{made.dataset_id}/problems").json()["data"][0]
    key = client.get("/v1/keys").json()["data"][0]
    theirs = [
        ("GET", f"/v1/jobs/{made.job_id}"),
        ("GET", f"/v1/jobs/{made.job_id}/events"),
        ("POST", f"/v1/jobs/{made.job_id}/cancel"),
        ("GET", f"/v1/datasets/{made.dataset_id}"),
        ("GET", f"/v1/datasets/{made.dataset_id}/problems"),
        ("GET", f"/v1/datasets/{made.dataset_id}/export"),
        ("GET", f"/v1/problems/{problem['id']}"),
        ("GET", f"/v1/trajectories/{problem['trajectory_id']}"),
        ("DELETE", f"/v1/keys/{key['id']}"),
    ]

    for method, path in theirs:
        assert client.request(method, path).status_code != 404, path
        refused(stranger.request(method, path), 404, "not-found")
    for path in ("/v1/jobs", "/v1/datasets"):
        assert len(client.get(path).json()["data"]) == 1
        assert stranger.get(path).json()["data"] == []
    assert [key["name"] for key in stranger.get("/v1/keys").json()["data"]] == ["test"]
