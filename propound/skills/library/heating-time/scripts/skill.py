"""t = 4180 m (T2 - T1) / (efficiency P - Q), in seconds."""

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
    eff = rng.randint(55, 98)
    t0 = fixed.get("t0", str(rng.randint(276, 310)))
    t1 = float(t0) + rng.uniform(0.08, 1.03) * (372 - float(t0))
    part = spread(rng, 0.023, 0.6)  # of the heat that arrives, lost again
    heat = 4180 * (round(t1) - float(t0)) / (1 - part) / eff * 100  # needed per kilogram
    if "p" in fixed:
        p = fixed["p"]
        least = max(60, 0.02 * heat / p)
        m = neat(p * spread(rng, least, max(4000 * level, 2 * least)) / heat, 3)
    else:
        m = fixed.get("m", neat(spread(rng, 0.2, 20 * level)))
        least = 60 * max(1, float(m))
        p = neat(float(m) * heat / spread(rng, least, max(4000 * level, 2 * least)))
    return {
        "m": m,
        "t0": t0,
        "t1": str(round(t1)),
        "p": p,
        "eff": eff,
        "loss": neat(float(p) * eff / 100 * part),
    }


def solve(p):
    power = p["eff"] / 100 * p["p"] - p["loss"]
    if power <= 0:
        raise ValueError("the heater cannot make up for the loss")
    return 4180 * p["m"] * (p["t1"] - p["t0"]) / power


def recompute(p):
    # follow the temperature in intervals of one second times a scale until the target lies inside the last one
    interval, capacity = 1.0, p["m"] * 4180

    def rise(time):
        return time * p["p"] * p["eff"] * 0.01 / capacity - time * p["loss"] / capacity

    while rise(interval) > (p["t1"] - p["t0"]) / 1000:
        interval /= 2
    while rise(interval) < (p["t1"] - p["t0"]) / 1000:
        interval *= 2
    temperature, time = p["t0"], 0.0
    while temperature + rise(interval) < p["t1"]:
        temperature += rise(interval)
        time += interval
    return time + interval * (p["t1"] - temperature) / rise(interval)


def degenerate(p, result):
    if not 273.5 < p["t0"] < p["t1"] < 372:
        return "the target is not warmer, or the water would not stay liquid"
    if p["m"] < 0.01:
        return "ten grams of water, or less, need no heater"
    arriving = p["eff"] / 100 * p["p"]
    if p["loss"] < 0.03 * arriving:
        return "the loss hardly matters"
    return "a time below one second or above a week is implausible" if not 1 < result < 604800 else None
