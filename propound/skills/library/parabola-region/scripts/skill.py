"""Area between y = k x (n - x) and y = m x."""

from fractions import Fraction


def draw(rng, level, fixed):
    k = rng.randint(2, 4 + level)
    wide = 2 if rng.random() < 0.5 else 1
    if "m" in fixed:
        m = fixed["m"]
        n = m // k + rng.randint(wide, 6 + 4 * level)
    else:
        n = fixed.get("n", rng.randint(3, 6 + 6 * level))
        m = rng.randint(2, max(2, k * (n - wide) if wide > 1 else k * n - 1))
    return {"k": k, "n": n, "m": m}


def solve(p):
    width = abs(p["n"] - Fraction(p["m"], p["k"]))
    return p["k"] * width**3 / 6


def recompute(p):
    # Simpson's rule is exact for the quadratic difference of the two curves
    end = Fraction(p["k"] * p["n"] - p["m"], p["k"])

    def gap(x):
        return p["k"] * x * (p["n"] - x) - p["m"] * x

    return abs(end * (gap(Fraction(0)) + 4 * gap(end / 2) + gap(end)) / 6)


def degenerate(p, result):
    if p["m"] >= p["k"] * p["n"]:
        return "the line does not meet the parabola beyond the origin"
    if result < 2:
        return "the region is tiny"
    return None
