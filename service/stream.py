"""Streams of events: read from PostgreSQL, woken by Redis, resumable from any event id.

While nothing happens a stream holds no database connection and no thread.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Annotated, Any, NamedTuple

from anyio import to_thread
from fastapi import Header
from fastapi.responses import StreamingResponse

from service import sse
from service.errors import Responses
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

LastEventId = Annotated[
    int | None,
    Header(
        alias="Last-Event-ID",
        ge=0,
        lt=2**63,
        description="Go on after this event; browsers send it themselves.",
    ),
]


class Event(NamedTuple):
    """One thing that happened."""

    id: int
    kind: str
    data: dict[str, Any]


Read = Callable[[Resources, str, int], tuple[Sequence[Event], bool]]
"""The next events of what has that id, after an event id, and whether they are the last."""


async def stream(
    shared: Resources, of: str, after: int, read: Read, pace: Pace = USUAL_PACE
) -> AsyncGenerator[bytes, None]:
    """Frames until all is told, the server stops, or the stream is old."""
    yield sse.opening(pace.retry)
    began = spoke = time.monotonic()
    with shared.wakeups.watch(of) as watch:
        while not shared.wakeups.stopping and time.monotonic() - began < pace.longest:
            found, over = await to_thread.run_sync(read, shared, of, after)
            for event in found:
                yield sse.frame(event.id, event.kind, event.data)
                after = event.id
            if found:
                spoke = time.monotonic()
                continue
            if over:
                return
            if time.monotonic() - spoke >= pace.heartbeat:
                yield sse.HEARTBEAT
                spoke = time.monotonic()
            await watch.wait(pace.poll)


def respond(frames: AsyncGenerator[bytes, None]) -> StreamingResponse:
    """The frames as a response that no proxy keeps."""
    return StreamingResponse(
        frames,
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def documented_stream(what: str, kinds: str) -> Responses:
    """The documented answers of an operation that follows `what`; `kinds` names the kinds of its events."""
    return {
        200: {
            "description": f"Server-sent events of the kinds {kinds}, each with an `id`, with a heartbeat comment "
            f"when nothing happens; the stream ends when the {what} has.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        204: {"description": f"The {what} has ended, and `Last-Event-ID` was its last event."},
    }
