"""Whether a trained checkpoint may take the place of the live one: a pure decision over held-out episodes of both.

The gain is judged by a paired bootstrap (Efron & Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13):
both policies meet the same specs, so the differences, not the policies' means, are drawn again.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field, FiniteFloat

from propound.record import Record, Wish

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


class Trial(Record):
    """What one policy made of one held-out spec."""

    reward: FiniteFloat
    """r_T of the episode."""
    submitted: bool
    verified: bool
    """Whether its submission was accepted."""


class Showing(Record):
    """What one policy made of all held-out specs."""

    version: str
    trials: tuple[Trial, ...]
    """In the order of the specs."""
    diversity: float
    """Share of the verified problems that neither repeat nor nearly repeat an earlier one; 0 where none is verified."""

    @property
    def reward(self) -> float:
        """Mean terminal reward of an episode."""
        return sum(trial.reward for trial in self.trials) / len(self.trials)

    @property
    def validity(self) -> float:
        """Share of the submissions that are verified; 0 where nothing was submitted."""
        submitted = sum(trial.submitted for trial in self.trials)
        return sum(trial.verified for trial in self.trials) / submitted if submitted else 0.0


class Comparison(Record):
    """The decision, and everything that it rests on."""

    promote: bool
    reasons: tuple[str, ...]
    """Why not, in words; empty where the candidate may be promoted."""
    specs: int
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
    if not values.size:
        raise ValueError("a bound needs at least one pair")
    generator = np.random.default_rng(seed)
    batch = max(1, _AT_ONCE // values.size)
    means = []
    for begun in range(0, RESAMPLES, batch):
        shape = (min(batch, RESAMPLES - begun), values.size)
        means.append(values[generator.integers(values.size, size=shape)].mean(axis=1))
    return float(np.quantile(np.concatenate(means), 1 - confidence, method="inverted_cdf"))


def compare(live: Showing, candidate: Showing, gate: Gate) -> Comparison:
    """Promote only where the gain is sure and neither validity nor diversity falls by more than its margin.

    Raises:
        ValueError: the policies did not meet the same number of specs, or met none.
    """
    pairs = list(zip(live.trials, candidate.trials, strict=True))
    differences = [new.reward - old.reward for old, new in pairs]
    lower = lower_bound(differences, gate.confidence, gate.seed)
    reasons = []
    if lower <= gate.minimum_gain:
        reasons.append(
            f"the gain in reward is not sure: its lower bound {lower:.4f} is not above {gate.minimum_gain:.4f}"
        )
    for what, margin, before, after in (
        ("validity", gate.validity_margin, live.validity, candidate.validity),
        ("diversity", gate.diversity_margin, live.diversity, candidate.diversity),
    ):
        if after < before - margin:
            reasons.append(f"{what} falls from {before:.4f} to {after:.4f}, by more than {margin:.4f}")
    return Comparison(
        promote=not reasons,
        reasons=tuple(reasons),
        specs=len(pairs),
        live_version=live.version,
        live_reward=live.reward,
        live_validity=live.validity,
        live_diversity=live.diversity,
        reward=candidate.reward,
        validity=candidate.validity,
        diversity=candidate.diversity,
        gain=sum(differences) / len(differences),
        gain_lower=lower,
        confidence=gate.confidence,
    )
