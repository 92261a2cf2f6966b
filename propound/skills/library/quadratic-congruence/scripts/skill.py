"""All x with 0 <= x < m and x^2 + b x congruent to c modulo m."""

from math import gcd


def draw(rng, level, fixed):
    c = fixed.get("c", rng.randint(2, 150 * level))
    m = rng.randint(12, 40 + 30 * level)
    if rng.random() < 0.9:  # a known solution, so that the set is not empty
        known = rng.choice([unit for unit in range(1, m) if gcd(unit, m) == 1])
        b = (c * pow(known, -1, m) - known) % m
    else:
        b = rng.randint(2, m - 1)
    return {"b": b if b > 1 else b + m, "c": c, "m": m}


def solve(p):
    solutions, modulus = [0], 1
    for part in _prime_powers(p["m"]):
        local = [x for x in range(part) if (x * x + p["b"] * x - p["c"]) % part == 0]
        lift = pow(modulus, -1, part)
        solutions = [x + modulus * ((y - x) * lift % part) for x in solutions for y in local]
        modulus *= part
    return set(solutions)


def _prime_powers(number):
    parts, divisor = [], 2
    while number > 1:
        part = 1
        while number % divisor == 0:
            number //= divisor
            part *= divisor
        if part > 1:
            parts.append(part)
        divisor += 1
    return parts


def recompute(p):
    # the values x^2 + b x grow by 2 x + 1 + b from one x to the next
    target, value, found = p["c"] % p["m"], 0, set()
    for x in range(p["m"]):
        if value == target:
            found.add(x)
        value = (value + 2 * x + 1 + p["b"]) % p["m"]
    return found


def degenerate(p, result):
    if not result:
        return "no residue solves the congruence"
    if p["c"] % p["m"] == 0:
        return "the right-hand side vanishes modulo the modulus"
    if p["b"] % p["m"] == 0:
        return "the linear term vanishes modulo the modulus"
    return None


def candidates(p, result):
    return range(p["m"])


def satisfies(p, x):
    return (x * (x + p["b"]) - p["c"]) % p["m"] == 0
