"""Identity of rational functions, decided exactly: numerator and denominator as polynomials in normal form.

This covers polynomials and most formulas without loading an algebra system. `pi` and `e` count as free
letters: each is transcendental, so two rational functions of one of them agree as numbers only if they do as
functions.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from propound.answers.algebra.exact import bits, exact
from propound.answers.errors import UnreadableError
from propound.answers.limits import MAX_DEGREE, MAX_SYMBOLIC_BITS, MAX_TERM_PRODUCTS
from propound.answers.reading.tree import Apply, Constant, Name, Node

Monomial = tuple[tuple[str, int], ...]
Polynomial = dict[Monomial, Fraction]
_ONE: Polynomial = {(): Fraction(1)}


class _TooMuchError(ValueError):
    """The normal form would grow over its limit."""


@dataclass(frozen=True, slots=True)
class RationalFunction:
    """A quotient, not reduced; the denominator is not the zero polynomial."""

    top: Polynomial
    bottom: Polynomial

    @property
    def is_polynomial(self) -> bool:
        """Whether the denominator is a number."""
        return self.bottom.keys() == {()}


_ZERO = RationalFunction({}, _ONE)


def identical(a: Node, b: Node) -> bool | None:
    """Whether a = b as rational functions; None where one is none, or grows over the limit.

    Raises `UnreadableError` where a division by zero shows.
    """
    ring = _Ring()
    try:
        left, right = ring.read(a), ring.read(b)
        if left is None or right is None:
            return None
        return ring.product(left.top, right.bottom) == ring.product(right.top, left.bottom)
    except _TooMuchError:
        return None


def rational_function(tree: Node) -> RationalFunction | None:
    """The normal form of `tree`; None where it is no rational function of letters or grows over the limit."""
    try:
        return _Ring().read(tree)
    except _TooMuchError:
        return None


class _Ring:
    """Arithmetic that counts its work."""

    def __init__(self) -> None:
        self._products_left = MAX_TERM_PRODUCTS

    def read(self, tree: Node) -> RationalFunction | None:
        if isinstance(tree, Name):
            return RationalFunction({((tree.name, 1),): Fraction(1)}, _ONE)
        if isinstance(tree, Constant):
            # The space keeps the constant apart from a letter of the same name.
            known = tree.name in {"pi", "e"}
            return RationalFunction({((f" {tree.name}", 1),): Fraction(1)}, _ONE) if known else None
        value = exact(tree)
        if value is not None:
            return RationalFunction({(): value} if value else {}, _ONE)
        return self._apply(tree) if isinstance(tree, Apply) else None

    def _apply(self, tree: Apply) -> RationalFunction | None:
        if tree.operation == "pow":
            base, exponent = self.read(tree.operands[0]), exact(tree.operands[1])
            if base is None or exponent is None or exponent.denominator != 1:
                return None
            return self._power(base, exponent.numerator)
        known = {"add": self._add, "mul": self._multiply, "div": self._divide, "neg": self._subtract}
        operation = known.get(tree.operation)
        if operation is None:
            return None
        total = _ZERO if tree.operation == "neg" else None
        for operand in tree.operands:
            value = self.read(operand)
            if value is None:
                return None
            total = value if total is None else operation(total, value)
        return total

    def _add(self, a: RationalFunction, b: RationalFunction) -> RationalFunction:
        if a.bottom == b.bottom:
            return RationalFunction(_total(a.top, b.top), a.bottom)
        top = _total(self.product(a.top, b.bottom), self.product(b.top, a.bottom))
        return RationalFunction(top, self.product(a.bottom, b.bottom))

    def _subtract(self, a: RationalFunction, b: RationalFunction) -> RationalFunction:
        return self._add(a, RationalFunction(_scaled(b.top, Fraction(-1)), b.bottom))

    def _multiply(self, a: RationalFunction, b: RationalFunction) -> RationalFunction:
        return RationalFunction(self.product(a.top, b.top), self.product(a.bottom, b.bottom))

    def _divide(self, a: RationalFunction, b: RationalFunction) -> RationalFunction:
        if not b.top:
            raise UnreadableError("division by zero")
        if b.top.keys() == {()}:
            return RationalFunction(self.product(_scaled(a.top, 1 / b.top[()]), b.bottom), a.bottom)
        return RationalFunction(self.product(a.top, b.bottom), self.product(a.bottom, b.top))

    def _power(self, base: RationalFunction, times: int) -> RationalFunction:
        if abs(times) > MAX_DEGREE:
            raise _TooMuchError
        result = RationalFunction(_ONE, _ONE)
        for _ in range(abs(times)):
            result = self._multiply(result, base)
        return self._divide(RationalFunction(_ONE, _ONE), result) if times < 0 else result

    def product(self, a: Polynomial, b: Polynomial) -> Polynomial:
        if a == _ONE:
            return b
        if b == _ONE:
            return a
        self._products_left -= len(a) * len(b)
        if self._products_left < 0:
            raise _TooMuchError
        found: Polynomial = {}
        for left, first in a.items():
            for right, second in b.items():
                monomial = _joined(left, right)
                found[monomial] = found.get(monomial, Fraction(0)) + first * second
        if any(bits(coefficient) > MAX_SYMBOLIC_BITS for coefficient in found.values()):
            raise _TooMuchError
        return {monomial: coefficient for monomial, coefficient in found.items() if coefficient}


def _total(a: Polynomial, b: Polynomial) -> Polynomial:
    total = dict(a)
    for monomial, coefficient in b.items():
        total[monomial] = total.get(monomial, Fraction(0)) + coefficient
    return {monomial: coefficient for monomial, coefficient in total.items() if coefficient}


def _scaled(a: Polynomial, factor: Fraction) -> Polynomial:
    return {monomial: coefficient * factor for monomial, coefficient in a.items()}


def _joined(a: Monomial, b: Monomial) -> Monomial:
    degrees = dict(a)
    for name, degree in b:
        degrees[name] = degrees.get(name, 0) + degree
        if degrees[name] > MAX_DEGREE:
            raise _TooMuchError
    return tuple(sorted(degrees.items()))
