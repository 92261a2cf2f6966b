"""Paths of unit steps right and up from (0, 0) to (width, height) that do not visit (x, y)."""

from math import comb


def draw(rng, level, fixed):
    width = fixed.get("width", rng.randint(4, 5 + 3 * level))
    height = fixed.get("height", rng.randint(4, 5 + 3 * level))
    rim = 0 if rng.random() < 0.18 else 1
    return {
        "width": width,
        "height": height,
        "x": rng.randint(rim, width - rim),
        "y": rng.randint(rim, height - rim),
    }


def solve(p):
    total = comb(p["width"] + p["height"], p["width"])
    right, up = p["width"] - p["x"], p["height"] - p["y"]
    if right < 0 or up < 0:
        return total
    return total - comb(p["x"] + p["y"], p["x"]) * comb(right + up, right)


def recompute(p):
    ways = {}
    for x in range(p["width"] + 1):
        for y in range(p["height"] + 1):
            if (x, y) == (p["x"], p["y"]):
                ways[x, y] = 0
            elif x == y == 0:
                ways[x, y] = 1
            else:
                ways[x, y] = ways.get((x - 1, y), 0) + ways.get((x, y - 1), 0)
    return ways[p["width"], p["height"]]


def degenerate(p, result):
    if result == 0:
        return "the blocked point is the start or the goal"
    if not (0 < p["x"] < p["width"] and 0 < p["y"] < p["height"]):
        return "the blocked point lies on the rim of the grid, or outside"
    return None
