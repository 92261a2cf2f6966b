"""The API as clients meet it: a real server on a socket, real PostgreSQL and Redis behind it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest
import uvicorn
from redis import Redis

from propound.config import Settings
from propound.storage import keys
from propound.storage.keys import Scope
from propound.storage.session import Database
from service.app import create_app

MakeKey = Callable[..., str]


@pytest.fixture(scope="session")
def server_settings(database_url: str, redis_url: str) -> Settings:
    """The settings of the server under test."""
    return Settings(database_url=database_url, redis_url=redis_url)


@pytest.fixture(scope="session")
def api_url(server_settings: Settings) -> Iterator[str]:
    """Address of a running API."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(server_settings), log_level="warning", ws="none", lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


@pytest.fixture
def make_key(database: Database) -> MakeKey:
    """Makes keys: of the tenant `default` with all scopes, unless told otherwise."""

    def make(*scopes: Scope, tenant: str = "default") -> str:
        with database.begin() as session:
            made = keys.create(session, tenant=tenant, name="test", scopes=scopes or (Scope.ADMIN,))
            return made.secret

    return make


@pytest.fixture
def connect(api_url: str, redis: Redis) -> Iterator[Callable[[str | None], httpx.Client]]:
    """Makes clients with a key, or none; Redis is emptied after the test."""
    clients: list[httpx.Client] = []

    def client(key: str | None) -> httpx.Client:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        made = httpx.Client(base_url=api_url, headers=headers, timeout=60, trust_env=False)
        clients.append(made)
        return made

    yield client
    for made in clients:
        made.close()


@pytest.fixture
def client(connect: Callable[[str | None], httpx.Client], make_key: MakeKey) -> httpx.Client:
    """The admin of the tenant `default`."""
    return connect(make_key())


@pytest.fixture
def stranger(connect: Callable[[str | None], httpx.Client], make_key: MakeKey) -> httpx.Client:
    """The admin of another tenant."""
    return connect(make_key(tenant="elsewhere"))
