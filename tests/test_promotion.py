"""The gate: computed by hand where that can be done, and what must hold for all figures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.promotion import Gate, Showing, Trial, compare, lower_bound

REWARDS = st.lists(st.floats(0, 2), min_size=1, max_size=40)


def showing(rewards: list[float], *, version: str = "v", diversity: float = 1.0, refused: int = 0) -> Showing:
    """Trials with these rewards; beside them `refused` submissions that were not verified."""
    trials = [Trial(reward=reward, submitted=True, verified=True) for reward in rewards]
    for index in range(refused):
        trials[index] = Trial(reward=rewards[index], submitted=True, verified=False)
    return Showing(version=version, trials=tuple(trials), diversity=diversity)


def test_the_bound_of_two_pairs_by_hand() -> None:
    """The resampled mean of {0, 1} is 0, 1/2, 1 with probability 1/4, 1/2, 1/4."""
    assert lower_bound([0.0, 1.0], 0.95, seed=0) == 0.0
    assert lower_bound([0.0, 1.0], 0.76, seed=0) == 0.0
    assert lower_bound([0.0, 1.0], 0.70, seed=0) == 0.5


def test_the_bound_of_many_pairs_is_that_of_the_normal_distribution() -> None:
    """400 differences of +1 and -1 in the proportion 3:2: mean 0.2, standard error sqrt(0.96/400) = 0.04899."""
    differences = [1.0] * 240 + [-1.0] * 160
    assert lower_bound(differences, 0.95, seed=3) == pytest.approx(0.2 - 1.645 * 0.04899, abs=0.01)


@given(values=REWARDS, seed=st.integers(0, 99), confidence=st.floats(0.51, 0.99))
def test_the_bound_lies_among_the_differences_and_repeats(
    values: list[float], seed: int, confidence: float
) -> None:
    found = lower_bound(values, confidence, seed)
    assert min(values) - 1e-9 <= found <= max(values) + 1e-9
    assert found == lower_bound(values, confidence, seed)


@given(values=REWARDS, shift=st.floats(-3, 3), scale=st.floats(0.1, 5))
def test_the_bound_moves_with_the_differences(values: list[float], shift: float, scale: float) -> None:
    moved = lower_bound([scale * value + shift for value in values], 0.9, seed=1)
    assert moved == pytest.approx(scale * lower_bound(values, 0.9, seed=1) + shift, abs=1e-9)


@given(values=REWARDS)
def test_more_confidence_never_raises_the_bound(values: list[float]) -> None:
    assert lower_bound(values, 0.99, seed=1) <= lower_bound(values, 0.9, seed=1)


def test_a_bound_of_nothing_is_none() -> None:
    with pytest.raises(ValueError, match="at least one pair"):
        lower_bound([], 0.95, seed=0)


@given(rewards=REWARDS)
def test_a_policy_is_never_promoted_over_its_equal(rewards: list[float]) -> None:
    found = compare(showing(rewards), showing(rewards), Gate())
    assert not found.promote
    assert (found.gain, found.gain_lower) == (0.0, 0.0)


@given(rewards=REWARDS, gain=st.floats(0.01, 1))
def test_a_policy_that_is_better_everywhere_is_promoted(rewards: list[float], gain: float) -> None:
    found = compare(showing(rewards), showing([reward + gain for reward in rewards]), Gate())
    assert found.promote
    assert found.reasons == ()
    assert found.gain_lower == pytest.approx(gain, abs=1e-9)


def test_a_gain_that_may_be_chance_is_refused_with_the_figures() -> None:
    live, candidate = [0.0] * 10, [1.0] + [0.0] * 9
    found = compare(showing(live, version="old"), showing(candidate, version="new"), Gate())
    assert not found.promote
    assert found.gain == pytest.approx(0.1)
    assert found.gain_lower == 0.0
    assert "lower bound 0.0000 is not above 0.0000" in found.reasons[0]
    assert (found.live_version, found.specs) == ("old", 10)


def test_the_least_gain_is_asked_for() -> None:
    live, candidate = showing([0.0] * 20), showing([0.1] * 20)
    assert compare(live, candidate, Gate(minimum_gain=0.05)).promote
    assert not compare(live, candidate, Gate(minimum_gain=0.2)).promote


def test_validity_may_fall_by_its_margin_and_no_further() -> None:
    live, better = showing([1.0] * 50), [1.5] * 50
    assert compare(live, showing(better, refused=1), Gate()).promote
    refused = compare(live, showing(better, refused=2), Gate())
    assert not refused.promote
    assert refused.reasons == ("validity falls from 1.0000 to 0.9600, by more than 0.0200",)


def test_diversity_may_fall_by_its_margin_and_no_further() -> None:
    live, better = showing([1.0] * 50, diversity=0.9), [1.5] * 50
    assert compare(live, showing(better, diversity=0.89), Gate()).promote
    refused = compare(live, showing(better, diversity=0.5), Gate())
    assert refused.reasons == ("diversity falls from 0.9000 to 0.5000, by more than 0.0200",)


def test_policies_must_meet_the_same_specs() -> None:
    with pytest.raises(ValueError, match="zip"):
        compare(showing([1.0, 1.0]), showing([1.0]), Gate())


def test_validity_counts_submissions_only() -> None:
    trials = (
        Trial(reward=1, submitted=True, verified=True),
        Trial(reward=0, submitted=True, verified=False),
        Trial(reward=0, submitted=False, verified=False),
    )
    seen = Showing(version="v", trials=trials, diversity=1)
    assert seen.validity == 0.5
    assert seen.reward == pytest.approx(1 / 3)
    assert Showing(version="v", trials=trials[2:], diversity=0).validity == 0.0
