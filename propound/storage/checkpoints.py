"""Checkpoints that are kept, and which of them is live: the newest promotion says so, and a rollback goes back one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from propound.errors import PropoundError
from propound.storage.tables import CheckpointState, Promotion, StoredCheckpoint

_LOCK = 7_326_003
_LONGEST_LINEAGE = 10_000


class CheckpointUnknownError(PropoundError):
    """No checkpoint of that version is kept."""


class NothingBeforeError(PropoundError):
    """Nothing was live before: there is no way back."""


class LiveChangedError(PropoundError):
    """Another checkpoint became live in the meantime."""


def keep(
    session: Session,
    *,
    version: str,
    name: str,
    folder: str,
    parent_version: str | None,
    training_id: str | None,
    figures: Mapping[str, Any],
) -> StoredCheckpoint:
    """Register a checkpoint whose folder is in place; one that is there already stays as it is."""
    session.execute(
        insert(StoredCheckpoint)
        .values(
            version=version,
            name=name,
            folder=folder,
            parent_version=parent_version,
            training_id=training_id,
            state=CheckpointState.CANDIDATE,
            figures=dict(figures),
        )
        .on_conflict_do_nothing()
    )
    return session.scalars(select(StoredCheckpoint).where(StoredCheckpoint.version == version)).one()


def get(session: Session, version: str) -> StoredCheckpoint | None:
    """The checkpoint, or None."""
    return session.scalar(select(StoredCheckpoint).where(StoredCheckpoint.version == version))


def page(
    session: Session, *, limit: int, before: tuple[datetime, str] | None = None
) -> list[StoredCheckpoint]:
    """Checkpoints, newest first; those before (created_at, version)."""
    place = tuple_(StoredCheckpoint.created_at, StoredCheckpoint.version)
    order = (StoredCheckpoint.created_at.desc(), StoredCheckpoint.version.desc())
    query = select(StoredCheckpoint).order_by(*order).limit(limit)
    if before is not None:
        query = query.where(place < tuple_(*before))
    return list(session.scalars(query))


def lineage(session: Session, version: str) -> Iterator[str]:
    """The versions that a checkpoint descends from, its parent first; it ends with one that was not trained here."""
    known = {version}
    for _ in range(_LONGEST_LINEAGE):
        query = select(StoredCheckpoint.parent_version).where(StoredCheckpoint.version == version)
        parent = session.scalar(query)
        if parent is None or parent in known:
            return
        yield parent
        known.add(parent)
        version = parent


def refuse(session: Session, version: str) -> None:
    """Note that the gate did not let a checkpoint pass; one that was live before stays what it is."""
    checkpoint = _lock(session, version)
    if checkpoint.state is CheckpointState.CANDIDATE:
        checkpoint.state = CheckpointState.REFUSED


def live(session: Session) -> Promotion | None:
    """The newest promotion; None where nothing was ever promoted, and the bundled default is live."""
    return session.scalar(select(Promotion).order_by(Promotion.id.desc()).limit(1))


def live_version(session: Session) -> str | None:
    """The version that is live; None: the bundled default."""
    promotion = live(session)
    return None if promotion is None else promotion.version


def promotions(session: Session, *, limit: int, before: int | None = None) -> list[Promotion]:
    """What became live, newest first; those with a smaller id than `before`."""
    query = select(Promotion).order_by(Promotion.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Promotion.id < before)
    return list(session.scalars(query))


def promote(session: Session, version: str, *, by: str, reason: str) -> Promotion:
    """Make a checkpoint live; the one that is live already stays so, without another row.

    Raises:
        CheckpointUnknownError: it is not kept.
    """
    _one_at_a_time(session)
    checkpoint = _lock(session, version)
    before = live(session)
    if before is not None and before.version == version:
        return before
    checkpoint.state = CheckpointState.PROMOTED
    return _add(session, version, None if before is None else before.id, by, reason)


def promote_over(session: Session, version: str, over: str | None, *, by: str, reason: str) -> Promotion:
    """The same for a gate: only where what it compared with is still live.

    Raises:
        CheckpointUnknownError: it is not kept.
        LiveChangedError: it is not.
    """
    _one_at_a_time(session)
    if live_version(session) != over:
        raise LiveChangedError("another checkpoint became live while this one was compared")
    return promote(session, version, by=by, reason=reason)


def rollback(session: Session, *, by: str, reason: str) -> Promotion:
    """Make live what was live before the present one; again, and it goes back further.

    Raises:
        NothingBeforeError: nothing was ever promoted, or everything is rolled back.
    """
    _one_at_a_time(session)
    present = live(session)
    if present is None or present.version is None:
        raise NothingBeforeError("the bundled default is live; nothing was live before it")
    before = session.get(Promotion, present.previous_id) if present.previous_id is not None else None
    if before is None:
        return _add(session, None, None, by, reason)
    return _add(session, before.version, before.previous_id, by, reason)


def _add(session: Session, version: str | None, previous_id: int | None, by: str, reason: str) -> Promotion:
    promotion = Promotion(version=version, previous_id=previous_id, by=by, reason=reason)
    session.add(promotion)
    session.flush()
    session.refresh(promotion)
    return promotion


def _lock(session: Session, version: str) -> StoredCheckpoint:
    query = select(StoredCheckpoint).where(StoredCheckpoint.version == version)
    checkpoint = session.scalar(query.with_for_update(key_share=True))
    if checkpoint is None:
        raise CheckpointUnknownError(f"no checkpoint {version} is kept")
    return checkpoint


def _one_at_a_time(session: Session) -> None:
    session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
