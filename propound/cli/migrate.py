"""`propound migrate`: the schema, by hand or as a step of a deployment."""

from __future__ import annotations

from propound.cli.output import console, plain
from propound.config import settings
from propound.embedded.interruption import Interruption
from propound.embedded.servers import database
from propound.embedded.system import prepare_database


def run() -> None:
    """Migrate the configured database, or the embedded one.

    Raises:
        PropoundError: the embedded database cannot start.
    """
    chosen = settings()
    screen = console()

    def show(first_key: str) -> None:
        screen.print(plain(f"The first admin key, shown only this once: {first_key}"))

    with Interruption(), database(chosen.home, chosen.database_url) as url:
        prepare_database(url, show)
    screen.print(plain("The database is at the newest schema."))
