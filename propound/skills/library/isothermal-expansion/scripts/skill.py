"""W = n R T ln(V2 / V1) with R = 8.314 J/(mol K), in joules."""

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
    n = fixed.get("n", neat(spread(rng, 0.1, 8 * level)))
    tk = fixed.get("tk", str(rng.randint(270, 360 + 50 * level)))
    bar = spread(rng, 1, 120)  # pressure at the start
    v1 = neat(float(n) * 8.314 * float(tk) / (bar * 1e5) * 1000)
    return {"n": n, "tk": tk, "v1": v1, "v2": neat(float(v1) * spread(rng, 1.06, 8))}


def solve(p):
    return p["n"] * 8.314 * p["tk"] * math.log(p["v2"] / p["v1"])


def recompute(p):
    # Simpson's rule for the pressure over the volume, in cubic metres
    start, end, steps = p["v1"] / 1000, p["v2"] / 1000, 2000
    width = (end - start) / steps
    total = 0.0
    for index in range(steps + 1):
        weight = 1 if index in (0, steps) else 4 if index % 2 else 2
        total += weight * p["n"] * 8.314 * p["tk"] / (start + index * width)
    return total * width / 3


def degenerate(p, result):
    if result < 0.14 * p["n"] * 8.314 * p["tk"]:
        return "the two volumes hardly differ"
    pressure = p["n"] * 8.314 * p["tk"] / p["v1"] * 1000
    return "the gas is too dense to be ideal" if pressure > 1e7 else None
