"""Distance from an outer point to the farther intersection of a secant, with the nearer one at distance `near`."""

from fractions import Fraction
from math import isqrt


def draw(rng, level, fixed):
    if "radius" in fixed:
        radius = fixed["radius"]
        distance = radius + rng.randint(2, 10 + 10 * level)
    else:
        distance = fixed.get("distance", rng.randint(8, 25 + 25 * level))
        radius = rng.randint(max(2, distance // 4), distance - 1)
    tangent = isqrt(distance * distance - radius * radius)
    near = distance - radius if rng.random() < 0.08 else rng.randint(min(distance - radius + 1, tangent), tangent)
    return {"distance": distance, "radius": radius, "near": near}


def solve(p):
    return Fraction(p["distance"] ** 2 - p["radius"] ** 2, p["near"])


def recompute(p):
    # cosine of the angle at the point, foot of the perpendicular from the centre, mirror image of the nearer end
    near, distance = Fraction(p["near"]), Fraction(p["distance"])
    cosine = (near**2 + distance**2 - Fraction(p["radius"]) ** 2) / (2 * near * distance)
    foot = distance * cosine
    return foot + (foot - near)


def degenerate(p, result):
    if p["near"] == p["distance"] - p["radius"]:
        return "the line passes through the centre"
    if p["near"] < p["distance"] - p["radius"] or result < p["near"]:
        return "no line through the point meets the circle there first"
    if result == p["near"]:
        return "the line is a tangent"
    return None
