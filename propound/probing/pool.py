"""Which prober measures: the weakest that is not beaten yet (method section 8). Pure functions of a state.

Every `WINDOW` problems their accuracy enters a moving average; when that falls below `BEATEN`, the next stronger
prober takes over, and the average starts anew. The strongest stays. The method leaves open how fast the average moves
and what accuracy is; here it is the share of all attempts that were right.
"""

from __future__ import annotations

from pydantic import Field

from propound.probing.probe import Probe
from propound.record import Record

WINDOW = 500
"""Problems between two updates of the average."""
BEATEN = 0.3
"""A prober whose average accuracy is below this gives way to the next."""
SMOOTHING = 0.5
"""Weight of the latest window in the average; the first window counts alone."""


class PoolState(Record):
    """Where a pool stands."""

    place: int = Field(default=0, ge=0)
    """Of the prober that measures now, 0 for the weakest."""
    average: float | None = None
    """The moving average of its accuracy; None in its first window."""
    problems: int = Field(default=0, ge=0)
    """In the present window."""
    attempts: int = Field(default=0, ge=0)
    solved: int = Field(default=0, ge=0)


def observe(state: PoolState, version: str, probe: Probe, size: int) -> PoolState:
    """The state after one more measurement.

    Args:
        state: before it.
        version: of the prober at `state.place`; a late measurement by another one changes nothing.
        probe: the measurement.
        size: probers in the pool.
    """
    if probe.version != version:
        return state
    grown = state.model_copy(
        update={
            "problems": state.problems + 1,
            "attempts": state.attempts + probe.attempts,
            "solved": state.solved + probe.solved,
        }
    )
    if grown.problems < WINDOW:
        return grown
    accuracy = grown.solved / grown.attempts
    average = accuracy if state.average is None else (1 - SMOOTHING) * state.average + SMOOTHING * accuracy
    if average < BEATEN and state.place + 1 < size:
        return PoolState(place=state.place + 1)
    return PoolState(place=state.place, average=average)
