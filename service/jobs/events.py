"""The stream of a job's events: read from PostgreSQL, woken by Redis, resumable from any event id.

While nothing happens a stream holds no database connection and no thread.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Sequence
from typing import Any, NamedTuple

from anyio import to_thread

from propound.job import JobState
from propound.storage import events, jobs
from service import sse
from service.resources import Resources

BATCH = 500
"""Events read at once."""


class Pace(NamedTuple):
    """The rhythm of a stream, in seconds."""

    retry: float = 2.0
    """What a client is told to wait before it connects again."""
    poll: float = 2.0
    """How often a stream looks without being woken."""
    heartbeat: float = 15.0
    longest: float = 3600.0
    """A stream ends after this long; the client resumes, and its key is checked anew."""


USUAL_PACE = Pace()


class Event(NamedTuple):
    """One row of `job_events`."""

    id: int
    kind: str
    data: dict[str, Any]


def read(shared: Resources, job_id: str, after: int) -> tuple[Sequence[Event], JobState]:
    """The next events of a job, and its state just before: a final one means that these are the last."""
    with shared.database.begin() as session:
        state = jobs.state(session, job_id)
        rows = events.after(session, job_id, after, limit=BATCH)
        return [Event(row.id, row.kind.value, row.data) for row in rows], state


async def stream(
    shared: Resources, job_id: str, after: int, pace: Pace = USUAL_PACE
) -> AsyncGenerator[bytes, None]:
    """Frames until the job is final and told to the end, the server stops, or the stream is old."""
    yield sse.opening(pace.retry)
    began = spoke = time.monotonic()
    with shared.wakeups.watch(job_id) as watch:
        while not shared.wakeups.stopping and time.monotonic() - began < pace.longest:
            found, state = await to_thread.run_sync(read, shared, job_id, after)
            for event in found:
                yield sse.frame(event.id, event.kind, event.data)
                after = event.id
            if found:
                spoke = time.monotonic()
                continue
            if state.is_final:
                return
            if time.monotonic() - spoke >= pace.heartbeat:
                yield sse.HEARTBEAT
                spoke = time.monotonic()
            await watch.wait(pace.poll)
