"""Inversions weighted by distance. `solve` and `recompute` are self-contained: they become parts of programs."""


def draw(rng, level, fixed):
    return {"gap": rng.randint(0, 8 + 6 * level), "reach": rng.randint(2, 4 + 4 * level)}


def solve(values: list[int], gap: int, reach: int) -> int:
    total = 0
    for right in range(len(values)):
        for left in range(max(0, right - reach), right):
            if values[left] - values[right] > gap:
                total += right - left
    return total


def recompute(values: list[int], gap: int, reach: int) -> int:
    from bisect import bisect_right, insort

    window: list[int] = []
    indices: dict[int, list[int]] = {}
    total = 0
    for index, value in enumerate(values):
        for larger in window[bisect_right(window, value + gap) :]:
            recent = [earlier for earlier in indices[larger] if index - earlier <= reach]
            indices[larger] = recent
            total += len(recent) * index - sum(recent)
        if value not in indices:
            indices[value] = []
            insort(window, value)
        indices[value].append(index)
    return total
