"""Area of the quadrilateral (a, b), (-c, d), (-e, -f), (g, -h), one corner in each quadrant, in this order."""

from fractions import Fraction
from math import gcd

_NAMES = ("a", "b", "c", "d", "e", "f", "g", "h")


def draw(rng, level, fixed):
    return {name: fixed.get(name, rng.randint(1, 16 + 12 * level)) for name in _NAMES}


def _corners(p):
    return [(p["a"], p["b"]), (-p["c"], p["d"]), (-p["e"], -p["f"]), (p["g"], -p["h"])]


def solve(p):
    corners = _corners(p)
    following = corners[1:] + corners[:1]
    return Fraction(abs(sum(x * v - u * y for (x, y), (u, v) in zip(corners, following))), 2)


def recompute(p):
    # Pick's theorem, the lattice points being counted row by row
    corners = [(p["a"], p["b"]), (-p["c"], p["d"]), (-p["e"], -p["f"]), (p["g"], -p["h"])]
    sides = list(zip(corners, corners[1:] + corners[:1]))
    rim = sum(gcd(u - x, v - y) for (x, y), (u, v) in sides)
    inside = 0
    for row in range(-max(p["f"], p["h"]), max(p["b"], p["d"]) + 1):
        # crossings of the row; a corner belongs to the side that goes upwards from it
        cuts = sorted(
            Fraction(x) + Fraction((row - y) * (u - x), v - y)
            for (x, y), (u, v) in sides
            if min(y, v) <= row < max(y, v)
        )
        for left, right in zip(cuts[::2], cuts[1::2]):
            first, last = left.__floor__() + 1, right.__ceil__() - 1
            inside += max(0, last - first + 1)
            # a corner that touches the row, or a side along it, is no interior point
            inside -= sum(_on_rim(sides, column, row) for column in range(first, last + 1))
    return Fraction(inside) + Fraction(rim, 2) - 1


def _on_rim(sides, column, row):
    return any(
        (u - x) * (row - y) == (v - y) * (column - x)
        and min(x, u) <= column <= max(x, u)
        and min(y, v) <= row <= max(y, v)
        for (x, y), (u, v) in sides
    )


def degenerate(p, result):
    if min(p.values()) < 1:
        return "a corner lies outside its quadrant"
    if p["b"] == p["d"] or p["f"] == p["h"]:
        return "a side is horizontal"
    return None
