"""T = T0 + efficiency E / (4180 m + C), in kelvin."""

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
    eff = rng.randint(45, 98)
    t0 = fixed.get("t0", str(rng.randint(276, 320)))
    rise = min(spread(rng, 1.7, 30 * level), 1.15 * (372 - float(t0)))
    walls = rng.uniform(0.02, 0.5)  # heat capacity of the vessel relative to the water's
    if "e" in fixed:
        m = neat(fixed["e"] * eff / 100 / rise / (1 + walls) / 4180, 3)
    else:
        m = fixed.get("m", neat(spread(rng, 0.1, 10 * level)))
    cap = neat(4180 * float(m) * walls)
    needed = rise * (4180 * float(m) + float(cap)) / eff * 100
    return {"e": fixed.get("e", neat(needed)), "eff": eff, "m": m, "cap": cap, "t0": t0}


def solve(p):
    return p["t0"] + p["eff"] * p["e"] / 100 / (4180 * p["m"] + p["cap"])


def recompute(p):
    # a thousand portions of heat, each split between water and vessel in proportion to their heat capacities
    water, vessel = 4180 * p["m"], p["cap"]
    share = water / (water + vessel)
    temperature, portion = p["t0"], p["e"] * p["eff"] / 100000
    for _ in range(1000):
        temperature += portion * share / water
    return temperature


def degenerate(p, result):
    if not 273.5 < p["t0"] < 372:
        return "the water is not liquid at the start"
    if p["m"] < 0.003:
        return "a few drops of water are no water to heat"
    if result >= 372:
        return "the water would boil"
    return "the temperature hardly changes" if result < p["t0"] + 2 else None
