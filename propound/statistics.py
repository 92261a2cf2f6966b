"""What counts say: probabilities of success from n attempts, c of them right, and how far voters err together."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, sqrt

Z = 1.959963984540054
"""Quantile of the normal distribution for intervals at 95 %."""


def pass_at_k(attempts: int, solved: int, k: int) -> float:
    """Unbiased estimate of the probability that at least one of k attempts is right (Chen et al. 2021).

    pass@k = 1 - C(n - c, k) / C(n, k); with k = 1 it is c / n.

    Raises:
        ValueError: not 0 <= solved <= attempts, or not 1 <= k <= attempts.
    """
    _check(attempts, solved)
    if not 1 <= k <= attempts:
        raise ValueError(f"pass@{k} cannot be estimated from {attempts} attempts")
    return 1 - comb(attempts - solved, k) / comb(attempts, k)


def wilson(attempts: int, solved: int, z: float = Z) -> tuple[float, float]:
    """Wilson's score interval for the probability of success (Wilson 1927), within [0, 1].

    Centre (p + z^2 / 2n) / (1 + z^2 / n), half width z sqrt(p (1 - p) / n + z^2 / 4n^2) / (1 + z^2 / n).

    Raises:
        ValueError: not 0 <= solved <= attempts, or no attempts.
    """
    _check(attempts, solved)
    share, weight = solved / attempts, z * z / attempts
    centre = (share + weight / 2) / (1 + weight)
    half = sqrt(weight * share * (1 - share) + weight * weight / 4) / (1 + weight)
    low = 0.0 if solved == 0 else max(0.0, centre - half)
    high = 1.0 if solved == attempts else min(1.0, centre + half)
    return low, high


def bound(attempts: int) -> float:
    """The largest probability that attempts leave open, none of which met it, at 95 %: 3 / n.

    The rule of three (Hanley and Lippman-Hand 1983); at most 1.

    Raises:
        ValueError: no attempts.
    """
    _check(attempts, 0)
    return min(1.0, 3 / attempts)


def correlation(pairs: Sequence[tuple[bool, bool]]) -> float | None:
    """The correlation phi of two events over cases: (p11 - p1 p2) / sqrt(p1 (1 - p1) p2 (1 - p2)), within [-1, 1].

    None where one of them always or never happens: nothing is known then of how they go together.
    """
    count = len(pairs)
    first, second = (sum(each) for each in zip(*pairs, strict=True)) if pairs else (0, 0)
    both = sum(one and other for one, other in pairs)
    spread = first * (count - first) * second * (count - second)
    return max(-1.0, min(1.0, (count * both - first * second) / sqrt(spread))) if spread else None


def effective_votes(votes: int, correlation: float) -> float:
    """How many independent votes so many are worth whose errors correlate: n / (1 + (n - 1) rho) (Kish 1965).

    The variance of a mean of n votes with the correlation rho is that of so many independent ones. A negative
    correlation counts as 0: no vote is worth more than one.

    Raises:
        ValueError: no votes, or no correlation.
    """
    if votes < 1 or not -1 <= correlation <= 1:
        raise ValueError(f"{votes} votes cannot correlate by {correlation}")
    return votes / (1 + (votes - 1) * max(0.0, correlation))


def _check(attempts: int, solved: int) -> None:
    if attempts < 1 or not 0 <= solved <= attempts:
        raise ValueError(f"{solved} of {attempts} attempts cannot have been right")
