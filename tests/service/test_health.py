"""Liveness and readiness."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from propound.capabilities import Capabilities
from propound.config import Settings
from propound.queue import Publisher
from propound.storage.session import Database
from service.app import create_app
from service.resources import UnconfiguredError
from tests.service.conftest import MakeKey


def ask(settings: Settings, path: str, method: str = "GET", **content: Any) -> httpx.Response:
    """One request to an app of its own."""

    async def one() -> httpx.Response:
        app = create_app(settings)
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await client.request(method, path, **content)

    return asyncio.run(one())


def test_the_process_is_alive_without_a_key(api_url: str) -> None:
    assert httpx.get(f"{api_url}/healthz", trust_env=False).json() == {"status": "ok"}


def test_the_api_is_ready(api_url: str) -> None:
    answer = httpx.get(f"{api_url}/readyz", trust_env=False)

    assert answer.status_code == 200
    checks = {"database": "ok", "migrations": "ok", "redis": "ok"}
    assert answer.json() == {"status": "ok", "checks": checks, "workers": {}, "trainers": []}


def test_living_workers_say_what_they_can_serve(api_url: str, server_settings: Settings) -> None:
    assert server_settings.redis_url is not None
    publisher = Publisher(server_settings.redis_url)
    can = Capabilities(sandbox="namespaces, warm", proposer="live", probers=("p1", "p2"), judges=3)
    publisher.appear("one:1", can, timedelta(seconds=30))
    publisher.appear("two:2", can, timedelta(milliseconds=1))
    time.sleep(0.05)
    try:
        workers = httpx.get(f"{api_url}/readyz", trust_env=False).json()["workers"]
    finally:
        publisher.appear("one:1", can, timedelta(milliseconds=1))
        publisher.close()

    assert workers == {"one:1": can.model_dump(mode="json")}
    assert workers["one:1"]["modes"] == ["procedural"]


@pytest.mark.usefixtures("redis")
def test_living_trainers_are_told(api_url: str, server_settings: Settings) -> None:
    publisher = Publisher(str(server_settings.redis_url))
    publisher.appear_as_trainer("gpu-1:9", timedelta(minutes=5))
    ready = httpx.get(f"{api_url}/readyz", trust_env=False).json()
    publisher.close()
    assert (ready["trainers"], ready["workers"]) == (["gpu-1:9"], {})


NOWHERE: list[tuple[dict[str, str], set[str]]] = [
    ({"redis_url": "redis://:hunter2@127.0.0.1:1/0"}, {"redis"}),
    ({"database_url": "postgresql://me:hunter2@127.0.0.1:1/nothing"}, {"database", "migrations"}),
]


@pytest.mark.parametrize(("changed", "missing"), NOWHERE)
def test_a_missing_server_is_named_and_nothing_is_given_away(
    server_settings: Settings, changed: dict[str, str], missing: set[str]
) -> None:
    answer = ask(server_settings.model_copy(update=changed), "/readyz")

    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "5"
    problem: dict[str, Any] = answer.json()
    assert problem["type"] == "/errors/unavailable"
    assert {name for name, outcome in problem["checks"].items() if outcome != "ok"} == missing
    for name in missing:
        assert name in problem["detail"]
    assert "hunter2" not in answer.text
    assert "127.0.0.1" not in answer.text


def test_a_database_without_the_newest_migration_is_not_ready(
    database: Database, server_settings: Settings
) -> None:
    with database.engine.begin() as connection:
        before = connection.scalar(text("SELECT version_num FROM alembic_version"))
        connection.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    try:
        answer = ask(server_settings, "/readyz")
    finally:
        with database.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": before})

    assert answer.status_code == 503
    assert "propound migrate" in answer.json()["checks"]["migrations"]
    assert answer.json()["checks"]["database"] == "ok"


def test_a_request_without_a_database_is_told_to_come_back(server_settings: Settings) -> None:
    nowhere = server_settings.model_copy(update={"database_url": "postgresql://127.0.0.1:1/nothing"})

    answer = ask(nowhere, "/v1/jobs", headers={"Authorization": "Bearer pp_00000000_x"})

    assert answer.status_code == 503
    assert answer.json()["type"] == "/errors/unavailable"
    assert answer.headers["retry-after"] == "5"


def test_a_job_is_taken_while_redis_is_down(server_settings: Settings, make_key: MakeKey) -> None:
    nowhere = server_settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    headers = {"Authorization": f"Bearer {make_key()}"}

    made = ask(nowhere, "/v1/jobs", "POST", json={"count": 1}, headers=headers)

    assert made.status_code == 202
    assert ask(nowhere, made.headers["location"], headers=headers).json()["state"] == "queued"


def test_a_server_without_addresses_says_what_to_set() -> None:
    with pytest.raises(UnconfiguredError, match="PROPOUND_DATABASE_URL"):
        ask(Settings(database_url=None, redis_url=None), "/healthz")
