"""Keys over REST."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from propound.storage.keys import Scope
from tests.service.conftest import MakeKey
from tests.service.test_bad_requests import refused

Connect = Callable[[str | None], httpx.Client]


def test_a_new_key_shows_its_secret_once_and_works(client: httpx.Client, connect: Connect) -> None:
    made = client.post("/v1/keys", json={"name": "ci", "scopes": ["jobs:write", "jobs:read"]})

    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    key = made.json()
    assert key["secret"].startswith(f"pp_{key['prefix']}_")
    assert len(key["secret"].removeprefix(f"pp_{key['prefix']}_")) >= 43, "32 random bytes"
    assert key["scopes"] == ["jobs:read", "jobs:write"]
    assert connect(key["secret"]).post("/v1/jobs", json={"count": 1}).status_code == 202
    listed = client.get("/v1/keys").text
    assert key["secret"] not in listed
    assert key["prefix"] in listed


def test_use_and_revocation_are_noted(client: httpx.Client, connect: Connect) -> None:
    made = client.post("/v1/keys", json={"name": "ci", "scopes": ["jobs:read"]}).json()
    connect(made["secret"]).get("/v1/jobs")
    client.delete(f"/v1/keys/{made['id']}")

    key = client.get("/v1/keys").json()["data"][0]

    assert key["id"] == made["id"]
    assert key["created_at"] <= key["last_used_at"] <= key["revoked_at"]


def test_revoking_twice_changes_nothing(client: httpx.Client) -> None:
    made = client.post("/v1/keys", json={"name": "ci", "scopes": ["jobs:read"]}).json()
    client.delete(f"/v1/keys/{made['id']}")
    before = client.get("/v1/keys").json()["data"][0]

    again = client.delete(f"/v1/keys/{made['id']}")

    assert (again.status_code, again.content) == (204, b"")
    assert client.get("/v1/keys").json()["data"][0] == before


def test_a_key_cannot_revoke_itself(client: httpx.Client) -> None:
    own = client.get("/v1/keys").json()["data"][0]

    refused(client.delete(f"/v1/keys/{own['id']}"), 409, "own-key")

    assert client.get("/v1/keys").status_code == 200


@pytest.mark.parametrize(
    "scopes", [[Scope.ADMIN], [Scope.KEYS_ADMIN, Scope.JOBS_WRITE], [Scope.TRAININGS_ADMIN]]
)
def test_a_key_cannot_revoke_what_is_above_it(
    client: httpx.Client, connect: Connect, make_key: MakeKey, scopes: list[Scope]
) -> None:
    clerk = connect(make_key(Scope.KEYS_ADMIN, Scope.JOBS_READ))
    other = client.post("/v1/keys", json={"name": "other", "scopes": scopes}).json()

    refused(clerk.delete(f"/v1/keys/{other['id']}"), 403, "missing-scope")

    assert connect(other["secret"]).get("/v1/skills").status_code == 200, "it is not revoked"
    peer = client.post(
        "/v1/keys", json={"name": "peer", "scopes": [Scope.KEYS_ADMIN, Scope.JOBS_READ]}
    ).json()
    assert clerk.delete(f"/v1/keys/{peer['id']}").status_code == 204
    refused(connect(peer["secret"]).get("/v1/skills"), 401, "unauthorized")


@pytest.mark.parametrize("body", [b"{", b"", b"[1", b'{"name": "k", "scopes": ["jobs:read"]', b"\xff"])
def test_a_malformed_key_request_is_a_documented_error(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/v1/keys", content=body, headers={"Content-Type": "application/json"})
    operation = client.get("/openapi.json").json()["paths"]["/v1/keys"]["post"]

    assert answer.status_code == (400 if body else 422)
    slug = answer.json()["type"].rpartition("/")[2]
    assert f"`{slug}`" in operation["responses"][str(answer.status_code)]["description"]


@pytest.mark.parametrize("wanted", [Scope.ADMIN, Scope.JOBS_WRITE])
def test_a_key_cannot_grant_more_than_it_has(connect: Connect, make_key: MakeKey, wanted: Scope) -> None:
    clerk = connect(make_key(Scope.KEYS_ADMIN, Scope.JOBS_READ))

    refused(clerk.post("/v1/keys", json={"name": "k", "scopes": [wanted]}), 403, "missing-scope")
    assert clerk.post("/v1/keys", json={"name": "k", "scopes": [Scope.JOBS_READ]}).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {"name": "k"}, {"name": "k", "scopes": []}, {"name": "k", "scopes": ["root"]}, {"scopes": ["jobs:read"]},
        {"name": "", "scopes": ["jobs:read"]}, {"name": "a\nb", "scopes": ["jobs:read"]},
        {"name": "k", "scopes": ["jobs:read"], "tenant": "elsewhere"},
    ],
)  # fmt: skip
def test_a_wrong_key_request_is_refused(client: httpx.Client, body: dict[str, object]) -> None:
    refused(client.post("/v1/keys", json=body), 422, "invalid-request")
