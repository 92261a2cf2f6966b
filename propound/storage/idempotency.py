"""`Idempotency-Key`: a repeated request gets the first one's response, for 24 hours.

The row is made in the transaction of the work itself: a second request with the key waits for the first,
and one that fails leaves nothing behind, so validation failures are not kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from propound.errors import PropoundError
from propound.storage.tables import IdempotencyKey

KEPT_FOR = timedelta(hours=24)


class IdempotencyConflictError(PropoundError):
    """The key was used for another request."""


@dataclass(frozen=True)
class Replay:
    """The first request's response."""

    status: int
    response: dict[str, Any]


def begin(
    session: Session, *, tenant: str, key: str, method: str, path: str, body_digest: str
) -> Replay | None:
    """Reserve the key for this request (None), or give the response that it already had.

    Raises:
        IdempotencyConflictError: the key belongs to a request with another method, path or body.
    """
    mine = (IdempotencyKey.tenant == tenant, IdempotencyKey.key == key)
    session.execute(delete(IdempotencyKey).where(*mine, IdempotencyKey.created_at < func.now() - KEPT_FOR))
    made = session.scalar(
        insert(IdempotencyKey)
        .values(tenant=tenant, key=key, method=method, path=path, body_digest=body_digest)
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.key)
    )
    if made is not None:
        return None
    first = session.scalars(select(IdempotencyKey).where(*mine)).one()
    if (first.method, first.path, first.body_digest) != (method, path, body_digest):
        raise IdempotencyConflictError("this Idempotency-Key was used for another request; send a new one")
    if first.status is None or first.response is None:
        raise IdempotencyConflictError("the first request with this Idempotency-Key left no response")
    return Replay(first.status, first.response)


def finish(session: Session, *, tenant: str, key: str, status: int, response: dict[str, Any]) -> None:
    """Keep the response; call it in the transaction that `begin` was called in."""
    session.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.tenant == tenant, IdempotencyKey.key == key)
        .values(status=status, response=response)
        .execution_options(synchronize_session=False)
    )


def drop_old(session: Session) -> None:
    """Forget what is older than 24 hours."""
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < func.now() - KEPT_FOR))
