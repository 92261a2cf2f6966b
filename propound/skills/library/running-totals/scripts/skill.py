"""Prefix sums. `solve` and `recompute` are self-contained: they become parts of programs."""


def draw(rng, level, fixed):
    return {}


def solve(values):
    totals = []
    total = 0
    for value in values:
        total += value
        totals.append(total)
    return totals


def recompute(values):
    return [sum(values[: index + 1]) for index in range(len(values))]
