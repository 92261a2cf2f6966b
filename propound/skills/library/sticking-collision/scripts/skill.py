"""u = |m1 v1 + s m2 v2| / (m1 + m2) with s = 1 for the same direction and -1 for the opposite one."""

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
    m1 = fixed.get("m1", neat(spread(rng, 0.5, 40 * level)))
    v1 = fixed.get("v1", f"{rng.randint(10, 90 * level) / 10:.1f}")
    same = rng.random() < 0.5
    return {
        "m1": m1,
        "v1": v1,
        "m2": neat(float(m1) * spread(rng, 0.3, 3)),
        "v2": neat(float(v1) * rng.uniform(0.1, 1.1 if same else 1.5)),
        "dir": "the same direction" if same else "the opposite direction",
    }


def solve(p):
    second = p["v2"] if p["dir"] == "the same direction" else -p["v2"]
    return abs(p["m1"] * p["v1"] + p["m2"] * second) / (p["m1"] + p["m2"])


def recompute(p):
    # bisect for the common velocity at which the impulse lost by one body is the impulse gained by the other
    velocity = {"the same direction": p["v2"], "the opposite direction": -p["v2"]}[p["dir"]]
    low, high = min(p["v1"], velocity), max(p["v1"], velocity)
    for _ in range(200):
        middle = (low + high) / 2
        surplus = p["m1"] * (p["v1"] - middle) - p["m2"] * (middle - velocity)
        low, high = (middle, high) if surplus > 0 else (low, middle)
    return abs(low + high) / 2


def degenerate(p, result):
    if p["dir"] == "the same direction" and p["v2"] >= p["v1"]:
        return "the first body is not faster, so the two never meet"
    if result < 0.05 * p["v1"]:
        return "the two almost stop each other"
    return "no body of everyday size moves faster than 1000 m/s" if p["v1"] > 1000 else None
