"""Verifications of rows that somebody brought: kept, claimed row by row with leases, and counted with every result."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Update, and_, func, insert, select, update
from sqlalchemy.orm import Session

from propound.solving.asking import Asking
from propound.storage.ids import Prefix, new_id
from propound.storage.tables import StoredVerification, VerificationRow, VerificationState
from propound.verification.open.row import Row
from propound.verification.open.rows import Result, unread

MAX_ATTEMPTS = 3
"""Of a row whose verification fails for a reason of ours; then its result says so."""
_OPEN = StoredVerification.state != VerificationState.SUCCEEDED
_TO_DO = VerificationRow.result.is_(None)


@dataclass(frozen=True)
class Lease:
    """A claimed row."""

    verification_id: str
    index: int
    holder: str
    row: Row
    asking: Asking
    attempt: int
    duration: timedelta


def create(
    session: Session, *, tenant: str, asking: Asking, rows: Sequence[Row | Result]
) -> StoredVerification:
    """Keep a request; what could not be read comes with its result."""
    results = [each for each in rows if isinstance(each, Result)]
    is_over = len(results) == len(rows)
    made = StoredVerification(
        id=new_id(Prefix.VERIFICATION),
        tenant=tenant,
        state=VerificationState.SUCCEEDED if is_over else VerificationState.QUEUED,
        well_posed=asking.value,
        count=len(rows),
        done=len(results),
        verdicts={"unknown": len(results)} if results else {},
        finished_at=func.now() if is_over else None,
    )
    session.add(made)
    session.flush()
    values = [
        {
            "verification_id": made.id,
            "index": index,
            "row": each.model_dump(mode="json") if isinstance(each, Row) else None,
            "result": _written(each) if isinstance(each, Result) else None,
            "attempts": 0,
        }
        for index, each in enumerate(rows, 1)
    ]
    session.execute(insert(VerificationRow), values)
    session.refresh(made)
    return made


def get(session: Session, tenant: str, verification_id: str) -> StoredVerification | None:
    """The tenant's verification of that id."""
    mine = (StoredVerification.tenant == tenant, StoredVerification.id == verification_id)
    return session.scalar(select(StoredVerification).where(*mine))


def results(
    session: Session, verification_id: str, *, after: int, limit: int
) -> list[tuple[int, dict[str, Any]]]:
    """The results of rows behind `after`, with their places; rows without one are left out."""
    query = (
        select(VerificationRow.index, VerificationRow.result)
        .where(VerificationRow.verification_id == verification_id, VerificationRow.index > after, ~_TO_DO)
        .order_by(VerificationRow.index)
        .limit(limit)
    )
    return [(index, result) for index, result in session.execute(query) if result is not None]


def is_waiting(session: Session) -> bool:
    """Whether there is a row to claim."""
    return session.scalar(select(VerificationRow.index).where(_claimable()).limit(1)) is not None


def claim(session: Session, worker: str, duration: timedelta, limit: int) -> list[Lease]:
    """Claim up to `limit` rows, all of the verification that waited longest; none where there is nothing to do."""
    turns = select(StoredVerification).where(_OPEN)
    turns = turns.where(select(VerificationRow.index).where(_of(StoredVerification), _claimable()).exists())
    for found in session.scalars(
        turns.order_by(StoredVerification.last_served_at, StoredVerification.id)
    ).all():
        query = (
            select(VerificationRow)
            .where(VerificationRow.verification_id == found.id, _claimable())
            .order_by(VerificationRow.index)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = session.scalars(query).all()
        if not rows:
            continue
        now = session.scalars(select(func.clock_timestamp())).one()
        holder = f"{worker}/{secrets.token_hex(4)}"
        for row in rows:
            row.holder, row.lease_until, row.attempts = holder, now + duration, row.attempts + 1
        session.flush()
        session.execute(
            update(StoredVerification)
            .where(StoredVerification.id == found.id, _OPEN)
            .values(last_served_at=now, state=VerificationState.RUNNING)
            .execution_options(synchronize_session=False)
        )
        return [
            Lease(
                verification_id=found.id,
                index=row.index,
                holder=holder,
                row=Row.model_validate(row.row),
                asking=Asking(found.well_posed),
                attempt=row.attempts,
                duration=duration,
            )
            for row in rows
        ]
    return []


def hold(session: Session, lease: Lease) -> bool:
    """Renew the lease of a row; False where it is another's by now."""
    until = func.clock_timestamp() + lease.duration
    return _changed(session, update(VerificationRow).where(_held(lease)).values(lease_until=until)) == 1


def finish(session: Session, lease: Lease, result: Result) -> bool:
    """Keep a row's result and count it; False, and nothing is kept, where it is another's by now."""
    values = {"result": _written(result), "holder": None, "error": None}
    if not _changed(session, update(VerificationRow).where(_held(lease)).values(values)):
        return False
    _count(session, lease.verification_id, result)
    return True


def give_back(
    session: Session, lease: Lease, *, delay: timedelta = timedelta(), error: str | None = None
) -> None:
    """Let a row go; with an error it was an attempt, and after `MAX_ATTEMPTS` of them that is its result."""
    if error is not None and lease.attempt >= MAX_ATTEMPTS:
        why = f"given up after {lease.attempt} attempts: {error}"
        finish(session, lease, unread(lease.row.id, lease.index, why))
        return
    values: dict[str, Any] = {"holder": None, "lease_until": func.clock_timestamp() + delay}
    values |= {"attempts": VerificationRow.attempts - 1} if error is None else {"error": error}
    statement = update(VerificationRow).where(_held(lease)).values(values)
    session.execute(statement.execution_options(synchronize_session=False))


def wait(session: Session, verification_id: str, service: str) -> None:
    """Say what its rows wait for."""
    statement = update(StoredVerification).where(StoredVerification.id == verification_id, _OPEN)
    session.execute(statement.values(waiting_for=service).execution_options(synchronize_session=False))


def holders(session: Session) -> list[str]:
    """Who holds a row now."""
    query = select(VerificationRow.holder).where(_TO_DO, VerificationRow.holder.is_not(None)).distinct()
    return [holder for holder in session.scalars(query) if holder is not None]


def release(session: Session, dead: Collection[str]) -> int:
    """End the leases of holders that are known to be dead; it stays an attempt. How many rows those were."""
    if not dead:
        return 0
    values = {"holder": None, "lease_until": func.now(), "error": "its worker's process died"}
    held = (_TO_DO, VerificationRow.holder.in_(dead))
    return _changed(session, update(VerificationRow).where(*held).values(values))


def sweep(session: Session) -> int:
    """Give up rows that killed their workers again and again; how many rows can be claimed now."""
    for verification_id, row in _given_up(session):
        why = f"given up after {row.attempts} attempts: {row.error or 'its worker did not come back'}"
        read = Row.model_validate(row.row)
        result = unread(read.id, row.index, why)
        row.result, row.holder = _written(result), None
        session.flush()
        _count(session, verification_id, result)
    query = select(func.count()).select_from(VerificationRow).where(_claimable())
    return session.scalars(query).one()


def _given_up(session: Session) -> Iterator[tuple[str, VerificationRow]]:
    lost = and_(_TO_DO, VerificationRow.attempts >= MAX_ATTEMPTS, VerificationRow.lease_until <= func.now())
    for row in session.scalars(select(VerificationRow).where(lost).with_for_update(skip_locked=True)).all():
        yield row.verification_id, row


def _count(session: Session, verification_id: str, result: Result) -> None:
    """One more is done; the last one ends it."""
    found = session.scalars(
        select(StoredVerification)
        .where(StoredVerification.id == verification_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    verdict = result.verdict.value
    found.verdicts = {**found.verdicts, verdict: found.verdicts.get(verdict, 0) + 1}
    found.done += 1
    found.waiting_for = None
    if found.done == found.count:
        found.state = VerificationState.SUCCEEDED
        found.finished_at = session.scalars(select(func.clock_timestamp())).one()
    session.flush()


def _changed(session: Session, statement: Update) -> int:
    """How many rows a statement changed."""
    told = statement.returning(VerificationRow.index).execution_options(synchronize_session=False)
    return len(session.scalars(told).all())


def _written(result: Result) -> dict[str, Any]:
    return result.model_dump(mode="json", exclude_none=True)


def _of(verification: type[StoredVerification]) -> ColumnElement[bool]:
    return VerificationRow.verification_id == verification.id


def _claimable() -> ColumnElement[bool]:
    return and_(_TO_DO, VerificationRow.lease_until <= func.now(), VerificationRow.attempts < MAX_ATTEMPTS)


def _held(lease: Lease) -> ColumnElement[bool]:
    return and_(
        VerificationRow.verification_id == lease.verification_id,
        VerificationRow.index == lease.index,
        VerificationRow.holder == lease.holder,
        _TO_DO,
    )
