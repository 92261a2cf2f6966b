"""The export as a stream: a fixed number of rows, whatever is accepted meanwhile, read batch by batch.

Rows are never changed once they are accepted, so all batches together are one consistent file. Between two of
them no database connection is held: a slow reader costs nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from anyio import to_thread

from propound.storage import datasets
from service.resources import Resources

MEDIA_TYPE = "application/x-ndjson"
BATCH = 200
"""Rows read at once."""


def matches(if_none_match: str | None, etag: str) -> bool:
    """Whether a client's `If-None-Match` names this tag (RFC 9110, section 13.1.2: weak comparison)."""
    if if_none_match is None:
        return False
    offered = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in offered or offered == ["*"]


async def stream(
    shared: Resources, dataset_id: str, rows: int, *, siblings: bool = False
) -> AsyncIterator[bytes]:
    """The first `rows` rows as JSON lines, each with its siblings behind it where they are wanted."""
    done = 0
    while done < rows:
        until = min(done + BATCH, rows)
        yield await to_thread.run_sync(_batch, shared, dataset_id, done, until, siblings)
        done = until


def _batch(shared: Resources, dataset_id: str, after: int, until: int, siblings: bool) -> bytes:
    """The lines of the ordinals above `after`, up to `until`."""
    with shared.database.begin() as session:
        return b"".join(datasets.export(session, dataset_id, after=after, until=until, kin=siblings))
