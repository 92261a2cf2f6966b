"""E = efficiency (1000 n q + 1000000 m h), in joules."""

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
    q, h = str(rng.randint(280, 900)), f"{rng.randint(140, 340) / 10:.1f}"
    ratio = spread(rng, 0.035, 14)  # heat of the solid relative to that of the gas
    if "m" in fixed:
        n = neat(fixed["m"] * float(h) * 1000 / ratio / float(q))
    else:
        n = fixed.get("n", neat(spread(rng, 0.05, level)))
        least = rng.uniform(0.4, 1.2) * float(h) / float(n) / float(q)  # the solid should weigh something
        ratio = max(ratio, least)
    m = fixed.get("m", neat(ratio * float(n) * float(q) / float(h) / 1000))
    return {"n": n, "q": q, "m": m, "h": h, "eff": rng.randint(15, 92)}


def solve(p):
    return p["eff"] * 10 * (p["n"] * p["q"] + 1000 * p["m"] * p["h"])


def recompute(p):
    # both fuels burn down together, fast at first and slower at the end: add up the power over 400 moments
    moments, useful = 400, 0.0
    for index in range(moments):
        rate = 2 * (1 - (index + 0.5) / moments) / moments
        gas = p["n"] * rate * p["q"] * 1e3
        solid = p["m"] * rate * p["h"] * 1e6
        useful += (gas + solid) * (1 - (100 - p["eff"]) / 100)
    return useful


def degenerate(p, result):
    share = p["eff"] * 10 * p["n"] * p["q"] / result
    if not 0.08 < share < 0.97:
        return "one of the two fuels hardly matters"
    if p["m"] < 0.0005:
        return "half a gram of solid fuel, or less, is implausible"
    return "the energy is beyond 1 GJ" if result > 1e9 else None
