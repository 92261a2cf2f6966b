"""Schedules: when training runs begin by themselves. Whoever looks after trainers asks what is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from propound.schedule import ScheduleRequest, next_time
from propound.storage import groups, trainings
from propound.storage.ids import Prefix, new_id
from propound.storage.tables import Schedule, Training
from propound.training import TrainingRequest


def create(session: Session, wanted: ScheduleRequest) -> Schedule:
    """A schedule; a cron expression counts from now on."""
    schedule = Schedule(
        id=new_id(Prefix.SCHEDULE),
        name=wanted.name,
        cron=wanted.cron,
        every_groups=wanted.every_groups,
        training=wanted.training.model_dump(mode="json"),
        next_at=None if wanted.cron is None else next_time(wanted.cron, _now(session)),
    )
    session.add(schedule)
    session.flush()
    session.refresh(schedule)
    return schedule


def get(session: Session, schedule_id: str) -> Schedule | None:
    """The schedule, or None."""
    return session.scalar(select(Schedule).where(Schedule.id == schedule_id))


def page(session: Session, *, limit: int, before: str | None = None) -> list[Schedule]:
    """Schedules, newest first; those with a smaller id than `before`."""
    query = select(Schedule).order_by(Schedule.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Schedule.id < before)
    return list(session.scalars(query))


def delete(session: Session, schedule_id: str) -> bool:
    """Forget a schedule; whether it was there. The runs that it began go on."""
    schedule = session.scalar(select(Schedule).where(Schedule.id == schedule_id).with_for_update())
    if schedule is None:
        return False
    session.delete(schedule)
    return True


def begin_due(session: Session, live_versions: Sequence[str]) -> list[Training]:
    """Queue the runs that are due now.

    A schedule has one run at a time: while its last one is not over, another that falls due is left out. What fell due
    several times while nobody looked is begun once. Many may call this at the same time.

    Args:
        session: one transaction.
        live_versions: the versions whose groups `every_groups` counts.
    """
    now = _now(session)
    due = session.scalars(
        select(Schedule)
        .where(or_(Schedule.next_at <= now, Schedule.every_groups.is_not(None)))
        .order_by(Schedule.id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    begun = []
    for schedule in due:
        if schedule.cron is not None:
            schedule.next_at = next_time(schedule.cron, now)
        if _is_busy(session, schedule) or not _has_enough(session, schedule, live_versions):
            continue
        request = TrainingRequest.model_validate(schedule.training)
        training = trainings.create(session, request, schedule_id=schedule.id)
        schedule.last_training_id = training.id
        begun.append(training)
    session.flush()
    return begun


def _is_busy(session: Session, schedule: Schedule) -> bool:
    last = None if schedule.last_training_id is None else trainings.get(session, schedule.last_training_id)
    return last is not None and not last.state.is_final


def _has_enough(session: Session, schedule: Schedule, live_versions: Sequence[str]) -> bool:
    if schedule.every_groups is None:
        return True
    wanted = schedule.every_groups
    return groups.count_fresh(session, live_versions, most=wanted) >= wanted


def _now(session: Session) -> datetime:
    """The server's clock, which all trainers share."""
    now: datetime = session.scalars(select(func.clock_timestamp())).one()
    return now.astimezone(UTC)
