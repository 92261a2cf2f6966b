"""The gate: computed by hand where that can be done, and what must hold for all figures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.promotion import Gate, Showing, Trial, compare, lower_bound, rise_bound

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


def rated(*rates: float | None, version: str = "v") -> Showing:
    """Each spec's problem with this pass rate and what it earns; None: nothing was submitted."""
    trials = tuple(
        Trial(reward=0, submitted=False, verified=False)
        if rate is None
        else Trial(reward=2 - rate if rate else 1, submitted=True, verified=True, pass_rate=rate)
        for rate in rates
    )
    return Showing(version=version, trials=trials, diversity=1)


def test_the_bound_of_a_rise_by_hand() -> None:
    """Both pairs, or one of them twice: rises 0.5 and 0.1, so 0.5, 0.3 or 0.1 with probability 1/4, 1/2, 1/4."""
    pairs = [(0.25, 0.75), (0.5, 0.6)]
    assert rise_bound(pairs, 0.95, seed=0) == pytest.approx(0.1)
    assert rise_bound(pairs, 0.70, seed=0) == pytest.approx(0.3)


def test_a_mean_is_over_the_problems_that_are_there() -> None:
    """The first spec had no problem before, the second none after: only resamplings with both say something."""
    pairs = [(None, 0.75), (0.25, None)]
    assert rise_bound(pairs, 0.95, seed=0) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="on either side"):
        rise_bound([(None, 0.75), (None, 0.25)], 0.95, seed=0)
    with pytest.raises(ValueError, match="on either side"):
        rise_bound([], 0.95, seed=0)


@given(rates=st.lists(st.floats(0, 1), min_size=1, max_size=30), seed=st.integers(0, 99))
def test_nothing_rises_where_nothing_changes(rates: list[float], seed: int) -> None:
    assert rise_bound([(rate, rate) for rate in rates], 0.9, seed) == pytest.approx(0, abs=1e-12)


def test_more_problems_that_are_easier_are_no_progress() -> None:
    """40 of 80 specs with problems that a prober solves in a quarter of its tries; then 80 that it nearly always does.

    The mean reward rises from 40 * 1.75 / 80 = 0.875 to 1.0625: without difficulty the gate would promote.
    """
    live = rated(*[0.25] * 40, *[None] * 40)
    candidate = rated(*[0.9375] * 80)
    found = compare(live, candidate, Gate())
    assert (found.live_reward, found.reward) == (0.875, 1.0625)
    assert found.gain_lower > 0
    assert not found.promote
    assert (found.live_pass_rate, found.pass_rate, found.pass_rate_rise) == (0.25, 0.9375, 0.6875)
    assert found.pass_rate_rise_lower == pytest.approx(0.6875)
    (reason,) = found.reasons
    assert reason == (
        "its problems are easier: their mean pass rate rises from 0.2500 to 0.9375, surely by more than 0.0200"
        " (lower bound 0.6875)"
    )
    assert compare(live, candidate, Gate(difficulty_margin=0.7)).promote


def test_a_rise_that_may_be_chance_is_no_reason() -> None:
    live = rated(*[None] * 30, 0.0625, 0.5, 0.9375)
    candidate = rated(*[0.0625, 0.5, 0.9375] * 10, 0.5, 0.5, 0.9375)
    found = compare(live, candidate, Gate())
    assert found.pass_rate_rise is not None
    assert found.pass_rate_rise > 0
    assert found.pass_rate_rise_lower is not None
    assert found.pass_rate_rise_lower < 0
    assert found.promote


def test_harder_problems_are_welcome() -> None:
    assert compare(rated(*[0.9] * 20), rated(*[0.5] * 20), Gate()).promote


def test_difficulty_is_not_compared_where_nobody_measured() -> None:
    found = compare(showing([1.0] * 20), showing([1.5] * 20), Gate())
    assert found.promote
    assert (found.live_pass_rate, found.pass_rate, found.pass_rate_rise) == (None, None, None)


def test_a_spec_without_a_verdict_on_one_side_is_left_out() -> None:
    live = Showing(version="v", trials=(*showing([1.0] * 10).trials, None), diversity=1)
    candidate = Showing(version="v", trials=(None, *showing([1.5] * 9 + [0.0]).trials), diversity=1)
    found = compare(live, candidate, Gate())
    assert (found.specs, found.live_reward, found.reward, found.gain) == (9, 1.0, 1.5, 0.5)
    nothing = compare(live, Showing(version="v", trials=(None,) * 11, diversity=0), Gate())
    assert (nothing.promote, nothing.specs) == (False, 0)
