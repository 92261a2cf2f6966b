"""Remainder of x^n f(x) on division by the monic quadratic g(x)."""


def draw(rng, level, fixed):
    return {
        "n": fixed.get("n", rng.randint(4, 6 + 3 * level)),
        "f": [rng.randint(1, 2 + level), *(rng.randint(-4, 4) for _ in range(rng.randint(1, 2)))],
        "g": [1, *(rng.choice((-1, 1)) * rng.randint(rng.random() > 0.07, 1 + level) for _ in range(2))],
    }


def solve(p):
    # work in the ring of remainders u x + v, where x^2 = -b x - c; x^n by repeated squaring
    _, b, c = p["g"]

    def times(first, second):
        square = first[0] * second[0]
        return (first[0] * second[1] + first[1] * second[0] - b * square, first[1] * second[1] - c * square)

    power, base, exponent = (0, 1), (1, 0), p["n"]
    while exponent:
        if exponent & 1:
            power = times(power, base)
        base = times(base, base)
        exponent >>= 1
    factor = (0, 0)
    for coefficient in p["f"]:
        factor = times(factor, (1, 0))
        factor = (factor[0], factor[1] + coefficient)
    high, low = times(power, factor)
    return [high, low] if high else [low]


def recompute(p):
    # long division
    rest = [*p["f"], *([0] * p["n"])]
    while len(rest) > 2:
        lead = rest[0]
        rest = [rest[index] - lead * p["g"][index] for index in (1, 2)] + rest[3:]
    return rest if rest[0] else rest[1:]


def degenerate(p, result):
    if len(result) < 2:
        return "the remainder is constant"
    if not any(p["f"][1:]):
        return "the factor is a single power"
    if p["g"][2] == 0:
        return "the divisor has the factor x"
    if p["g"][1] == 0:
        return "the divisor has no linear term, so every second power is a constant"
    return None
