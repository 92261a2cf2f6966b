"""A stable filter. `solve` and `recompute` are self-contained: they become parts of programs."""


def draw(rng, level, fixed):
    return {"divisor": rng.randint(1, 7 + 2 * level), "slope": rng.randint(1, 20 * level)}


def solve(values: list[int], divisor: int, slope: int) -> list[int]:
    kept = []
    for index, value in enumerate(values):
        if (value + slope * index) % divisor != 0:
            kept.append(value)
    return kept


def recompute(values: list[int], divisor: int, slope: int) -> list[int]:
    kept = list(values)
    step = slope % divisor
    residue = step * (len(values) - 1) % divisor
    for index in reversed(range(len(values))):
        if abs(values[index] + residue) % divisor == 0:
            del kept[index]
        residue = (residue - step) % divisor
    return kept
