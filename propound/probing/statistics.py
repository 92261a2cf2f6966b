"""What some attempts say about a probability of success: pure functions of n attempts, c of them right."""

from __future__ import annotations

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


def _check(attempts: int, solved: int) -> None:
    if attempts < 1 or not 0 <= solved <= attempts:
        raise ValueError(f"{solved} of {attempts} attempts cannot have been right")
