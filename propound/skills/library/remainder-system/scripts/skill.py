"""Entry number `place` of the increasing list of positive integers that are r modulo m and s modulo t."""

from math import gcd


def draw(rng, level, fixed):
    top = 9 + 8 * level
    while True:  # positive remainders only, so that 0 is never on the list
        m, t, hidden = rng.randint(4, top), rng.randint(4, top), rng.randint(1, 10_000)
        if hidden % m and hidden % t:
            break
    place = fixed.get("place", rng.randint(2, 30 * level))
    return {"place": place, "r": hidden % m, "m": m, "s": hidden % t, "t": t}


def solve(p):
    common = gcd(p["m"], p["t"])
    period = p["m"] * p["t"] // common
    # p["r"] + p["m"] * k must be p["s"] modulo p["t"]
    reduced = p["t"] // common
    steps = (p["s"] - p["r"]) // common * pow(p["m"] // common, -1, reduced) % reduced if reduced > 1 else 0
    first = (p["r"] + p["m"] * steps) % period or period
    return first + (p["place"] - 1) * period


def recompute(p):
    number, found = (p["r"] or p["m"]) - p["m"], 0
    while found < p["place"]:
        number += p["m"]
        if number % p["t"] == p["s"]:
            found += 1
    return number


def degenerate(p, result):
    if p["m"] % p["t"] == 0 or p["t"] % p["m"] == 0:
        return "one divisor divides the other, so one condition is enough"
    if p["r"] == p["s"]:
        return "both remainders are the same, so the list can be read off"
    if p["place"] < 2:
        return "the list is not needed for its first entry"
    return None
