"""A list plus its rotation. `solve` and `recompute` are self-contained: they become parts of programs."""


def draw(rng, level, fixed):
    return {
        "shift": rng.randint(2, 10 + 5 * level),
        "own": rng.randint(1, 2 + level),
        "other": rng.randint(1, 3 + level),
    }


def solve(values: list[int], shift: int, own: int, other: int) -> list[int]:
    size = len(values)
    return [own * values[index] + other * values[(index + shift) % size] for index in range(size)]


def recompute(values: list[int], shift: int, own: int, other: int) -> list[int]:
    from collections import deque

    partners = deque(values)
    partners.rotate(-shift)
    return [own * value + other * partner for value, partner in zip(values, partners, strict=True)]
