"""Sum of the integers from 1 to n divisible by at least one, or exactly one, of a and b."""

from math import lcm


def draw(rng, level, fixed):
    a = rng.randint(3, 6 + level)
    return {
        "n": fixed.get("n", rng.randint(30, 400 * level * level)),
        "a": a,
        "b": a + rng.randint(rng.random() > 0.1, 8 + 6 * level),
        "kind": rng.choice(("at least one", "exactly one")),
    }


def solve(p):
    def multiples(d):
        count = p["n"] // d
        return d * count * (count + 1) // 2

    overlap = multiples(lcm(p["a"], p["b"]))
    return multiples(p["a"]) + multiples(p["b"]) - (1 if p["kind"] == "at least one" else 2) * overlap


def recompute(p):
    wanted = (1, 2) if p["kind"] == "at least one" else (1,)
    total = 0
    for number in range(1, p["n"] + 1):
        if (number % p["a"] == 0) + (number % p["b"] == 0) in wanted:
            total += number
    return total


def degenerate(p, result):
    if p["a"] == p["b"]:
        return "the two divisors are equal"
    if p["kind"] == "at least one" and (p["a"] % p["b"] == 0 or p["b"] % p["a"] == 0):
        return "one divisor divides the other, so it adds nothing"
    if 2 * max(p["a"], p["b"]) > p["n"]:
        return "the range holds hardly any multiples"
    return None
