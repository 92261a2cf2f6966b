"""Lattice points strictly inside the triangle (0, 0), (a, b), (c, d)."""

from math import gcd


def draw(rng, level, fixed):
    top = 8 + 8 * level
    low = 0 if rng.random() < 0.4 else 1
    return {
        "a": fixed.get("a", rng.randint(3, top)),
        "b": rng.randint(low, top),
        "c": rng.randint(low, top),
        "d": fixed.get("d", rng.randint(3, top)),
    }


def solve(p):
    double = abs(p["a"] * p["d"] - p["b"] * p["c"])
    if double == 0:
        return 0
    rim = gcd(p["a"], p["b"]) + gcd(p["c"], p["d"]) + gcd(p["a"] - p["c"], p["b"] - p["d"])
    return (double - rim + 2) // 2


def recompute(p):
    a, b, c, d = p["a"], p["b"], p["c"], p["d"]
    count = 0
    for x in range(1, max(a, c)):
        for y in range(1, max(b, d)):
            # the point must lie on the same side of all three edges
            sides = (a * y - b * x, (c - a) * (y - b) - (d - b) * (x - a), d * x - c * y)
            if all(side > 0 for side in sides) or all(side < 0 for side in sides):
                count += 1
    return count


def degenerate(p, result):
    if p["a"] * p["d"] == p["b"] * p["c"]:
        return "the corners lie on one line"
    if result < 3:
        return "hardly any points lie inside"
    if 0 in (p["b"], p["c"]):
        return "a side lies on an axis, so the columns can simply be counted"
    return None
