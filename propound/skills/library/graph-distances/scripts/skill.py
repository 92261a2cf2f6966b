"""Distances in a graph on indices. `solve` and `recompute` are self-contained: they become parts of programs."""


def draw(rng, level, fixed):
    divisor = rng.randint(4, 9 + 3 * level)
    return {
        "step": rng.randint(2, 4 + level),
        "divisor": divisor,
        "remainder": rng.randint(0, divisor - 1),
    }


def solve(values: list[int], step: int, divisor: int, remainder: int) -> list[int]:
    distances = [-1] * len(values)
    queue = []
    if values:
        distances[0] = 0
        queue.append(0)
    for index in queue:
        for other in range(len(values)):
            joined = abs(index - other) == step or (values[index] + values[other]) % divisor == remainder
            if joined and distances[other] == -1:
                distances[other] = distances[index] + 1
                queue.append(other)
    return distances


def recompute(values: list[int], step: int, divisor: int, remainder: int) -> list[int]:
    from itertools import combinations

    size = len(values)
    edges = [
        (first, second)
        for first, second in combinations(range(size), 2)
        if second - first == step or (values[first] + values[second] - remainder) % divisor == 0
    ]
    distances = [0 if index == 0 else size for index in range(size)]
    changed = True
    while changed:
        changed = False
        for first, second in edges:
            for start, end in ((first, second), (second, first)):
                if distances[start] + 1 < distances[end]:
                    distances[end] = distances[start] + 1
                    changed = True
    return [distance if distance < size else -1 for distance in distances]
