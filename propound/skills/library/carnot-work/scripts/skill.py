"""W = share (1 - Tc / Th) Q, in joules."""

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
    th = fixed.get("th", str(rng.randint(330, 500 + 200 * level)))
    tc = float(th) * rng.uniform(max(0.45, 215 / float(th)), 0.995)
    return {
        "q": fixed.get("q", neat(spread(rng, 300, 30000 * level**2))),
        "th": th,
        "tc": str(round(tc)),
        "share": rng.randint(30, 95),
    }


def solve(p):
    return p["share"] / 100 * (1 - p["tc"] / p["th"]) * p["q"]


def recompute(p):
    # a reversible engine creates no entropy: bisect for its work, of which the share is obtained
    taken = p["q"] / p["th"]
    low, high = -p["q"], p["q"]
    for _ in range(200):
        middle = (low + high) / 2
        if (p["q"] - middle) / p["tc"] > taken:
            low = middle
        else:
            high = middle
    return (low + high) / 2 * p["share"] * 0.01


def degenerate(p, result):
    if p["tc"] >= p["th"]:
        return "the cold reservoir is not colder than the hot one"
    if p["tc"] < 200:
        return "no natural cold reservoir is colder than 200 K"
    return "the efficiency is below 2 %" if result < 0.02 * p["q"] else None
