"""v = sqrt(2 (share E / m - mu g d)) with g = 9.81 m/s^2; 0 when the block stops on the way."""

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
    share = rng.randint(50, 95)
    launch = rng.uniform(2, 9 * level)
    m = fixed.get("m", neat(spread(rng, 0.2, 30 * level)))
    e = fixed.get("e", neat(float(m) * launch**2 * 50 / share))
    if "m" not in fixed:
        launch = max(launch, math.sqrt(share / 50 * float(e) / 800))  # no heavier than 800 kg
        m = neat(share / 50 * float(e) / launch**2, 3)
    mu = f"{rng.randint(5, 60) / 100:.2f}"
    d = min(rng.uniform(0.1, 0.97) * launch**2 / (2 * 9.81 * float(mu)), rng.uniform(60, 120))
    return {"e": e, "share": share, "m": m, "mu": mu, "d": neat(d)}


def solve(p):
    per_mass = p["share"] / 100 * p["e"] / p["m"] - p["mu"] * 9.81 * p["d"]
    return math.sqrt(2 * per_mass) if per_mass > 0 else 0.0


def recompute(p):
    # launch momentum, then constant deceleration: bisect for the earlier time at which d is covered
    momentum = (2 * p["m"] * p["e"] * p["share"] * 0.01) ** 0.5
    start, slowing = momentum / p["m"], p["mu"] * 9.81
    early, late = 0.0, start / slowing
    if start * late - slowing * late * late / 2 <= p["d"]:
        return 0.0
    for _ in range(200):
        middle = (early + late) / 2
        if start * middle - slowing * middle * middle / 2 < p["d"]:
            early = middle
        else:
            late = middle
    return start - slowing * late


def degenerate(p, result):
    start = math.sqrt(2 * p["share"] / 100 * p["e"] / p["m"])
    if result < 0.3 * start:
        return "friction stops the block, or almost"
    if p["d"] > 200:
        return "nothing slides on for more than 200 m"
    if start > 60:
        return "a launch faster than 60 m/s is implausible"
    return "friction hardly matters" if result > 0.98 * start else None
