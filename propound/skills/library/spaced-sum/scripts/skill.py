"""Best spaced choice. `solve` and `recompute` are self-contained: they become parts of programs."""


def draw(rng, level, fixed):
    return {"spacing": rng.randint(2, 5 + 3 * level), "fee": rng.randint(1, 14 + 5 * level)}


def solve(values: list[int], spacing: int, fee: int) -> int:
    best = [0]
    for index, value in enumerate(values):
        before = best[max(0, index - spacing + 1)]
        best.append(max(best[index], before + value - fee))
    return best[-1]


def recompute(values: list[int], spacing: int, fee: int) -> int:
    first_chosen: list[int] = []
    for value in reversed(values):
        allowed = first_chosen[: max(0, len(first_chosen) - spacing + 1)]
        first_chosen.append(value - fee + max([0, *allowed]))
    return max([0, *first_chosen])
