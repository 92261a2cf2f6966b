"""Integral of the polynomial f from low to high."""

from fractions import Fraction


def draw(rng, level, fixed):
    size = 3 + 2 * level
    f = [rng.randint(1, size), *(rng.randint(-size, size) for _ in range(rng.randint(2, 3)))]
    if "low" in fixed:
        return {"f": f, "low": fixed["low"], "high": fixed["low"] + rng.randint(1, 4 + 2 * level)}
    high = fixed.get("high", rng.randint(3, 6 + 3 * level))
    low = rng.randint(0, high - 1) if rng.random() < 0.95 else high
    return {"f": f, "low": low, "high": high}


def solve(p):
    degree = len(p["f"]) - 1
    total = Fraction(0)
    for index, coefficient in enumerate(p["f"]):
        power = degree - index + 1
        total += Fraction(coefficient * (p["high"] ** power - p["low"] ** power), power)
    return total


def recompute(p):
    # Boole's rule, exact up to degree 5
    width = Fraction(p["high"] - p["low"], 4)
    total = Fraction(0)
    for index, weight in enumerate((7, 32, 12, 32, 7)):
        value, x = Fraction(0), p["low"] + index * width
        for coefficient in p["f"]:
            value = value * x + coefficient
        total += weight * value
    return total * width * Fraction(2, 45)


def degenerate(p, result):
    if p["low"] >= p["high"]:
        return "the limits of integration agree or stand the wrong way round"
    if sum(coefficient != 0 for coefficient in p["f"]) < 2:
        return "the integrand is a single power"
    if result == 0:
        return "the integral vanishes"
    return None
