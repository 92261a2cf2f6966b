"""t = efficiency E / (P1 + P2), in seconds."""

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
    eff = rng.randint(50, 97)
    share = spread(rng, 0.015, 0.6)  # of the second load, relative to the first
    if "p" in fixed:
        p = fixed["p"]
        e = neat(p * (1 + share) * spread(rng, 20, 2000 * level) / eff * 100)
    else:
        e = fixed.get("e", neat(spread(rng, 500, 30000 * level**2)))
        p = neat(float(e) * eff / 100 / spread(rng, 20, 2000 * level) / (1 + share))
    return {"e": e, "eff": eff, "p": p, "q": neat(float(p) * share)}


def solve(p):
    return p["eff"] * p["e"] / (100 * (p["p"] + p["q"]))


def recompute(p):
    # what is drawn from the store grows with time; bisect for the moment at which nothing is left
    def left(time):
        losses = (p["p"] * time + p["q"] * time) * (100 / p["eff"] - 1)
        return p["e"] - p["p"] * time - p["q"] * time - losses

    low, high = 0.0, 1.0
    while left(high) > 0:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if left(middle) > 0 else (low, middle)
    return (low + high) / 2


def degenerate(p, result):
    if not 1 < result < 604800:
        return "a time below a second or above a week is implausible here"
    if p["q"] < 0.001:
        return "a load below a milliwatt is implausible here"
    return "one of the loads hardly matters" if not 0.02 < p["q"] / p["p"] < 50 else None
