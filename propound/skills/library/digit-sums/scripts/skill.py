"""Digit sums in any base. `solve` and `recompute` are self-contained: they become parts of programs."""


def draw(rng, level, fixed):
    return {"addend": rng.randint(1, 40 * level), "base": rng.randint(2, 7 + 3 * level)}


def solve(values: list[int], addend: int, base: int) -> list[int]:
    sums = []
    for value in values:
        rest = abs(value + addend)
        total = 0
        while rest > 0:
            total += rest % base
            rest //= base
        sums.append(total)
    return sums


def recompute(values: list[int], addend: int, base: int) -> list[int]:
    def digit_sum(number: int) -> int:
        carries = 0
        power = base
        while power <= number:
            carries += number // power
            power *= base
        return number - (base - 1) * carries

    return [digit_sum(abs(value + addend)) for value in values]
