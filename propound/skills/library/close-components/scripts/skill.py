"""Components of a proximity graph. `solve` and `recompute` are self-contained: they become parts of programs."""


def draw(rng, level, fixed):
    return {
        "reach": rng.randint(2, 4 + 2 * level),
        "difference": rng.randint(0, 6 + 4 * level),
        "least": rng.randint(1, 4),
    }


def solve(values: list[int], reach: int, difference: int, least: int) -> int:
    unseen = set(range(len(values)))
    total = 0
    while unseen:
        open_indices = [unseen.pop()]
        size = 0
        while open_indices:
            index = open_indices.pop()
            size += 1
            for other in range(index - reach, index + reach + 1):
                if other in unseen and abs(values[index] - values[other]) <= difference:
                    unseen.remove(other)
                    open_indices.append(other)
        if size >= least:
            total += size * size
    return total


def recompute(values: list[int], reach: int, difference: int, least: int) -> int:
    from collections import Counter
    from itertools import combinations

    parent = list(range(len(values)))

    def root(index: int) -> int:
        while parent[index] != index:
            index = parent[index]
        return index

    for first, second in combinations(range(len(values)), 2):
        near = second - first <= reach
        if near and max(values[first], values[second]) - min(values[first], values[second]) <= difference:
            parent[root(second)] = root(first)
    sizes = Counter(map(root, parent))
    return sum(size**2 for size in sizes.values() if size >= least)
