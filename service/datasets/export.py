"""The export as a stream: a fixed number of rows, whatever is accepted meanwhile, read batch by batch.

Rows are never changed once they are accepted, so all batches together are one consistent file. Between two of
them no database connection is held: a slow reader costs nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple

from anyio import to_thread
from sqlalchemy.orm import Session

from propound.problem import Problem
from propound.storage import datasets
from propound.storage.exports import export_line
from service.resources import Resources

MEDIA_TYPE = "application/x-ndjson"
BATCH = 200
"""Rows read at once."""


class Edition(NamedTuple):
    """What an export consists of at one moment."""

    rows: int
    etag: str
    """Strong: SHA-256 over the content digests, quoted."""


def edition(session: Session, dataset_id: str) -> Edition:
    """Size and tag of the export in one snapshot; the first statements of their transaction."""
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    return Edition(datasets.size(session, dataset_id), f'"{datasets.content_tag(session, dataset_id)}"')


def matches(if_none_match: str | None, etag: str) -> bool:
    """Whether a client's `If-None-Match` names this tag (RFC 9110, section 13.1.2: weak comparison)."""
    if if_none_match is None:
        return False
    offered = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in offered or offered == ["*"]


async def stream(shared: Resources, dataset_id: str, rows: int) -> AsyncIterator[bytes]:
    """The first `rows` rows as JSON lines."""
    done = 0
    while done < rows:
        block, done = await to_thread.run_sync(_batch, shared, dataset_id, done, min(BATCH, rows - done))
        yield block


def _batch(shared: Resources, dataset_id: str, after: int, limit: int) -> tuple[bytes, int]:
    """The lines after an ordinal, and the last one's ordinal."""
    with shared.database.begin() as session:
        found = datasets.problems(session, dataset_id, limit=limit, after=after)
    lines = (
        export_line(Problem.model_validate(row.record), row.evidence, row.ordinal, row.content_digest)
        for row in found
    )
    return b"".join(lines), found[-1].ordinal
