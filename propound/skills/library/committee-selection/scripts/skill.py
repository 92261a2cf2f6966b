"""Number of `size`-subsets of first + second distinct members with at least `least` from the first group."""

from math import comb


def draw(rng, level, fixed):
    size = rng.randint(3, 4 + level)
    return {
        "first": fixed.get("first", rng.randint(4, 7 + 5 * level)),
        "second": rng.randint(3, 6 + 5 * level),
        "size": size,
        "least": size if rng.random() < 0.08 else rng.randint(1, size - 1),
    }


def solve(p):
    chosen = range(p["least"], p["size"] + 1)
    return sum(comb(p["first"], k) * comb(p["second"], p["size"] - k) for k in chosen)


def recompute(p):
    # decide on one member after the other; state: (taken from the first group, taken in all)
    ways = {(0, 0): 1}
    for index in range(p["first"] + p["second"]):
        own = 1 if index < p["first"] else 0
        extended = dict(ways)
        for (mine, taken), count in ways.items():
            if taken < p["size"]:
                key = (mine + own, taken + 1)
                extended[key] = extended.get(key, 0) + count
        ways = extended
    return sum(count for (mine, taken), count in ways.items() if taken == p["size"] and mine >= p["least"])


def degenerate(p, result):
    if result == 0:
        return "no committee meets the minimum"
    if p["size"] - p["second"] >= p["least"]:
        return "every committee meets the minimum"
    if p["least"] == p["size"]:
        return "the second group plays no part"
    return None
