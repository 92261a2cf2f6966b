"""E = m v^2 / 2, in joules."""


def draw(rng, level, fixed):
    return {
        "m": fixed.get("m", f"{rng.randint(2, 90 * level) / 10:.1f}"),
        "v": fixed.get("v", f"{rng.randint(10, 120 * level) / 10:.1f}"),
    }


def solve(p):
    return p["m"] * p["v"] ** 2 / 2


def recompute(p):
    # work done while the speed grows from 0 to v: the sum of m v dv (midpoint rule, exact for a linear integrand)
    steps = 2000
    width = p["v"] / steps
    return sum(p["m"] * (index + 0.5) * width * width for index in range(steps))


def degenerate(p, result):
    return "the energy is tiny" if result < 0.01 else None
