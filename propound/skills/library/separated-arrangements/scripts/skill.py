"""Rows of a, b and c identical objects of three kinds in which no two of the third kind are adjacent."""

from functools import cache
from math import comb


def draw(rng, level, fixed):
    return {
        "a": fixed.get("a", rng.randint(2, 6 + 2 * level)),
        "b": fixed.get("b", rng.randint(2, 6 + 2 * level)),
        "c": 1 if rng.random() < 0.06 else rng.randint(2, 3 + level),
    }


def solve(p):
    others = p["a"] + p["b"]
    return comb(others, p["a"]) * comb(others + 1, p["c"])


def recompute(p):
    @cache
    def rows(a, b, c, free):
        if a == b == c == 0:
            return 1
        count = rows(a - 1, b, c, True) if a else 0
        count += rows(a, b - 1, c, True) if b else 0
        return count + (rows(a, b, c - 1, False) if c and free else 0)

    return rows(p["a"], p["b"], p["c"], True)


def degenerate(p, result):
    if result == 0:
        return "there are too few gaps to keep them apart"
    if p["c"] == 1:
        return "a single object needs no separation"
    if p["c"] == p["a"] + p["b"] + 1:
        return "every gap must be used"
    return None
