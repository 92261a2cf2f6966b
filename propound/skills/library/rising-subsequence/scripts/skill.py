"""Longest rising subsequence. `solve` and `recompute` are self-contained: they become parts of programs."""


def draw(rng, level, fixed):
    return {"rise": rng.randint(0, 8 + 5 * level), "leap": rng.randint(2, 4 + level)}


def solve(values: list[int], rise: int, leap: int) -> int:
    lengths: list[int] = []
    for index, value in enumerate(values):
        best = 0
        for earlier in range(max(0, index - leap), index):
            if value - values[earlier] >= rise:
                best = max(best, lengths[earlier])
        lengths.append(best + 1)
    return max(lengths, default=0)


def recompute(values: list[int], rise: int, leap: int) -> int:
    layer = set(range(len(values)))
    length = 0
    while layer:
        length += 1
        layer = {
            later
            for index in layer
            for later in range(index + 1, min(index + leap + 1, len(values)))
            if values[later] >= values[index] + rise
        }
    return length
