"""Largest exponent k for which base ** k divides n!."""

from math import factorial

_SMOOTH = (6, 12, 14, 15, 16, 18, 20, 21, 24, 27, 28, 30, 32, 35, 36, 40, 42, 45, 48, 50, 54, 56, 60, 63, 70, 72)


def draw(rng, level, fixed):
    smooth = rng.random() < 0.75
    return {
        "n": fixed.get("n", rng.randint(12, 120 * level * level)),
        "base": rng.choice(_SMOOTH) if smooth else rng.randint(5, 20 + 20 * level),
    }


def solve(p):
    base, prime, best = p["base"], 2, None
    while base > 1:
        power = 0
        while base % prime == 0:
            base //= prime
            power += 1
        if power:
            exponent, rest = 0, p["n"]
            while rest:
                rest //= prime
                exponent += rest
            best = exponent // power if best is None else min(best, exponent // power)
        prime += 1
    return best


def recompute(p):
    product, low, high = factorial(p["n"]), 0, 1
    while product % p["base"] ** high == 0:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if product % p["base"] ** middle == 0:
            low = middle
        else:
            high = middle
    return low


def degenerate(p, result):
    if p["base"] == 10:
        return "base 10 is the textbook case"
    if result < 2:
        return "there are hardly any zeros to count"
    if all(p["base"] % prime for prime in range(2, p["base"]) if prime * prime <= p["base"]):
        return "the base is prime, so nothing has to be compared"
    return None


def candidates(p, result):
    return range(max(0, result - 5), result + 6)


def satisfies(p, k):
    # k fits when n! still contains base ** k, and no further power: divide it out
    rest, power = factorial(p["n"]), p["base"] ** k
    return rest % power == 0 and rest // power % p["base"] != 0
