"""The pulse: alive while something moves, and for as long as it was said that nothing may."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from propound.pulse import QUIET_SECONDS, Pulse


class Clock:
    """Tells the time that it is told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_alive_while_something_moves_and_stuck_when_nothing_does() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    for _ in range(10):
        clock.now += QUIET_SECONDS - 1
        assert pulse.is_alive
        pulse.beat()
    clock.now += QUIET_SECONDS + 1
    assert not pulse.is_alive
    pulse.beat()
    assert pulse.is_alive


def test_what_waits_longer_says_so_beforehand() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    pulse.beat(quiet_seconds=5_000)
    pulse.beat()
    clock.now = 4_999
    assert pulse.is_alive
    clock.now = 5_001
    assert not pulse.is_alive


@given(st.lists(st.tuples(st.floats(0, 1e4), st.floats(0, 1e4)), min_size=1))
def test_never_alive_beyond_the_longest_promise(beats: list[tuple[float, float]]) -> None:
    clock = Clock()
    pulse = Pulse(clock)
    latest = QUIET_SECONDS
    for pause, quiet in beats:
        clock.now += pause
        pulse.beat(quiet)
        assert pulse.is_alive
        latest = max(latest, clock.now + max(quiet, QUIET_SECONDS))
    clock.now = latest + 1
    assert not pulse.is_alive
