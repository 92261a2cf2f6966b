"""Ways to cut a list into blocks. `solve` and `recompute` are self-contained: they become parts of programs."""


def draw(rng, level, fixed):
    return {
        "longest": rng.randint(2, 4 + 2 * level),
        "divisor": rng.randint(1, 8 + 3 * level),
        "modulus": rng.randint(50, 400 * level),
    }


def solve(values: list[int], longest: int, divisor: int, modulus: int) -> int:
    ways = [1]
    for end in range(1, len(values) + 1):
        count = 0
        total = 0
        for start in range(end - 1, max(0, end - longest) - 1, -1):
            total += values[start]
            if total % divisor != 0:
                count += ways[start]
        ways.append(count % modulus)
    return ways[-1] % modulus


def recompute(values: list[int], longest: int, divisor: int, modulus: int) -> int:
    from functools import cache
    from itertools import accumulate

    residues = [total % divisor for total in accumulate(values, initial=0)]

    @cache
    def ways_from(start: int) -> int:
        if start == len(values):
            return 1
        ends = range(start + 1, min(start + longest, len(values)) + 1)
        return sum(ways_from(end) for end in ends if residues[end] != residues[start])

    return ways_from(0) % modulus
