"""n = efficiency E / (110 (T2 - T1) + 178000), in moles."""

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
        "e": fixed.get("e", neat(spread(rng, 1500, 400000 * level**2))),
        "eff": rng.randint(25, 92),
        "t0": fixed.get("t0", str(rng.randint(270, 900))),
        "td": str(rng.randint(1080, 1250)),
    }


def solve(p):
    return p["eff"] / 100 * p["e"] / (110 * (p["td"] - p["t0"]) + 178000)


def recompute(p):
    # bisect for the amount: heated kelvin by kelvin (in 50 steps), then decomposed
    available = p["e"] - p["e"] * (100 - p["eff"]) / 100
    step = (p["td"] - p["t0"]) / 50

    def needed(moles):
        return sum(moles * 110 * step for _ in range(50)) + moles * 178e3

    low, high = 0.0, 1.0
    while needed(high) < available:
        high *= 2
    for _ in range(90):
        middle = (low + high) / 2
        low, high = (middle, high) if needed(middle) < available else (low, middle)
    return (low + high) / 2


def degenerate(p, result):
    if p["td"] - p["t0"] < 300:
        return "the limestone is close to decomposition at the start"
    return "the amount is below 0.0005 mol" if result < 0.0005 else None
