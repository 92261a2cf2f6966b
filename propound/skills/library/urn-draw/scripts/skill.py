"""Probability of exactly `hits` of the first kind among `draws` objects drawn without replacement."""

from fractions import Fraction
from math import comb


def draw(rng, level, fixed):
    draws = 1 if rng.random() < 0.08 else rng.randint(2, 3 + level)
    return {
        "first": fixed.get("first", rng.randint(3, 5 + 7 * level)),
        "second": fixed.get("second", rng.randint(3, 5 + 7 * level)),
        "draws": draws,
        "hits": rng.randint(0, draws) if rng.random() < 0.2 else rng.randint(1, max(1, draws - 1)),
    }


def solve(p):
    ways = comb(p["first"], p["hits"]) * comb(p["second"], p["draws"] - p["hits"])
    return Fraction(ways, comb(p["first"] + p["second"], p["draws"]))


def recompute(p):
    chances = {0: Fraction(1)}
    for done in range(p["draws"]):
        left = p["first"] + p["second"] - done
        following = {}
        for hits, chance in chances.items():
            hit = chance * Fraction(p["first"] - hits, left)
            following[hits + 1] = following.get(hits + 1, Fraction(0)) + hit
            following[hits] = following.get(hits, Fraction(0)) + chance - hit
        chances = following
    return chances.get(p["hits"], Fraction(0))


def degenerate(p, result):
    if result in (0, 1):
        return "the event is impossible or certain"
    if p["draws"] == 1:
        return "a single draw is too easy"
    if p["hits"] == 0:
        return "no hit at all is asked for"
    return None
