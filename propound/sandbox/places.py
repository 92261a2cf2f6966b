"""A sandbox with few places: where many threads ask at once, the others wait for their turn."""

from __future__ import annotations

import os
from threading import BoundedSemaphore

from .execution import Execution
from .program import Program
from .protocol import Sandbox


class PlacedSandbox:
    """At most so many programs of one process at a time; not to be shared across a fork."""

    def __init__(self, inner: Sandbox, places: int | None = None) -> None:
        """As many places as processors, and one more, unless said otherwise."""
        self.inner = inner
        self._places = BoundedSemaphore(places or (os.cpu_count() or 1) + 1)

    @property
    def tier(self) -> str:
        """Which isolation this is."""
        return self.inner.tier

    def run(self, program: Program) -> Execution:
        """See `Sandbox.run`; waits for a place first."""
        with self._places:
            return self.inner.run(program)
