"""How many requests may be on their way to one model: fewer when it pushes back or slows down, more while it keeps up.

Additive increase, multiplicative decrease, as in TCP: every answer in good time adds a share, so that one round of
answers allows one request more, up to what the catalogue says. A refusal for being asked too much (429, 503) or a
silence halves what is allowed. A server of one's own does not refuse, it gets slow: when an answer took `SLOW`
times as long for each token as the best that was seen, a fifth is taken off. Whatever was sent before the last
decrease tells nothing about the state after it, and decreases nothing again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from threading import Condition

SLOW = 4.0
"""Times the best seconds a token. A batch of eight costs a sound server about 1.5 times of one."""
FORGETTING = 1.01
"""With each answer the best that was seen counts as so much slower: a server that moved is not measured by its past."""
PROMPT_SHARE = 1 / 16
"""Work of reading a token, in that of writing one."""
LEAST_WORK = 32.0
"""Shorter answers tell more about the network than about the server."""


class Signal(Enum):
    """What one request tells about its server's load."""

    ANSWERED = "answered"
    PUSHED_BACK = "pushed back"
    """It refused for being asked too much, or was silent for too long."""
    NEITHER = "neither"
    """It failed in a way that has nothing to do with load."""


@dataclass(frozen=True)
class State:
    """What is allowed, and what has been seen."""

    most: int
    """Never more than this."""
    allowed: float
    """Requests at once, rounded down; at least 1."""
    begun: int = 0
    """Requests sent so far: the number of the next."""
    decreased_at: int = 0
    """What `begun` was at the last decrease."""
    best: float | None = None
    """Seconds for a unit of work, the least that was seen."""

    @classmethod
    def of(cls, most: int) -> State:
        """The state before the first request: as many as there may be."""
        return cls(most, float(most))


def work_of(prompt_tokens: int | None, completion_tokens: int | None) -> float | None:
    """What an answer cost the server, in tokens written; None where it does not say, or where it is little."""
    work = (completion_tokens or 0) + PROMPT_SHARE * (prompt_tokens or 0)
    return work if completion_tokens is not None and work >= LEAST_WORK else None


def begin(state: State) -> tuple[State, int]:
    """The state after a request is sent, and the number of the request."""
    return replace(state, begun=state.begun + 1), state.begun


def after(
    state: State, number: int, signal: Signal, seconds: float = 0.0, work: float | None = None
) -> State:
    """The state after the request of that number came to its end, `seconds` after it was sent."""
    is_news = number >= state.decreased_at
    if signal is Signal.NEITHER:
        return state
    if signal is Signal.PUSHED_BACK:
        return _decreased(state, 0.5) if is_news else state
    if work is not None and seconds > 0:
        pace = seconds / work
        best = pace if state.best is None else min(pace, state.best * FORGETTING)
        state = replace(state, best=best)
        if pace > SLOW * best:
            return _decreased(state, 0.8) if is_news else state
    return replace(state, allowed=min(float(state.most), state.allowed + 1 / state.allowed))


def _decreased(state: State, share: float) -> State:
    return replace(state, allowed=max(1.0, state.allowed * share), decreased_at=state.begun)


@dataclass
class Slot:
    """One request on its way; say `signal` and `work` before it ends."""

    number: int
    signal: Signal = Signal.NEITHER
    work: float | None = None


class Limit:
    """The limit of one model in one process; blocks threads, and is safe to share between them."""

    def __init__(self, most: int) -> None:
        self._condition = Condition()
        self._state = State.of(most)
        self._on_their_way = 0
        self._paused_until = 0.0

    @property
    def allowed(self) -> int:
        """Requests that may be on their way now."""
        with self._condition:
            return int(self._state.allowed)

    def pause(self, seconds: float) -> None:
        """Send nothing for so long: the server asked for it."""
        with self._condition:
            self._paused_until = max(self._paused_until, time.monotonic() + seconds)

    @contextmanager
    def slot(self) -> Iterator[Slot]:
        """Wait for a place among the requests on their way, and hold it for as long as the block lasts."""
        with self._condition:
            while (wait := self._wait()) != 0:
                self._condition.wait(wait)
            self._on_their_way += 1
            self._state, number = begin(self._state)
        slot = Slot(number)
        began = time.monotonic()
        try:
            yield slot
        finally:
            seconds = time.monotonic() - began
            with self._condition:
                self._on_their_way -= 1
                self._state = after(self._state, number, slot.signal, seconds, slot.work)
                self._condition.notify_all()

    def _wait(self) -> float | None:
        """Seconds to wait; 0: there is a place; None: until one is given back."""
        if self._on_their_way >= int(self._state.allowed):
            return None
        return max(0.0, self._paused_until - time.monotonic())
