"""The secret of an installation: drawn once, the same for every process."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from propound.storage import installation
from propound.storage.requests import DatabaseLedger
from propound.storage.session import Database


def test_whoever_asks_first_draws_it_for_all(database: Database) -> None:
    def ask(_: int) -> bytes:
        with database.begin() as session:
            return installation.secret(session)

    with ThreadPoolExecutor(4) as threads:
        found = set(threads.map(ask, range(8)))
    assert len(found) == 1
    (drawn,) = found
    assert len(drawn) == installation.SECRET_BYTES
    assert DatabaseLedger(database).secret == drawn
