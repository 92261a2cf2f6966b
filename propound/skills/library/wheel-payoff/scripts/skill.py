"""Expected payout when a uniform number from 1 to n pays `prize` if divisible by `step`, otherwise itself."""

from fractions import Fraction


def draw(rng, level, fixed):
    return {
        "n": fixed.get("n", rng.randint(8, 40 * level)),
        "step": rng.randint(2, 8 + 2 * level),
        "prize": fixed.get("prize", rng.randint(5, 100 * level)),
    }


def solve(p):
    special = p["n"] // p["step"]
    plain = p["n"] * (p["n"] + 1) // 2 - p["step"] * special * (special + 1) // 2
    return Fraction(plain + special * p["prize"], p["n"])


def recompute(p):
    chance = Fraction(1, p["n"])
    total = Fraction(0)
    for number in range(1, p["n"] + 1):
        total += chance * (number if number % p["step"] else p["prize"])
    return total


def degenerate(p, result):
    if 2 * p["step"] > p["n"]:
        return "there is at most one special number"
    if p["step"] == 1:
        return "every number is special"
    return None
