"""Numerators in lowest terms. `solve` and `recompute` are self-contained: they become parts of programs."""


def draw(rng, level, fixed):
    return {"factor": rng.randint(1, 3 + 3 * level), "denominator": rng.randint(2, 120 * level)}


def solve(values: list[int], factor: int, denominator: int) -> list[int]:
    numerators = []
    for value in values:
        product = factor * value
        divisor, rest = denominator, abs(product)
        while rest > 0:
            divisor, rest = rest, divisor % rest
        numerators.append(product // divisor)
    return numerators


def recompute(values: list[int], factor: int, denominator: int) -> list[int]:
    from fractions import Fraction

    return [(value * Fraction(factor, denominator)).numerator for value in values]
