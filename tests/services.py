"""The real PostgreSQL and Redis that tests run against: named by the environment, or started from wheels.

`PROPOUND_TEST_DATABASE_URL` must name a database from which others can be created.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, NullPool, create_engine, make_url, text

from propound.embedded.servers import EmbeddedServers
from propound.storage.migrate import upgrade

_TEMPLATE_LOCK = 7_326_999


@dataclass(frozen=True)
class Services:
    """Where the servers of one test run are; the run's databases share a prefix."""

    database_url: str
    redis_url: str
    run: str

    @classmethod
    def start(cls, stack: ExitStack) -> Self:
        """The servers that the environment names; what it does not name is started and ends with the stack."""
        database_url = os.environ.get("PROPOUND_TEST_DATABASE_URL")
        redis_url = os.environ.get("PROPOUND_TEST_REDIS_URL")
        run = f"propound_test_{secrets.token_hex(4)}"
        if database_url is None or redis_url is None:
            home = stack.enter_context(tempfile.TemporaryDirectory(prefix="propound-test-"))
            Path(home).chmod(0o755)
            servers = stack.enter_context(EmbeddedServers(Path(home), durable=False))
            database_url = database_url or servers.database_url
            redis_url = redis_url or servers.redis_url
        return cls(database_url, redis_url, run)

    def as_dict(self) -> dict[str, str]:
        """What an xdist worker is told."""
        return asdict(self)

    def create_database(self, name: str) -> str:
        """A fresh database in the newest schema, cloned from a template that is migrated once per run; its URL."""
        template, full = f"{self.run}_template", f"{self.run}_{name}"
        with self._connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _TEMPLATE_LOCK})
            there = text("SELECT 1 FROM pg_database WHERE datname = :name")
            if connection.scalar(there, {"name": template}) is None:
                connection.execute(text(f"CREATE DATABASE {template}"))
                upgrade(self._url(template))
            connection.execute(text(f"CREATE DATABASE {full} TEMPLATE {template}"))
        return self._url(full)

    def drop_databases(self) -> None:
        """Remove every database of this run."""
        with self._connect() as connection:
            mine = text("SELECT datname FROM pg_database WHERE starts_with(datname, :run)")
            for name in connection.scalars(mine, {"run": self.run}).all():
                connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))

    def _url(self, name: str) -> str:
        return make_url(self.database_url).set(database=name).render_as_string(hide_password=False)

    @contextmanager
    def _connect(self) -> Iterator[Connection]:
        url = make_url(self.database_url).set(drivername="postgresql+psycopg")
        engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            yield connection
