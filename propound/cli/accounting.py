"""What a command's requests to language models come to: rows where a database is configured, and a line at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from propound.cli.output import console, plain
from propound.config import settings
from propound.models.ledger import MemoryLedger, Spending
from propound.models.purpose import Origin
from propound.models.registry import record_in
from propound.storage import requests
from propound.storage.migrate import is_current
from propound.storage.requests import DatabaseLedger
from propound.storage.session import Database


@contextmanager
def accounted(command: str) -> Iterator[Origin]:
    """Whose the block's requests are; says at its end, on standard error, what they come to, if there were any.

    Args:
        command: its name; the run is known by it and the time, down to microseconds.
    """
    origin = Origin(command=f"{command} {datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}")
    screen = console(to_error=True)
    spending, close = _open(origin, screen)
    try:
        yield origin
    finally:
        record_in(None)
        _say(screen, spending)
        close()


def _open(origin: Origin, screen: Console) -> tuple[Callable[[], Spending], Callable[[], None]]:
    """Begin to record, in the configured database if it is there and has the tables, else in memory."""
    url = settings().database_url
    why = "" if url is None else _unusable(url)
    if url is None or why:
        if why:
            screen.print(plain(f"requests to models are kept in memory only: {why}"))
        memory = MemoryLedger()
        record_in(memory)
        return memory.spending, lambda: None
    database = Database(url, pool_size=1)
    record_in(DatabaseLedger(database))

    def spending() -> Spending:
        assert origin.command is not None
        with database.begin() as session:
            return requests.of_command(session, origin.command)

    return spending, database.close


def _unusable(url: str) -> str:
    try:
        return "" if is_current(url) else "the database is not migrated (`propound migrate`)"
    except SQLAlchemyError:
        return "the database cannot be reached"


def _say(screen: Console, spending: Callable[[], Spending]) -> None:
    try:
        found = spending()
    except SQLAlchemyError:
        screen.print(plain("what the requests to models came to is not known: the database cannot be reached"))
        return
    if not found.requests:
        return
    screen.print(plain(f"models: {found.line()}"))
    if len(found.by_role) * len(found.by_model) > 1:
        parts = [*found.by_role.items(), *found.by_model.items()]
        screen.print(plain("\n".join(f"  {name}: {sums.line()}" for name, sums in parts)))
