"""Remainder of base ** exponent on division by modulus."""


def draw(rng, level, fixed):
    return {
        "base": fixed.get("base", rng.randint(2, 20 * level)),
        "exponent": fixed.get("exponent", rng.randint(5, 60 * level)),
        "modulus": rng.randint(15 + 10 * level, 30 + 50 * level),
    }


def solve(p):
    return pow(p["base"], p["exponent"], p["modulus"])


def recompute(p):
    product = 1
    for _ in range(p["exponent"]):
        product = product * p["base"] - product * p["base"] // p["modulus"] * p["modulus"]
    return product


def degenerate(p, result):
    if p["base"] % p["modulus"] in (0, 1, p["modulus"] - 1):
        return "the base is 0, 1 or -1 modulo the modulus"
    if p["base"] ** p["exponent"] < p["modulus"]:
        return "the power is smaller than the modulus"
    if result in (0, 1):
        return "the remainder is 0 or 1"
    return None


def candidates(p, result):
    return range(p["modulus"])


def satisfies(p, x):
    half, modulus = p["exponent"] // 2, p["modulus"]
    power = pow(p["base"], half, modulus) * pow(p["base"], p["exponent"] - half, modulus)
    return (power - x) % modulus == 0
