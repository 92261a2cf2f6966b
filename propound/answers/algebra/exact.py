"""Exact rational value of a tree, in integers alone, every intermediate result bounded beforehand."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from operator import add, mul

from propound.answers.errors import UnreadableError
from propound.answers.limits import MAX_BITS, MAX_FACTORIAL, MAX_ROOT, MAX_SYMBOLIC_BITS
from propound.answers.reading.tree import Apply, Node, Number

Exact = Fraction | None


def exact(tree: Node) -> Exact:
    """The rational value of `tree`; None where it has letters or is not seen to be rational.

    Raises `UnreadableError` where it is undefined (1/0) or over a limit.
    """
    if isinstance(tree, Number):
        return _bounded(tree.value)
    if not isinstance(tree, Apply):
        return None
    operands: list[Fraction] = []
    for operand in tree.operands:
        value = exact(operand)
        if value is None:
            return None
        operands.append(value)
    if tree.operation in _FOLDS:
        return reduce(lambda a, b: _bounded(_FOLDS[tree.operation](a, b)), operands)
    operation = _OPERATIONS.get(tree.operation)
    value = operation(*operands) if operation else None
    return None if value is None else _bounded(value)


def power(base: Fraction, exponent: Fraction) -> Exact:
    """base ** exponent where that is rational; None for an irrational or complex value."""
    if exponent.denominator != 1:
        rooted = None if base < 0 else root(base, Fraction(exponent.denominator))
        return None if rooted is None else power(rooted, Fraction(exponent.numerator))
    times = exponent.numerator
    if base == 0 and times <= 0:
        raise UnreadableError("zero to the power of zero or less")
    if base in (0, 1):
        return base
    if base == -1:
        return base if times % 2 else -base
    if bits(base) * abs(times) > MAX_BITS:
        raise UnreadableError("a power over the limit")
    return base**times


def root(radicand: Fraction, index: Fraction) -> Exact:
    """The real root where it is rational; None otherwise."""
    if index.denominator != 1 or not 1 <= index <= MAX_ROOT:
        raise UnreadableError("a root with an index over the limit")
    n = index.numerator
    if radicand < 0:
        mirrored = root(-radicand, index) if n % 2 else None
        return None if mirrored is None else -mirrored
    top, bottom = _integer_root(radicand.numerator, n), _integer_root(radicand.denominator, n)
    return None if top is None or bottom is None else Fraction(top, bottom)


def bits(value: Fraction) -> int:
    """Size of the larger of numerator and denominator."""
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def _bounded(value: Fraction) -> Fraction:
    if bits(value) > MAX_BITS:
        raise UnreadableError("a number over the limit")
    return value


def _integer_root(number: int, n: int) -> int | None:
    """The n-th root of a natural number where it is one, by Newton's method from above."""
    if number < 2:
        return number
    found = 1 << (number.bit_length() // n + 1)
    while True:
        better = ((n - 1) * found + number // found ** (n - 1)) // n
        if better >= found:
            return found if found**n == number else None
        found = better


def _divide(top: Fraction, bottom: Fraction) -> Fraction:
    if bottom == 0:
        raise UnreadableError("division by zero")
    return top / bottom


def _factorial(n: Fraction) -> Fraction:
    if n.denominator != 1 or n < 0:
        raise UnreadableError("a factorial of no natural number")
    if n > MAX_FACTORIAL:
        raise UnreadableError("a factorial over the limit")
    return Fraction(math.factorial(n.numerator))


def _binomial(n: Fraction, k: Fraction) -> Fraction:
    if n.denominator != 1 or k.denominator != 1 or n < 0 or k < 0:
        raise UnreadableError("a binomial coefficient of no natural numbers")
    if n > MAX_FACTORIAL:
        raise UnreadableError("a binomial coefficient over the limit")
    return Fraction(math.comb(n.numerator, k.numerator))


def _log(argument: Fraction, base: Fraction) -> Exact:
    """The logarithm where argument is an integer power of the base."""
    if argument <= 0 or base <= 0 or base == 1:
        raise UnreadableError("a logarithm outside its domain")
    if bits(argument) > MAX_SYMBOLIC_BITS:
        return None
    step, direction = (base, 1) if (argument >= 1) == (base > 1) else (1 / base, -1)
    value, exponent = Fraction(1), 0
    while value != argument and bits(value) <= bits(argument):
        value *= step
        exponent += direction
    return Fraction(exponent) if value == argument else None


_FOLDS: dict[str, Callable[[Fraction, Fraction], Fraction]] = {"add": add, "mul": mul}
_OPERATIONS: dict[str, Callable[..., Exact]] = {
    "div": _divide,
    "neg": lambda a: -a,
    "pow": power,
    "root": root,
    "log": _log,
    "abs": abs,
    "floor": lambda a: Fraction(math.floor(a)),
    "ceil": lambda a: Fraction(math.ceil(a)),
    "factorial": _factorial,
    "binomial": _binomial,
}
