"""The smaller root of U I - R I^2 = E / t, in amperes."""

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
    power = spread(rng, 15, 800 * level)
    e, t = fixed.get("e"), fixed.get("t")
    if e is None:
        t = t or neat(spread(rng, 5, 300 * level))
        e = neat(power * float(t))
    t = t or neat(max(1, float(e) / power))
    power = float(e) / float(t)
    loss = spread(rng, 0.0065, 0.4)
    u = neat(spread(rng, 6, 60) * (power / 15) ** 0.4)
    current = power / (1 - loss) / float(u)
    return {"e": e, "t": t, "u": u, "r": neat(loss * float(u) / current, 3)}


def solve(p):
    power = p["e"] / p["t"]
    root = p["u"] ** 2 - 4 * p["r"] * power
    if root < 0:
        raise ValueError("the motor cannot do this work at this voltage")
    return 2 * power / (p["u"] + math.sqrt(root))


def recompute(p):
    # the mechanical power grows with the current up to U / 2R; bisect below that
    low, high = 0.0, p["u"] / (2 * p["r"])
    for _ in range(200):
        middle = (low + high) / 2
        if (p["u"] - p["r"] * middle) * middle * p["t"] < p["e"]:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def degenerate(p, result):
    loss = p["r"] * result / p["u"]
    if loss < 0.01:
        return "the resistance of the winding hardly matters"
    if p["t"] < 0.5:
        return "no motor starts and stops within half a second"
    if p["u"] > 3000 or result > 500:
        return "the voltage or the current is implausible"
    return None
