"""What happened to a job, appended under the job's lock: ids of one job rise in the order of its commits."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from propound.storage.tables import EventKind, Job, JobEvent


def append_state(session: Session, job: Job) -> None:
    """Note that the job has come to its present state."""
    data: dict[str, Any] = {
        "state": job.state.value,
        "stop_reason": job.stop_reason,
        "error": job.error,
        "waiting_for": job.waiting_for,
    }
    session.add(JobEvent(job_id=job.id, kind=EventKind.STATE, data=data))


def append_progress(session: Session, job: Job) -> None:
    """Note the job's present funnel."""
    data = {"state": job.state.value, "count": job.count, **funnel(job)}
    session.add(JobEvent(job_id=job.id, kind=EventKind.PROGRESS, data=data))


def funnel(job: Job) -> dict[str, Any]:
    """The counters: proposed = pending + accepted + surplus + rejected, and rejected by reason."""
    return {
        "proposed": job.proposed,
        "pending": job.pending,
        "accepted": job.accepted,
        "surplus": job.surplus,
        "rejected": job.rejected,
        "rejections": dict(sorted(job.rejections.items())),
    }


def after(session: Session, job_id: str, last_id: int, *, limit: int = 500) -> list[JobEvent]:
    """The job's events with a larger id than `last_id`, oldest first."""
    query = select(JobEvent).where(JobEvent.job_id == job_id, JobEvent.id > last_id)
    return list(session.scalars(query.order_by(JobEvent.id).limit(limit)))


def last_id(session: Session, job_id: str) -> int:
    """The id of the job's newest event; 0 where there is none."""
    return session.scalar(select(func.max(JobEvent.id)).where(JobEvent.job_id == job_id)) or 0
