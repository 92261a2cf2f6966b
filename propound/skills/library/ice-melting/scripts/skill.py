"""m = (E + P t) / (2100 (273.15 - T) + 334000), in kilograms."""

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
    ratio = spread(rng, 0.04, 8)  # of the heater's energy to the other one
    if "e" in fixed:
        e, t = fixed["e"], neat(spread(rng, 20, 600 * level))
        p = neat(ratio * e / float(t))
    else:
        low = max(20, min(1000 / fixed.get("p", 50), 500))
        t = fixed.get("t", neat(spread(rng, low, 600 * level)))
        p = fixed.get("p", neat(spread(rng, 30, 1000 * level) * min(1, 1000 / float(t))))
        e = neat(float(p) * float(t) / ratio)
    return {"e": e, "p": p, "t": t, "ti": f"{rng.randint(2200, 2728) / 10:.1f}"}


def solve(p):
    return (p["e"] + p["p"] * p["t"]) / (2100 * (273.15 - p["ti"]) + 334000)


def recompute(p):
    # bisect for the mass that needs exactly this much energy, warmed in a hundred steps and then melted
    supplied = p["t"] * p["p"] + p["e"]
    step = (273.15 - p["ti"]) / 100

    def needed(mass):
        return sum(mass * 2100 * step for _ in range(100)) + mass * 334000

    low, high = 0.0, 1.0
    while needed(high) < supplied:
        high *= 2
    for _ in range(90):
        middle = (low + high) / 2
        low, high = (middle, high) if needed(middle) < supplied else (low, middle)
    return (low + high) / 2


def degenerate(p, result):
    if not 150 < p["ti"] < 272.5:
        return "the ice is not clearly below its melting point, or implausibly cold"
    if not 0.05 < p["p"] * p["t"] / p["e"] < 20:
        return "one of the two sources hardly matters"
    return "the mass is below three grams" if result < 0.003 else None
