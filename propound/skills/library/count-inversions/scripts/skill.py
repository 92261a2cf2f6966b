"""Inversions of a list. `solve` and `recompute` are self-contained: they become parts of programs."""


def draw(rng, level, fixed):
    return {}


def solve(values):
    count = 0
    for right in range(len(values)):
        for left in range(right):
            if values[left] > values[right]:
                count += 1
    return count


def recompute(values):
    import bisect

    seen = []
    count = 0
    for value in values:
        count += len(seen) - bisect.bisect_right(seen, value)
        bisect.insort(seen, value)
    return count
