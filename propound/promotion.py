"""Whether a trained checkpoint may take the place of the live one: a pure decision over held-out episodes of both.

Gain and rise are judged by a paired bootstrap (Efron & Tibshirani, "An Introduction to the Bootstrap", 1993, chapter
13): both policies meet the same specs, so pairs of episodes, not the policies' means, are drawn again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pydantic import Field, FiniteFloat

from propound.record import Record, Wish

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESAMPLES = 4_000
_AT_ONCE = 1_000_000
"""Numbers that are drawn at a time: bounds the memory."""


class Gate(Wish):
    """What a candidate has to show, on how many held-out specs."""

    specs: int = Field(
        default=120, ge=10, le=10_000, description="Held-out specs; each policy has one episode of each."
    )
    seed: int = Field(
        default=0, ge=0, lt=2**31, description="Seed of the held-out specs and of the bootstrap."
    )
    confidence: float = Field(
        default=0.95, gt=0.5, lt=1, description="Of the one-sided lower bound of the gain."
    )
    minimum_gain: FiniteFloat = Field(
        default=0.0,
        ge=0,
        description="The lower bound of the gain in mean terminal reward must be above this.",
    )
    validity_margin: float = Field(
        default=0.02,
        ge=0,
        le=1,
        description="By how much the share of submissions that are verified may fall.",
    )
    diversity_margin: float = Field(
        default=0.02,
        ge=0,
        le=1,
        description="By how much the share of problems that repeat no other may fall.",
    )
    difficulty_margin: float = Field(
        default=0.02,
        ge=0,
        le=1,
        description="By how much the mean pass rate of the problems may rise, where a prober measures it:"
        " a rise that is surely larger is a drift to easy problems.",
    )


class Trial(Record):
    """What one policy made of one held-out spec; where verification came to no verdict, there is none."""

    reward: FiniteFloat
    """r_T of the episode."""
    submitted: bool
    verified: bool
    """Whether its submission was accepted."""
    pass_rate: FiniteFloat | None = None
    """How often a prober solves its problem; None where it was not measured."""


class Showing(Record):
    """What one policy made of all held-out specs."""

    version: str
    trials: tuple[Trial | None, ...]
    """In the order of the specs; None: undecided."""
    diversity: float
    """Share of the verified problems that neither repeat nor nearly repeat an earlier one; 0 where none is verified."""

    @property
    def reward(self) -> float:
        """Mean terminal reward of an episode; 0 where none has a verdict."""
        return mean([trial.reward for trial in self.decided])

    @property
    def validity(self) -> float:
        """Share of the submissions that are verified; 0 where nothing was submitted."""
        return mean([float(trial.verified) for trial in self.decided if trial.submitted])

    @property
    def pass_rate(self) -> float | None:
        """Mean pass rate of the problems that were verified and measured; None where there is none."""
        rates = [trial.pass_rate for trial in self.decided if trial.pass_rate is not None]
        return mean(rates) if rates else None

    @property
    def decided(self) -> list[Trial]:
        """The trials with a verdict."""
        return [trial for trial in self.trials if trial is not None]


class Comparison(Record):
    """The decision, and everything that it rests on."""

    promote: bool
    reasons: tuple[str, ...]
    """Why not, in words; empty where the candidate may be promoted."""
    specs: int
    """Specs of which both policies' episodes have a verdict."""
    live_version: str
    live_reward: float
    live_validity: float
    live_diversity: float
    reward: float
    validity: float
    diversity: float
    gain: float
    """Mean difference in terminal reward, candidate minus live."""
    gain_lower: float
    """Its lower bound."""
    confidence: float
    live_pass_rate: float | None = None
    """Mean pass rate of the problems that the live one had verified; None where no prober measured any."""
    pass_rate: float | None = None
    pass_rate_rise: float | None = None
    """Candidate minus live; None where one of the two has none."""
    pass_rate_rise_lower: float | None = None
    """Its lower bound."""


def mean(values: Sequence[float]) -> float:
    """The mean; 0 of nothing."""
    return sum(values) / len(values) if values else 0.0


def lower_bound(differences: Sequence[float], confidence: float, seed: int) -> float:
    """One-sided lower bound of the mean by the percentile bootstrap.

    Args:
        differences: one number for each pair.
        confidence: such as 0.95: a share of 0.05 of the resampled means is at most the bound.
        seed: of the resampling; equal arguments give equal bounds.

    Raises:
        ValueError: there are no differences.
    """
    import numpy as np

    values = np.asarray(differences, dtype=np.float64)
    means = np.concatenate([values[drawn].mean(axis=1) for drawn in _resamples(values.size, seed)])
    return float(np.quantile(means, 1 - confidence, method="inverted_cdf"))


def rise_bound(pairs: Sequence[tuple[float | None, float | None]], confidence: float, seed: int) -> float:
    """One-sided lower bound of a rise in mean, from before to after, by the same bootstrap of pairs.

    Of a pair either or both numbers may be missing: a mean is over those that are there, so each resampling has its
    own number of them. Resamplings in which one side has none at all say nothing, and do not count.

    Args:
        pairs: (before, after).
        confidence: as for `lower_bound`.
        seed: of the resampling; equal arguments give equal bounds.

    Raises:
        ValueError: one side has no number at all.
    """
    import numpy as np

    values = np.array(
        [[np.nan if each is None else each for each in pair] for pair in pairs], dtype=np.float64
    )
    there = ~np.isnan(values)
    if not values.size or not there.any(axis=0).all():
        raise ValueError("a rise needs at least one number on either side")
    values = np.where(there, values, 0.0)
    rises = []
    for drawn in _resamples(len(values), seed):
        sums, counts = values[drawn].sum(axis=1), there[drawn].sum(axis=1)
        full = (counts > 0).all(axis=1)
        means = sums[full] / counts[full]
        rises.append(means[:, 1] - means[:, 0])
    return float(np.quantile(np.concatenate(rises), 1 - confidence, method="inverted_cdf"))


def _resamples(size: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Places of pairs, drawn with repetition: `RESAMPLES` rows in all, in batches.

    Raises:
        ValueError: there are no pairs.
    """
    import numpy as np

    if not size:
        raise ValueError("a bound needs at least one pair")
    generator = np.random.default_rng(seed)
    batch = max(1, _AT_ONCE // size)
    for begun in range(0, RESAMPLES, batch):
        yield generator.integers(size, size=(min(batch, RESAMPLES - begun), size))


def compare(live: Showing, candidate: Showing, gate: Gate) -> Comparison:
    """Promote only where the gain is sure, nothing falls by more than its margin, and problems do not become easier.

    Rewards alone would let a candidate through that has more accepted because it writes easier problems: an accepted
    problem earns 1 at least, an unsolved spec nothing. Specs of which either episode has no verdict are left out.

    Raises:
        ValueError: the policies did not meet the same number of specs, or met none.
    """
    pairs = [
        (old, new)
        for old, new in zip(live.trials, candidate.trials, strict=True)
        if old is not None and new is not None
    ]
    before = Showing(version=live.version, trials=tuple(old for old, _ in pairs), diversity=live.diversity)
    after = Showing(
        version=candidate.version, trials=tuple(new for _, new in pairs), diversity=candidate.diversity
    )
    differences = [new.reward - old.reward for old, new in pairs]
    lower = lower_bound(differences or [0.0] * len(live.trials), gate.confidence, gate.seed)
    reasons = []
    if lower <= gate.minimum_gain:
        reasons.append(
            f"the gain in reward is not sure: its lower bound {lower:.4f} is not above {gate.minimum_gain:.4f}"
        )
    for what, margin, was, became in (
        ("validity", gate.validity_margin, before.validity, after.validity),
        ("diversity", gate.diversity_margin, before.diversity, after.diversity),
    ):
        if became < was - margin:
            reasons.append(f"{what} falls from {was:.4f} to {became:.4f}, by more than {margin:.4f}")
    rise = rise_lower = None
    if before.pass_rate is not None and after.pass_rate is not None:
        rise = after.pass_rate - before.pass_rate
        rates = [(old.pass_rate, new.pass_rate) for old, new in pairs]
        rise_lower = rise_bound(rates, gate.confidence, gate.seed)
        if rise_lower > gate.difficulty_margin:
            reasons.append(
                f"its problems are easier: their mean pass rate rises from {before.pass_rate:.4f} to"
                f" {after.pass_rate:.4f}, surely by more than {gate.difficulty_margin:.4f}"
                f" (lower bound {rise_lower:.4f})"
            )
    return Comparison(
        promote=not reasons,
        reasons=tuple(reasons),
        specs=len(pairs),
        live_version=live.version,
        live_reward=before.reward,
        live_validity=before.validity,
        live_diversity=before.diversity,
        reward=after.reward,
        validity=after.validity,
        diversity=after.diversity,
        gain=mean(differences),
        gain_lower=lower,
        confidence=gate.confidence,
        live_pass_rate=before.pass_rate,
        pass_rate=after.pass_rate,
        pass_rate_rise=rise,
        pass_rate_rise_lower=rise_lower,
    )
