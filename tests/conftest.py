"""Fixtures of all tests: one PostgreSQL and one Redis per run, one database per process, emptied after each test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from redis import Redis
from sqlalchemy import text
from sqlalchemy.orm import Session

from propound.answers import effort, registry
from propound.storage.session import Database
from propound.storage.tables import Base
from tests.services import Services

# Tests are of everything around a proposer, unless they name one; processes that they start inherit this.
os.environ.setdefault("PROPOUND_POLICY", "scripted")
# No test asserts a time, on a noisy machine least of all; CI tries the same examples every time.
settings.register_profile(
    "propound",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
)
settings.load_profile("propound")

# Nor does one depend on it: comparisons are bounded by calls, as collecting the garbage of this process can take longer
# than half a second.
effort.COMPARISON_SECONDS = registry.SYMBOLIC_SECONDS = 20.0  # type: ignore[attr-defined]

_CONTROLLER = pytest.StashKey[tuple[ExitStack, Services]]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow tests begin first and are dealt out in turns: no process is left alone with them at the end."""
    slow = [item for item in items if item.get_closest_marker("slow")]
    quick = [item for item in items if not item.get_closest_marker("slow")]
    half = len(quick) // 2
    items[:] = [*slow[::2], *quick[:half], *slow[1::2], *quick[half:]]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """The controller of a distributed run starts the servers, and tells each process where they are."""
    stash = node.config.stash
    if _CONTROLLER not in stash:
        stack = ExitStack()
        stash[_CONTROLLER] = (stack, Services.start(stack))
    node.workerinput["services"] = stash[_CONTROLLER][1].as_dict()


def pytest_unconfigure(config: pytest.Config) -> None:
    """The controller stops what it started."""
    if _CONTROLLER in config.stash:
        stack, services = config.stash[_CONTROLLER]
        with stack:
            services.drop_databases()


@pytest.fixture(scope="session")
def services(request: pytest.FixtureRequest) -> Iterator[Services]:
    """The servers of this run."""
    told: dict[str, str] | None = getattr(request.config, "workerinput", {}).get("services")
    if told is not None:
        yield Services(**told)
        return
    with ExitStack() as stack:
        started = Services.start(stack)
        yield started
        started.drop_databases()


@pytest.fixture(scope="session")
def process_name() -> str:
    """The name of this process in a distributed run."""
    return os.environ.get("PYTEST_XDIST_WORKER", "gw0")


@pytest.fixture(scope="session")
def database_url(services: Services, process_name: str) -> str:
    """A migrated database of this process; `database` empties it."""
    return services.create_database(process_name)


@pytest.fixture(scope="session")
def redis_url(services: Services, process_name: str) -> str:
    """A Redis database of this process."""
    return f"{services.redis_url.rpartition('/')[0]}/{int(process_name.removeprefix('gw')) + 1}"


@pytest.fixture(scope="session")
def _open_database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def database(_open_database: Database) -> Iterator[Database]:
    """The database of this process, empty at the end of the test."""
    yield _open_database
    tables = ", ".join(table.name for table in Base.metadata.sorted_tables)
    with _open_database.engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY"))


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """One transaction."""
    with database.begin() as session:
        yield session


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """The Redis database of this process, empty at the end of the test."""
    client = Redis.from_url(redis_url)
    yield client
    client.flushdb()
    client.close()
