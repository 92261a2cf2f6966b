"""P = m g v (sin a + mu cos a) / efficiency with g = 9.81 m/s^2, in watts."""

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
    return {
        "m": fixed.get("m", neat(spread(rng, 4, 90 * level))),
        "v": fixed.get("v", neat(spread(rng, 0.12, 1.5 * level))),
        "angle": rng.randint(2, 44),
        "mu": f"{rng.randint(1, 55) / 100:.2f}",
        "eff": rng.randint(45, 95),
    }


def solve(p):
    slope = math.radians(p["angle"])
    pull = p["m"] * 9.81 * (math.sin(slope) + p["mu"] * math.cos(slope))
    return pull * p["v"] * 100 / p["eff"]


def recompute(p):
    # unit vector up the slope as a power of the turn by one degree; weight split by dot and cross product
    tiny = complex(1.0, math.pi / 180 / 4096)
    one_degree = (tiny / abs(tiny)) ** 4096
    along = one_degree ** p["angle"]
    weight = complex(0.0, -9.81 * p["m"])
    down = -(weight.real * along.real + weight.imag * along.imag)
    normal = abs(along.real * weight.imag - along.imag * weight.real)
    work_per_second = (down + p["mu"] * normal) * p["v"]
    return work_per_second / (p["eff"] / 100)


def degenerate(p, result):
    if p["v"] > 15:
        return "no load is dragged up a slope faster than 15 m/s"
    if p["v"] < 0.1 or result < 0.05:
        return "the load hardly moves, or the power is tiny"
    if result > 1e6:
        return "a power above a megawatt is implausible here"
    if p["mu"] < 0.05:
        return "friction hardly matters"
    return None
