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
    with Interruption(), database(chosen.home, chosen.database_url) as url:
        first_key = prepare_database(url)
    screen = console()
    screen.print(plain("The database is at the newest schema."))
    if first_key is not None:
        screen.print(plain(f"The first admin key, shown only this once: {first_key}"))
