"""Capped Collatz lengths. `solve` and `recompute` are self-contained: they become parts of programs."""


def draw(rng, level, fixed):
    return {"offset": rng.randint(1, 15 * level), "cap": rng.randint(6, 20 + 15 * level)}


def solve(values: list[int], offset: int, cap: int) -> list[int]:
    counts = []
    for value in values:
        number = abs(value) + offset
        steps = 0
        while number != 1 and steps < cap:
            number = number // 2 if number % 2 == 0 else 3 * number + 1
            steps += 1
        counts.append(steps)
    return counts


def recompute(values: list[int], offset: int, cap: int) -> list[int]:
    numbers = [abs(value) + offset for value in values]
    counts = [cap] * len(values)
    for step in range(cap):
        for place, number in enumerate(numbers):
            if number == 1:
                counts[place] = min(counts[place], step)
            numbers[place] = 3 * number + 1 if number & 1 else number >> 1
    return counts
