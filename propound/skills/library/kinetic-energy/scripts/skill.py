"""E = m v^2 / 2, in joules."""

import math


def neat(value, figures=2):
    """`value` in plain decimal notation with so many significant figures."""
    places = figures - 1 - math.floor(math.log10(value))
    if places <= 0:
        return str(int(round(value, places)))
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".")


def spread(rng, low, high):
    """A number between `low` and `high`, each order of magnitude equally likely."""
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def draw(rng, level, fixed):
    return {
        "m": fixed.get("m", neat(spread(rng, 0.4, 60 * level))),
        "v": fixed.get("v", f"{rng.randint(5, 120 * level) / 10:.1f}"),
    }


def solve(p):
    return p["m"] * p["v"] ** 2 / 2


def recompute(p):
    # work done while the speed grows from 0 to v: the sum of m v dv (midpoint rule, exact for this integrand)
    steps = 2000
    width = p["v"] / steps
    return sum(p["m"] * (index + 0.5) * width * width for index in range(steps))


def degenerate(p, result):
    if p["v"] > 1000:
        return "no body of everyday size moves faster than 1000 m/s"
    if p["v"] < 1.5:
        return "the body hardly moves"
    return "the energy is tiny" if result < 0.2 else None
