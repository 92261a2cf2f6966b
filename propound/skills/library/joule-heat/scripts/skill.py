"""E = I^2 (R3 + R1 R2 / (R1 + R2)) t, in joules."""

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
    t = fixed.get("t", neat(spread(rng, 5, 400 * level)))
    power = spread(rng, 4, max(20, min(300 * level, 1e6 / float(t))))
    i = fixed.get("i", neat(spread(rng, 0.2, 4 * level)))
    total = power / float(i) ** 2
    series = rng.uniform(0.02, 0.98)
    ratio = spread(rng, 0.3, 3)
    pair = (1 - series) * total
    return {
        "i": i,
        "r1": neat(pair * (1 + ratio)),
        "r2": neat(pair * (1 + 1 / ratio)),
        "r3": neat(series * total),
        "t": t,
    }


def solve(p):
    total = p["r3"] + p["r1"] * p["r2"] / (p["r1"] + p["r2"])
    return p["i"] ** 2 * total * p["t"]


def recompute(p):
    # bisect for the voltage of the pair at which the branch currents add up, then heat resistor by resistor
    low, high = 0.0, p["i"] * p["r1"]
    for _ in range(200):
        middle = (low + high) / 2
        if middle / p["r1"] + middle / p["r2"] < p["i"]:
            low = middle
        else:
            high = middle
    branch = low / p["r1"]
    currents = ((branch, p["r1"]), (p["i"] - branch, p["r2"]), (p["i"], p["r3"]))
    return sum(current * current * resistance * p["t"] for current, resistance in currents)


def degenerate(p, result):
    power = result / p["t"]
    series = p["i"] ** 2 * p["r3"] / power
    if not 0.04 < series < 0.96:
        return "one part of the network gives nearly all the heat"
    if power / p["i"] > 1000:
        return "a voltage above 1000 V is implausible here"
    return "the heating power is implausible" if not 0.01 < power < 50000 else None
