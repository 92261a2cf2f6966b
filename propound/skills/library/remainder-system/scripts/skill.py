"""Entry number `place` of the increasing list of positive integers that are r modulo m and s modulo t."""

from math import gcd


def draw(rng, level, fixed):
    top = 9 + 8 * level
    m = rng.randint(4, top)
    t = rng.randint(4, top) if rng.random() < 0.4 else m + rng.choice((-1, 1, 2, 3))
    hidden = m  # positive remainders only, so that 0 is never on the list
    while hidden % m == 0 or hidden % t == 0:
        hidden = rng.randint(1, 10_000)
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
    if not (0 < p["r"] < p["m"] and 0 < p["s"] < p["t"]):
        return "a remainder is not between 0 and its divisor"
    if p["place"] < 2:
        return "the list is not needed for its first entry"
    return None


def candidates(p, result):
    around = 2 * p["m"] * p["t"]
    return range(max(1, result - around), result + around)


def satisfies(p, x):
    # each block of m t / gcd consecutive positive integers holds exactly one number of the list
    block = p["m"] * p["t"] // gcd(p["m"], p["t"])
    return x % p["m"] == p["r"] and x % p["t"] == p["s"] and (x - 1) // block == p["place"] - 1
