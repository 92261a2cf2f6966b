"""v = sqrt(v0^2 + 2 P t / m), in metres per second."""

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
    start = float(fixed.get("v0", f"{rng.randint(10, 80 * level) / 10:.1f}"))
    gain = start**2 * (spread(rng, 1.005, 5) ** 2 - 1) / 2  # kinetic energy per kilogram
    drawn = {"v0": fixed.get("v0", f"{start:.1f}")}
    if "p" in fixed and "t" not in fixed:
        drawn["t"] = neat(spread(rng, 2, 40 * level))
        drawn["m"] = neat(fixed["p"] * float(drawn["t"]) / gain)
        return drawn
    drawn["m"] = fixed.get("m", neat(spread(rng, 5, 500 * level)))
    drawn["t"] = fixed.get("t", neat(spread(rng, 2, 40 * level)))
    drawn["p"] = neat(float(drawn["m"]) * gain / float(drawn["t"]))
    return drawn


def solve(p):
    return math.sqrt(p["v0"] ** 2 + 2 * p["p"] * p["t"] / p["m"])


def recompute(p):
    # the time to reach a speed is the integral of m v / P over the speed; bisect for the speed that takes t
    def time_to(speed):
        steps = 50
        width = (speed - p["v0"]) / steps
        return sum((p["v0"] + (index + 0.5) * width) * p["m"] / p["p"] * width for index in range(steps))

    low, high = p["v0"], 2 * p["v0"] + 1
    while time_to(high) < p["t"]:
        high *= 2
    for _ in range(70):
        middle = (low + high) / 2
        low, high = (middle, high) if time_to(middle) < p["t"] else (low, middle)
    return (low + high) / 2


def degenerate(p, result):
    if result > 120:
        return "a speed above 120 m/s is implausible without drag"
    if p["p"] < 0.05:
        return "the drive is implausibly weak"
    if result < 1.08 * p["v0"]:
        return "the drive hardly changes the speed"
    return "the mass is implausible for a vehicle" if not 0.02 < p["m"] < 500000 else None
