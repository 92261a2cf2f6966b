"""How a training run waits for a server that is down: longer each time, until it is back or the run is to end."""

from __future__ import annotations

import logging
import time

from propound.errors import ServiceDownError
from trainer.conditions import Conditions, InterruptedRunError

FIRST = 5.0
"""Seconds of the first pause; each further one in vain is twice as long."""
LONGEST = 600.0
"""Most seconds of a pause, whatever a server asks for."""
LOOK = 0.5
"""Seconds between two looks whether the run is to end."""

_LOG = logging.getLogger(__name__)


class Patience:
    """A `propound.episodes.Waiting` that says what it waits for, and goes on by itself."""

    def __init__(self, conditions: Conditions) -> None:
        self._conditions = conditions
        self.seconds = 0.0
        """All the time that was spent waiting: no budget of a run pays for it."""

    def wait(self, error: ServiceDownError, times: int) -> None:
        """Pause before the next try.

        Raises:
            InterruptedRunError: the run is to end.
        """
        pause = pause_before(times, error.retry_after)
        _LOG.warning("waiting %.0f s for: %s", pause, error)
        self._conditions.waits(str(error)[:500])
        began = time.monotonic()
        try:
            while (left := began + pause - time.monotonic()) > 0:
                if self._conditions.cancelled():
                    raise InterruptedRunError(f"told to end while it waited for: {error}")
                time.sleep(min(left, LOOK))
        finally:
            self.seconds += time.monotonic() - began

    def over(self) -> None:
        """Say that nothing is waited for any more."""
        _LOG.info("episodes are made again")
        self._conditions.waits(None)


def pause_before(times: int, retry_after: float = 0.0) -> float:
    """Seconds to wait after so many vain tries in a row: twice as long each time, and as long as the server asks."""
    doubled: float = FIRST * 2.0 ** min(times - 1, 16)
    return min(max(doubled, retry_after), LONGEST)
