"""Estimators: against hand-computed values, published ones, and what must hold for all numbers."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from propound.probing.probe import Probe
from propound.statistics import bound, correlation, effective_votes, pass_at_k, wilson

COUNTS = st.integers(1, 64).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


@pytest.mark.parametrize(
    ("attempts", "solved", "k", "expected"),
    [
        (4, 1, 1, Fraction(1, 4)),
        (4, 1, 2, Fraction(1, 2)),  # 3 of 6 pairs hold the right one
        (5, 2, 3, Fraction(9, 10)),  # 1 - C(3, 3) / C(5, 3)
        (16, 0, 16, Fraction(0)),
        (16, 1, 16, Fraction(1)),
        (16, 16, 1, Fraction(1)),
    ],
)
def test_pass_at_k_by_hand(attempts: int, solved: int, k: int, expected: Fraction) -> None:
    assert pass_at_k(attempts, solved, k) == pytest.approx(float(expected))


@given(st.integers(1, 8), st.data())
def test_pass_at_k_counts_the_subsets_with_a_right_one(attempts: int, data: st.DataObject) -> None:
    solved, k = data.draw(st.integers(0, attempts)), data.draw(st.integers(1, attempts))
    subsets = list(combinations(range(attempts), k))
    hits = sum(any(member < solved for member in subset) for subset in subsets)
    assert pass_at_k(attempts, solved, k) == pytest.approx(hits / len(subsets))


@given(COUNTS)
def test_pass_at_one_is_the_share_and_more_attempts_only_help(counts: tuple[int, int]) -> None:
    attempts, solved = counts
    estimates = [pass_at_k(attempts, solved, k) for k in range(1, attempts + 1)]
    assert estimates[0] == pytest.approx(solved / attempts)
    assert estimates == sorted(estimates)
    assert estimates[-1] == (solved > 0)


@pytest.mark.parametrize(
    ("attempts", "solved", "low", "high"),
    [
        (10, 5, 0.2366, 0.7634),
        (16, 0, 0.0, 0.1936),
        (16, 16, 0.8064, 1.0),
        (100, 10, 0.0552, 0.1744),
    ],
)
def test_wilson_has_the_published_values(attempts: int, solved: int, low: float, high: float) -> None:
    assert wilson(attempts, solved) == pytest.approx((low, high), abs=5e-5)


@given(COUNTS)
def test_wilson_surrounds_the_share_within_bounds_and_is_symmetric(counts: tuple[int, int]) -> None:
    attempts, solved = counts
    low, high = wilson(attempts, solved)
    assert 0 <= low <= solved / attempts <= high <= 1
    assert low < high
    mirrored = wilson(attempts, attempts - solved)
    assert (1 - mirrored[1], 1 - mirrored[0]) == pytest.approx((low, high))


@given(COUNTS, st.integers(2, 9))
def test_more_attempts_narrow_the_interval(counts: tuple[int, int], times: int) -> None:
    attempts, solved = counts
    low, high = wilson(attempts, solved)
    closer = wilson(attempts * times, solved * times)
    assert closer[1] - closer[0] < high - low


@pytest.mark.parametrize(("attempts", "solved"), [(0, 0), (4, 5), (4, -1), (-1, 0)])
def test_impossible_counts_are_refused(attempts: int, solved: int) -> None:
    with pytest.raises(ValueError, match="cannot have been right"):
        wilson(attempts, solved)
    with pytest.raises(ValueError, match="cannot have been right"):
        pass_at_k(attempts, solved, 1)
    with pytest.raises(ValidationError):
        Probe(prober="p", version="1", attempts=attempts, solved=solved)


@pytest.mark.parametrize("k", [0, 17])
def test_k_is_at_most_the_attempts(k: int) -> None:
    with pytest.raises(ValueError, match="cannot be estimated"):
        pass_at_k(16, 3, k)


def test_a_probe_tells_its_figures() -> None:
    probe = Probe(prober="p", version="1", attempts=16, solved=4)
    assert probe.pass_rate == 0.25
    assert probe.interval == wilson(16, 4)
    assert probe.pass_at(16) == 1
    assert probe.model_dump(exclude_none=True) == {"prober": "p", "version": "1", "attempts": 16, "solved": 4}


def test_nothing_met_bounds_a_probability_at_three_in_so_many() -> None:
    assert bound(60) == pytest.approx(0.05)
    assert bound(150) == pytest.approx(0.02)
    assert bound(2) == 1.0
    with pytest.raises(ValueError, match="0 attempts"):
        bound(0)


@given(st.integers(30, 3_000))
def test_the_bound_is_close_to_the_exact_one_and_never_below(attempts: int) -> None:
    exact = 1 - 0.05 ** (1 / attempts)
    assert exact <= bound(attempts) <= 1.06 * exact


def cases(*counts: int) -> list[tuple[bool, bool]]:
    """So many cases each with both errors, the first's alone, the second's alone, and none."""
    kinds = [(True, True), (True, False), (False, True), (False, False)]
    return [kind for kind, count in zip(kinds, counts, strict=True) for _ in range(count)]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((2, 0, 0, 6), 1.0),  # always together
        ((0, 3, 3, 0), -1.0),  # never together
        ((1, 1, 1, 1), 0.0),  # independent
        ((3, 1, 1, 5), (10 * 3 - 4 * 4) / 24),  # sqrt(4 * 6 * 4 * 6)
        ((0, 0, 4, 6), None),  # the first never errs
        ((4, 0, 0, 0), None),
        ((0, 0, 0, 0), None),
    ],
)
def test_how_far_two_err_together_by_hand(counts: tuple[int, ...], expected: float | None) -> None:
    found = correlation(cases(*counts))
    assert found == (None if expected is None else pytest.approx(expected))


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=60))
def test_a_correlation_is_symmetric_and_within_one(pairs: list[tuple[bool, bool]]) -> None:
    found = correlation(pairs)
    other = correlation([(second, first) for first, second in pairs])
    assert (found is None) == (other is None)
    if found is not None and other is not None:
        assert found == pytest.approx(other)
        assert -1 <= found <= 1


@pytest.mark.parametrize(
    ("votes", "rho", "expected"),
    [
        (3, 0.0, 3.0),
        (3, 1.0, 1.0),
        (3, 0.5, 1.5),  # 3 / 2
        (9, 0.4375, 2.0),  # 9 / (1 + 8 * 0.4375)
        (4, -0.2, 4.0),
        (1, 0.7, 1.0),
    ],
)
def test_votes_that_err_together_are_worth_fewer_by_hand(votes: int, rho: float, expected: float) -> None:
    assert effective_votes(votes, rho) == pytest.approx(expected)


def test_no_votes_are_worth_nothing() -> None:
    with pytest.raises(ValueError, match="0 votes"):
        effective_votes(0, 0.5)
