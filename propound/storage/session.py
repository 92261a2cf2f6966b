"""Connections: one engine per process, and sessions that are one transaction each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, NullPool, create_engine, make_url, text
from sqlalchemy.orm import Session, sessionmaker

from propound.storage.escape import dump_json, load_json

_CONNECT_SECONDS = 10
"""A server that has not answered by then is away; libpq alone would wait for minutes."""


def open_engine(url: str, *, pool_size: int = 5) -> Engine:
    """An engine for `postgresql://...`; it speaks JSON with the escape rule of `propound.storage.escape`.

    Args:
        url: where PostgreSQL is; a plain `postgresql://` gets the psycopg driver.
        pool_size: connections that stay open; 0 opens one for each session.
    """
    where = make_url(url)
    if where.drivername in ("postgresql", "postgres"):
        where = where.set(drivername="postgresql+psycopg")
    if "connect_timeout" not in where.query:
        where = where.update_query_dict({"connect_timeout": str(_CONNECT_SECONDS)})
    if pool_size == 0:
        return create_engine(
            where, json_serializer=dump_json, json_deserializer=load_json, poolclass=NullPool
        )
    return create_engine(
        where,
        json_serializer=dump_json,
        json_deserializer=load_json,
        pool_size=pool_size,
        max_overflow=2 * pool_size,
        pool_pre_ping=True,
    )


@contextmanager
def by_index(session: Session) -> Iterator[None]:
    """Queries in here take an index: PostgreSQL overrates how many arrays overlap, and would read whole tables."""
    session.execute(text("SET LOCAL enable_seqscan = off"))
    yield
    session.execute(text("SET LOCAL enable_seqscan = on"))


class Database:
    """The database of this process. Open it after forking, never before."""

    def __init__(self, url: str, *, pool_size: int = 5) -> None:
        self.engine = open_engine(url, pool_size=pool_size)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A session that is one transaction: committed at the end, rolled back on an exception."""
        with self._sessions.begin() as session:
            yield session

    def ping(self) -> None:
        """One round trip.

        Raises:
            sqlalchemy.exc.OperationalError: the database cannot be reached.
        """
        with self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Close all idle connections."""
        self.engine.dispose()
