"""Training runs: claimed with a lease as shards are, noted step by step, changed under the lock of their row."""

from __future__ import annotations

import math
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from propound.promotion import Comparison
from propound.storage.ids import Prefix, new_id
from propound.storage.tables import Training, TrainingEvent, TrainingEventKind, TrainingGroup, TrainingMetrics
from propound.training import TrainingRequest, TrainingState

OPEN = (TrainingState.QUEUED, TrainingState.RUNNING, TrainingState.CANCELLING)
"""The states that are not final."""

MAX_ATTEMPTS = 3
"""Claims of a run without one noted step in between; then it fails instead of being tried for ever."""

_WORKING = (TrainingState.QUEUED, TrainingState.RUNNING)


@dataclass(frozen=True)
class TrainingLease:
    """A claimed run: everything that is needed to work on it."""

    training_id: str
    holder: str
    """The trainer and a random part: a later claim of the same run has another holder."""
    request: TrainingRequest
    base_version: str | None
    """The checkpoint that an earlier trainer began with."""
    prober: str | None
    """What measured the problems of that trainer."""
    duration: timedelta
    attempt: int


def create(session: Session, request: TrainingRequest, *, schedule_id: str | None = None) -> Training:
    """A queued run; publish wake-ups after the commit."""
    training = Training(
        id=new_id(Prefix.TRAINING),
        state=TrainingState.QUEUED,
        request=request.model_dump(mode="json"),
        schedule_id=schedule_id,
    )
    session.add(training)
    session.flush()
    _append_state(session, training)
    session.flush()
    session.refresh(training)
    return training


def get(session: Session, training_id: str) -> Training | None:
    """The run, or None."""
    return session.scalar(select(Training).where(Training.id == training_id))


def state(session: Session, training_id: str) -> TrainingState:
    """Where a run that exists stands, read afresh."""
    return session.scalars(select(Training.state).where(Training.id == training_id)).one()


def page(
    session: Session, *, limit: int, before: str | None = None, state: TrainingState | None = None
) -> list[Training]:
    """Runs, newest first; those with a smaller id than `before`."""
    query = select(Training).order_by(Training.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Training.id < before)
    if state is not None:
        query = query.where(Training.state == state)
    return list(session.scalars(query))


def metrics(session: Session, training_id: str, *, limit: int, after: int = 0) -> list[TrainingMetrics]:
    """The figures of the run's steps, in order; those with a larger number than `after`."""
    query = select(TrainingMetrics).where(
        TrainingMetrics.training_id == training_id, TrainingMetrics.step > after
    )
    return list(session.scalars(query.order_by(TrainingMetrics.step).limit(limit)))


def events(
    session: Session, training_id: str, after: int, *, limit: int = 500, kind: TrainingEventKind | None = None
) -> list[TrainingEvent]:
    """The run's events with a larger id than `after`, oldest first."""
    query = select(TrainingEvent).where(TrainingEvent.training_id == training_id, TrainingEvent.id > after)
    if kind is not None:
        query = query.where(TrainingEvent.kind == kind)
    return list(session.scalars(query.order_by(TrainingEvent.id).limit(limit)))


def lock(session: Session, training_id: str, *, skip_locked: bool = False) -> Training | None:
    """The run's row as it is now, locked until the transaction ends.

    None where there is no such run, or where another has it and `skip_locked` is set.
    """
    query = select(Training).where(Training.id == training_id).execution_options(populate_existing=True)
    return session.scalar(query.with_for_update(key_share=True, skip_locked=skip_locked))


def cancel(session: Session, training_id: str) -> Training | None:
    """Stop a run; None where there is none. One that is over, or about to be, stays as it is."""
    training = lock(session, training_id)
    if training is not None and training.state in _WORKING:
        held = session.scalar(select(_is_leased(training_id)))
        state = TrainingState.CANCELLING if held else TrainingState.CANCELLED
        _move(session, training, state, stop_reason="cancelled on request")
    return training


def claimable() -> ColumnElement[bool]:
    """Runs that wait for a trainer: new, given back, or their lease has expired."""
    return and_(
        Training.state.in_(_WORKING),
        Training.lease_until <= func.clock_timestamp(),
        Training.attempts < MAX_ATTEMPTS,
    )


def waiting(session: Session) -> int:
    """How many runs could be claimed now."""
    return session.scalars(select(func.count()).select_from(Training).where(claimable())).one()


def claim(session: Session, trainer: str, duration: timedelta) -> TrainingLease | None:
    """Claim the run that was asked for first; None where there is none to do."""
    training = session.scalar(
        select(Training)
        .where(claimable())
        .order_by(Training.id)
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    )
    if training is None:
        return None
    training.trainer = f"{trainer}/{secrets.token_hex(4)}"
    training.lease_until = session.scalars(select(func.clock_timestamp() + duration)).one()
    training.attempts += 1
    if training.state is TrainingState.QUEUED:
        _move(session, training, TrainingState.RUNNING)
    return TrainingLease(
        training_id=training.id,
        holder=training.trainer,
        request=TrainingRequest.model_validate(training.request),
        base_version=training.base_version,
        prober=training.prober,
        duration=duration,
        attempt=training.attempts,
    )


def hold(session: Session, lease: TrainingLease, **noted: Any) -> TrainingState | None:
    """Extend the lease, and note more of the run; its state, or None where it is another's by now."""
    return session.scalar(
        update(Training)
        .where(_held(lease))
        .values(lease_until=func.clock_timestamp() + lease.duration, **noted)
        .returning(Training.state)
        .execution_options(synchronize_session=False)
    )


def note_base(session: Session, lease: TrainingLease, version: str, prober: str | None = None) -> None:
    """Keep the version that the run begins with, and that of the prober which measures."""
    hold(session, lease, base_version=version, prober=prober)


def wait(session: Session, lease: TrainingLease, waiting_for: str | None) -> None:
    """Keep what the run waits for, with None that it goes on, and tell of it where that is news."""
    training = _lock_held(session, lease)
    if training is None or training.waiting_for == waiting_for:
        return
    training.waiting_for = waiting_for
    session.flush()
    text = "goes on" if waiting_for is None else f"waits for: {waiting_for}"
    say(session, lease.training_id, text, "info" if waiting_for is None else "warning")


def note_step(session: Session, lease: TrainingLease, step: int, figures: Mapping[str, Any]) -> bool:
    """Keep one step's figures; whether the lease still holds.

    A step that is done again, because its trainer was killed before its weights were on disk, replaces its figures.
    """
    if hold(session, lease, steps=step, attempts=0) is None:
        return False
    finite = _finite(dict(figures))
    statement = insert(TrainingMetrics).values(training_id=lease.training_id, step=step, figures=finite)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["training_id", "step"],
            set_={"figures": statement.excluded.figures, "created_at": func.clock_timestamp()},
        )
    )
    _append(session, lease.training_id, TrainingEventKind.METRICS, {"step": step, "figures": finite})
    return True


def say(session: Session, training_id: str, text: str, level: str = "info") -> None:
    """Add a line to the run's log."""
    _append(session, training_id, TrainingEventKind.LOG, {"level": level, "text": text[:4_000]})


def finish(
    session: Session,
    lease: TrainingLease,
    *,
    stop_reason: str,
    checkpoint_version: str | None,
    comparison: Comparison | None,
) -> TrainingState | None:
    """End a run whose checkpoint is kept: how, or None where the lease is another's by now.

    A run that was to be cancelled ends as cancelled.
    """
    training = _lock_held(session, lease)
    if training is None:
        return None
    training.checkpoint_version = checkpoint_version
    training.comparison = None if comparison is None else comparison.model_dump(mode="json")
    cancelled = training.state is TrainingState.CANCELLING
    final = TrainingState.CANCELLED if cancelled else TrainingState.SUCCEEDED
    _move(session, training, final, stop_reason=None if cancelled else stop_reason)
    return final


def fail(session: Session, lease: TrainingLease, error: str) -> None:
    """End a run that no other attempt could do better."""
    training = _lock_held(session, lease)
    if training is not None:
        training.error = error[:2_000]
        _move(session, training, TrainingState.FAILED, stop_reason="failed")


def give_back(
    session: Session,
    lease: TrainingLease,
    *,
    error: str | None = None,
    waiting_for: str | None = None,
    delay: timedelta = timedelta(0),
) -> None:
    """Let go of a run before its end: another trainer goes on where its last state on disk is.

    Nobody does before `delay` has passed. Without an error it does not count as an attempt; with one the run fails
    after the last attempt. `waiting_for` says what it waits for meanwhile.
    """
    training = _lock_held(session, lease)
    if training is None:
        return
    training.trainer = None
    if waiting_for is not None and training.waiting_for != waiting_for:
        say(session, training.id, f"waits for: {waiting_for}", "warning")
    training.waiting_for = waiting_for
    training.lease_until = session.scalars(select(func.clock_timestamp() + delay)).one()
    if error is None:
        training.attempts = max(0, training.attempts - 1)
    else:
        training.error = error[:2_000]
        say(session, training.id, f"attempt {training.attempts} failed: {error}", "error")
    session.flush()
    _end_if_over(session, training)


def holders(session: Session) -> list[str]:
    """Who holds a run now."""
    query = select(Training.trainer).where(Training.state.in_(OPEN), Training.trainer.is_not(None))
    return [holder for holder in session.scalars(query) if holder is not None]


def release(session: Session, dead: Collection[str]) -> list[str]:
    """End the leases of holders that are known to be dead, as if their time were over; the runs' ids.

    It stays an attempt: a run that kills its trainers must come to an end.
    """
    statement = (
        update(Training)
        .where(Training.trainer.in_(dead), Training.state.in_(OPEN))
        .values(trainer=None, lease_until=func.clock_timestamp())
        .returning(Training.id)
        .execution_options(synchronize_session=False)
    )
    released = list(session.scalars(statement).all()) if dead else []
    for training_id in released:
        say(session, training_id, "the trainer's process died; another one goes on", "warning")
    return released


def end_lost(session: Session) -> list[str]:
    """End runs whose trainers are gone: those that were to be cancelled, and those tried too often; their ids."""
    expired = Training.lease_until <= func.clock_timestamp()
    over = or_(Training.state == TrainingState.CANCELLING, Training.attempts >= MAX_ATTEMPTS)
    found = session.scalars(select(Training.id).where(Training.state.in_(OPEN), expired, over)).all()
    ended = []
    for training_id in found:
        training = lock(session, training_id, skip_locked=True)
        if training is not None and not session.scalar(select(_is_leased(training_id))):
            _end_if_over(session, training)
            ended.append(training_id)
    return ended


def _end_if_over(session: Session, training: Training) -> None:
    """For a locked run that nobody holds."""
    if training.state is TrainingState.CANCELLING:
        _move(session, training, TrainingState.CANCELLED)
    elif training.state in _WORKING and training.attempts >= MAX_ATTEMPTS:
        why = training.error or "its trainer ended without a word"
        training.error = f"tried {training.attempts} times in vain: {why}"
        _move(session, training, TrainingState.FAILED, stop_reason="failed")


def _move(
    session: Session, training: Training, state: TrainingState, *, stop_reason: str | None = None
) -> None:
    """Bring a locked run to a state: timestamp, reason and event."""
    training.state = state
    training.stop_reason = stop_reason or training.stop_reason
    if state.is_final:
        training.trainer = None
        training.waiting_for = None
    if state is TrainingState.FAILED:
        _release(session, training.id)
    setattr(training, f"{state.value}_at", session.scalar(select(func.clock_timestamp())))
    _append_state(session, training)


def _release(session: Session, training_id: str) -> None:
    """Let other runs have the groups of one from which no checkpoint came."""
    session.execute(
        delete(TrainingGroup)
        .where(TrainingGroup.training_id == training_id)
        .execution_options(synchronize_session=False)
    )


def _append_state(session: Session, training: Training) -> None:
    data = {"state": training.state.value, "stop_reason": training.stop_reason, "error": training.error}
    _append(session, training.id, TrainingEventKind.STATE, data)


def _append(session: Session, training_id: str, kind: TrainingEventKind, data: dict[str, Any]) -> None:
    session.add(TrainingEvent(training_id=training_id, kind=kind, data=data))
    session.flush()


def _finite(value: Any) -> Any:
    """JSON has no number for what diverged: it becomes null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(each) for key, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, list | tuple) else value


def _held(lease: TrainingLease) -> ColumnElement[bool]:
    return and_(Training.id == lease.training_id, Training.trainer == lease.holder, Training.state.in_(OPEN))


def _is_leased(training_id: str) -> ColumnElement[bool]:
    live = and_(Training.trainer.is_not(None), Training.lease_until > func.clock_timestamp())
    return select(func.count()).where(Training.id == training_id, live).scalar_subquery() > 0


def _lock_held(session: Session, lease: TrainingLease) -> Training | None:
    """The locked run if the lease still holds."""
    training = lock(session, lease.training_id)
    if training is None or training.trainer != lease.holder or training.state not in OPEN:
        return None
    return training
