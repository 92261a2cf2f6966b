"""Prefix sums by blocks. `solve` and `recompute` are self-contained: they become parts of programs."""


def draw(rng, level, fixed):
    return {
        "block": rng.randint(1, 6 + 2 * level),
        "start": rng.choice((0, rng.randint(1, 40 * level))),
    }


def solve(values: list[int], block: int, start: int) -> list[int]:
    totals = []
    total = start
    for index, value in enumerate(values):
        if index % block == 0:
            total = start
        total += value
        totals.append(total)
    return totals


def recompute(values: list[int], block: int, start: int) -> list[int]:
    from itertools import accumulate

    totals = []
    for first in range(0, len(values), block):
        totals += list(accumulate(values[first : first + block], initial=start))[1:]
    return totals
