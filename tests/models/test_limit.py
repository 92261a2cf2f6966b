"""The limit by hand: what each signal does to what is allowed, and the bounds that always hold."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier, Lock

from hypothesis import given
from hypothesis import strategies as st

from propound.models.limit import Limit, Signal, State, after, begin, work_of


def test_a_round_of_answers_allows_one_more() -> None:
    state = replace(State.of(8), allowed=4.0)
    for number in range(4):
        state = after(state, number, Signal.ANSWERED)
    # 4 + 1/4 + 1/4.25 + 1/4.485 + 1/4.708
    assert round(state.allowed, 3) == 4.921
    assert after(State.of(8), 0, Signal.ANSWERED).allowed == 8.0


def test_a_push_back_halves_once_for_all_that_were_on_their_way() -> None:
    state = State.of(8)
    for _ in range(8):
        state, _ = begin(state)
    for number in range(8):
        state = after(state, number, Signal.PUSHED_BACK)
    assert state.allowed == 4.0
    state, number = begin(state)
    state = after(state, number, Signal.PUSHED_BACK)
    assert state.allowed == 2.0


def test_a_failure_that_is_not_about_load_changes_nothing() -> None:
    assert after(State.of(3), 0, Signal.NEITHER) == State.of(3)


def test_a_server_that_only_gets_slow_is_asked_less() -> None:
    state = after(State.of(10), 0, Signal.ANSWERED, seconds=1.0, work=100.0)
    assert state.best == 0.01
    state = after(state, 1, Signal.ANSWERED, seconds=3.9, work=100.0)
    assert state.allowed == 10.0
    # the best counts as 0.01 * 1.01 * 1.01 = 0.010201 now; four times that is 0.0408
    state = after(state, 2, Signal.ANSWERED, seconds=4.2, work=100.0)
    assert state.allowed == 8.0


def test_work_is_what_was_written_and_a_share_of_what_was_read() -> None:
    assert work_of(1600, 100) == 200.0
    assert work_of(None, 100) == 100.0
    assert work_of(160, 10) is None
    assert work_of(1600, None) is None


@given(
    st.integers(1, 64),
    st.lists(
        st.tuples(st.sampled_from(Signal), st.floats(0, 1e6), st.none() | st.floats(32, 1e6)), max_size=60
    ),
)
def test_at_least_one_and_never_more_than_the_catalogue_says(
    most: int, told: list[tuple[Signal, float, float]]
) -> None:
    state = State.of(most)
    for signal, seconds, work in told:
        state, number = begin(state)
        state = after(state, number, signal, seconds, work)
        assert 1.0 <= state.allowed <= most
        assert state.decreased_at <= state.begun


@given(st.integers(1, 64))
def test_from_the_bottom_it_comes_back(most: int) -> None:
    state = replace(State.of(most), allowed=1.0)
    for number in range(most * most):
        state = after(state, number, Signal.ANSWERED)
    assert state.allowed == most


def test_threads_wait_for_a_place() -> None:
    limit, lock, full = Limit(3), Lock(), Barrier(3, timeout=10)
    at_once = most = 0

    def work(_: int) -> None:
        nonlocal at_once, most
        with limit.slot() as slot:
            with lock:
                at_once += 1
                most = max(most, at_once)
            full.wait()  # three at once do come together
            with lock:
                at_once -= 1
            slot.signal = Signal.ANSWERED

    with ThreadPoolExecutor(9) as threads:
        list(threads.map(work, range(9)))
    assert most == 3
    assert limit.allowed == 3
