"""E = (sqrt(2 C E0) + I t)^2 / (2 C), in joules."""

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
    voltage = spread(rng, 4, 120)
    growth = spread(rng, 0.015, 2)
    if "e" in fixed or not fixed:
        e = fixed.get("e", neat(spread(rng, 30, 5000 * level)))
        c = neat(2 * float(e) / voltage**2)
        added = growth * voltage * float(c)
        t = neat(spread(rng, 5, 90 * level))
        return {"e": e, "c": c, "i": neat(added / float(t)), "t": t}
    if "i" in fixed:
        i, t = fixed["i"], neat(spread(rng, 5, 90 * level))
    else:
        i, t = neat(spread(rng, 1, 200) / fixed["t"]), fixed["t"]
    c = neat(float(i) * float(t) / growth / voltage)
    return {"e": neat(float(c) * voltage**2 / 2), "c": c, "i": i, "t": t}


def solve(p):
    charge = math.sqrt(2 * p["c"] * p["e"]) + p["i"] * p["t"]
    return charge**2 / (2 * p["c"])


def recompute(p):
    # each small portion of charge is lifted through the voltage that the capacitor has reached
    voltage = (2 * p["e"] / p["c"]) ** 0.5
    energy, steps = p["e"], 1000
    portion = p["i"] * p["t"] / steps
    for _ in range(steps):
        rise = portion / p["c"]
        energy += portion * (voltage + rise / 2)
        voltage += rise
    return energy


def degenerate(p, result):
    if math.sqrt(2 * result / p["c"]) > 800:
        return "a voltage above 800 V is implausible for such a capacitor"
    if p["c"] > 20000:
        return "a capacitance above 20000 F is implausible"
    if p["i"] > 2000:
        return "a charging current above 2000 A is implausible"
    return "the charging hardly changes the energy" if result < 1.05 * p["e"] else None
