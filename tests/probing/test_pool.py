"""The pool: when a stronger prober takes over, by hand and for any run of measurements."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.probing import pool
from propound.probing.pool import PoolState, observe
from propound.probing.probe import Probe

VERSIONS = ("weak", "middle", "strong")


def measured(solved: int, version: str = "weak", attempts: int = 16) -> Probe:
    return Probe(prober=version, version=version, attempts=attempts, solved=solved)


def after(state: PoolState, *solved: int) -> PoolState:
    """The state after measurements by whichever prober is in place."""
    for each in solved:
        version = VERSIONS[state.place]
        state = observe(state, version, measured(each, version), len(VERSIONS))
    return state


def test_a_window_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "WINDOW", 4)
    state = after(PoolState(), 16, 8, 4)
    assert state == PoolState(place=0, average=None, problems=3, attempts=48, solved=28)
    assert after(state, 4) == PoolState(place=0, average=0.5)  # 32 / 64


def test_the_average_moves_and_a_beaten_prober_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "WINDOW", 2)
    state = after(PoolState(), 8, 8)
    assert state.average == 0.5
    state = after(state, 4, 4)  # (0.5 + 0.25) / 2
    assert (state.place, state.average) == (0, 0.375)
    state = after(state, 4, 2)  # (0.375 + 6 / 32) / 2 = 0.28125 < 0.3
    assert state == PoolState(place=1)
    state = after(state, 2, 2)  # its first window counts alone: 0.125
    assert state == PoolState(place=2)
    assert after(state, 0, 0) == PoolState(place=2, average=0.0)  # the strongest stays


def test_exactly_the_threshold_is_not_beaten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "WINDOW", 1)
    state = observe(PoolState(), "weak", measured(3, attempts=10), 3)
    assert state == PoolState(place=0, average=0.3)


def test_the_window_is_five_hundred_problems() -> None:
    state = after(PoolState(), *[0] * 499)
    assert (state.place, state.problems) == (0, 499)
    assert after(state, 0) == PoolState(place=1)


def test_late_measurements_of_another_prober_change_nothing() -> None:
    state = PoolState(place=1, problems=7, attempts=112, solved=50)
    assert observe(state, "middle", measured(16, "weak"), 3) is state


@given(st.lists(st.integers(0, 16), max_size=60), st.integers(1, 3))
def test_any_run_of_measurements(solved: list[int], size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "WINDOW", 5)
        states = [PoolState()]
        for each in solved:
            version = VERSIONS[states[-1].place]
            states.append(observe(states[-1], version, measured(each, version), size))
    places = [state.place for state in states]
    assert places == sorted(places)
    assert places[-1] < size
    for before, now in pairwise(states):
        assert now.place - before.place in (0, 1)
        assert now.problems == (before.problems + 1) % 5
        assert now.average is None or 0 <= now.average <= 1
