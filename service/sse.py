"""Server-sent events: the frames on the wire."""

from __future__ import annotations

import json
from typing import Any

HEARTBEAT = b": heartbeat\n\n"
"""A comment that keeps proxies and clients from giving up on a quiet stream."""


def opening(retry_seconds: float) -> bytes:
    """The first frame: how long a client waits before it connects again."""
    return f"retry: {round(retry_seconds * 1000)}\n\n".encode("ascii")


def frame(event_id: int, kind: str, data: Any) -> bytes:
    """One event. The data is one line of ASCII JSON, so no text in it can break the frame."""
    if not kind.isidentifier():
        raise ValueError(f"an event's kind is one word, not {kind!r}")
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return f"id: {event_id}\nevent: {kind}\ndata: {text}\n\n".encode("ascii")
