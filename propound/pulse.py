"""Whether anything moves in this process, for whoever holds a lease: only while something does is it renewed.

Whatever takes long says so as it goes: a model's client at each piece of a reply, an episode at each turn. What may be
silent for longer than usual says beforehand for how long. A process in which every thread is stuck says nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

QUIET_SECONDS = 300.0
"""Work that gave no sign for so long is stuck, unless it said that it may take longer."""


class Pulse:
    """The last sign of life of many threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._until = clock() + QUIET_SECONDS

    def beat(self, quiet_seconds: float = QUIET_SECONDS) -> None:
        """Something moved just now, and the next sign may take `quiet_seconds`: give what bounds the wait, if anything.

        Cheap enough for each piece of a streamed reply, and safe from any thread.
        """
        until = self._clock() + max(quiet_seconds, QUIET_SECONDS)
        with self._lock:
            self._until = max(self._until, until)

    @property
    def is_alive(self) -> bool:
        """Whether the next sign may still come."""
        return self._clock() <= self._until


PULSE = Pulse()
"""Of this process."""

beat = PULSE.beat
