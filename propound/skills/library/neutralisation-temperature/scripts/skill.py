"""T = T0 + 57100 min(n_acid, n_base) / (4180 m), in kelvin."""

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
    t0 = fixed.get("t0", str(rng.randint(278, 305)))
    rise = min(spread(rng, 1.7, 20 * level), 1.1 * (372 - float(t0)))
    excess = spread(rng, 0.85, 2)  # of base over acid
    if "m" in fixed or ("n" not in fixed and rng.random() < 0.5):
        m = fixed.get("m", neat(spread(rng, 0.1, 5 * level)))
        n = neat(4180 * float(m) * rise / 57100 / min(1, excess), 3)
    else:
        n = fixed.get("n", neat(spread(rng, 0.02, 4 * level)))
        m = neat(57100 * float(n) * min(1, excess) / 4180 / rise)
    return {"n": n, "nb": neat(float(n) * excess, 3), "m": m, "t0": t0}


def solve(p):
    return p["t0"] + 57100 * min(p["n"], p["nb"]) / (4180 * p["m"])


def recompute(p):
    # the base is added in 2000 drops; each reacts with what acid is left and warms the whole mixture
    acid, temperature, drop = p["n"], p["t0"], p["nb"] / 2000
    for _ in range(2000):
        formed = min(drop, acid)
        acid -= formed
        temperature += formed * 57100 / p["m"] / 4180
    return temperature


def degenerate(p, result):
    if not 273.5 < p["t0"] < 372:
        return "the solutions are not liquid at the start"
    if result >= 372:
        return "the mixture would boil"
    if result < p["t0"] + 2:
        return "the temperature hardly changes"
    return "the amounts are equal" if p["n"] == p["nb"] else None
