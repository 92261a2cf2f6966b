"""The stream of a job's events."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from propound.storage import events, jobs
from service import stream as streams
from service.resources import Resources
from service.stream import BATCH, USUAL_PACE, Event, Pace


def read(shared: Resources, job_id: str, after: int) -> tuple[Sequence[Event], bool]:
    """The next events of a job, and whether it was final just before: then these are the last."""
    with shared.database.begin() as session:
        state = jobs.state(session, job_id)
        rows = events.after(session, job_id, after, limit=BATCH)
        return [Event(row.id, row.kind.value, row.data) for row in rows], state.is_final


def stream(
    shared: Resources, job_id: str, after: int, pace: Pace = USUAL_PACE
) -> AsyncGenerator[bytes, None]:
    """Frames until the job is final and told to the end, the server stops, or the stream is old."""
    return streams.stream(shared, job_id, after, read, pace)
