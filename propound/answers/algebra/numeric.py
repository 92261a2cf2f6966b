"""Values of trees at high precision, and the refutation of an equality by values at fixed points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from propound.answers.limits import MAX_BITS, MAX_ROOT
from propound.answers.reading.tree import Constant, Name, Node, Number, constants, names

DIGITS = 60
"""Working precision in decimal digits; every value is computed a second time with twice as many."""

STABLE_DIGITS = 50
"""Digits that both computations must share, or the value is dropped as unstable."""

DIFFERING_DIGITS = 40
"""Two values differ when they share fewer digits."""

_MOST_CANCELLED = 10 ** (DIGITS - STABLE_DIGITS)
"""A sum that loses more than this to its largest part has too few digits left, or none: e^5000 + 7 - e^5000."""

_LARGEST_EXPONENT = 10_000
_LARGEST_GAMMA = 1_000

_POSITIVE = tuple(
    Fraction(one, 10**7)
    for one in (7310585, 16180339, 22360679, 3183098, 31622776, 12020569, 5671432, 26854520)
)
_POINTS = (
    (1, 1, 1, 1), (1, 1, 1, 1), (1, 1, 1, 1), (1, -1, 1, -1), (-1, 1, 1, 1), (-1, -1, -1, -1),
    (-1, 1, -1, -1), (40, 30, 20, 10), (-50, -60, 70, 80), (-3000, 2000, 1000, -4000),
    (5000, -7000, 3000, 2000),
)  # fmt: skip
"""Signs and scales of the points, per letter in turn."""


class UndefinedError(ArithmeticError):
    """The tree has no value there, or none that is computed within bounds."""


def refuted(a: Node, b: Node) -> bool:
    """Whether a and b differ at a point where both have a value that is computed beyond doubt.

    Letters stand for real numbers, so a point where one side leaves the reals says nothing, unless `i` is
    written or there are no letters.
    """
    letters = sorted(names(a) | names(b))
    complex_allowed = not letters or "i" in constants(a) | constants(b)
    for row in range(len(_POINTS) if letters else 1):
        at = {letter: _coordinate(row, column) for column, letter in enumerate(letters)}
        try:
            left, right = _stable(a, at, complex_allowed), _stable(b, at, complex_allowed)
            if _differ(left, right, DIFFERING_DIGITS):
                return True
        except UndefinedError:
            continue
    return False


def real_value(tree: Node) -> Fraction | None:
    """The value of a tree without letters to `STABLE_DIGITS`; None where complex, undefined or unstable."""
    try:
        value = _stable(tree, {}, complex_allowed=True)
    except UndefinedError:
        return None
    if value.imag:
        return None
    mantissa, exponent = (int(part) for part in value.real.man_exp)
    return mantissa * Fraction(2) ** exponent if abs(exponent) <= MAX_BITS else None


def _coordinate(row: int, column: int) -> Fraction:
    scale = _POINTS[row][column % len(_POINTS[row])]
    return _POSITIVE[(3 * row + 5 * column) % len(_POSITIVE)] * scale + Fraction(column, 17)


def _stable(tree: Node, at: Mapping[str, Fraction], complex_allowed: bool) -> Any:
    from mpmath import MPContext
    from mpmath.libmp import NoConvergence

    values = []
    for digits in (DIGITS, 2 * DIGITS):
        context = MPContext()
        context.dps = digits
        try:
            values.append(context.mpc(_value(tree, at, context)))
        except (
            ArithmeticError,
            ValueError,
            TypeError,
            NotImplementedError,  # because mpmath raises it where it has no method for an argument: no value either
            NoConvergence,
        ) as error:
            raise UndefinedError from error
    rough, fine = values
    if not context.isfinite(fine) or _differ(rough, fine, STABLE_DIGITS):
        raise UndefinedError
    if abs(fine.imag) <= abs(fine) * context.mpf(10) ** -STABLE_DIGITS:
        return context.mpc(fine.real)
    if not complex_allowed:
        raise UndefinedError
    return fine


def _differ(a: Any, b: Any, digits: int) -> bool:
    return bool(abs(a - b) > max(abs(a), abs(b)) * b.context.mpf(10) ** -digits)


def _value(tree: Node, at: Mapping[str, Fraction], context: Any) -> Any:
    if isinstance(tree, Number):
        return _number(tree.value, context)
    if isinstance(tree, Name):
        return _number(at[tree.name], context)
    if isinstance(tree, Constant):
        if tree.name == "infinity":
            raise UndefinedError
        return {"pi": context.pi, "e": context.e, "i": context.mpc(0, 1)}[tree.name] * context.one
    operands = [_value(operand, at, context) for operand in tree.operands]
    operation = _OPERATIONS.get(tree.operation)
    if operation:
        return operation(context, *operands)
    return getattr(context, _NAMED[tree.operation])(*_small(operands))


def _number(value: Fraction, context: Any) -> Any:
    return context.mpf(value.numerator) / value.denominator


def _small(operands: list[Any]) -> list[Any]:
    """Refuses arguments whose reduction would take unbounded work: sin of a number with a billion digits."""
    if any(abs(one) > 10 ** (2 * DIGITS) for one in operands):
        raise UndefinedError
    return operands


def _power(context: Any, base: Any, exponent: Any) -> Any:
    if base == 0:
        if exponent.real <= 0:
            raise UndefinedError
        return base
    if abs(exponent) > _LARGEST_EXPONENT or abs(exponent * context.ln(base)) > _LARGEST_EXPONENT:
        raise UndefinedError
    return base**exponent


def _root(context: Any, radicand: Any, index: Any) -> Any:
    if index != int(index.real) or not 1 <= index.real <= MAX_ROOT:
        raise UndefinedError
    n = int(index.real)
    if n % 2 and not context.im(radicand) and radicand.real < 0:
        return -context.root(-radicand.real, n)
    return context.root(radicand, n)


def _log(context: Any, argument: Any, base: Any) -> Any:
    if argument == 0 or base in (0, 1):
        raise UndefinedError
    return context.ln(argument) / context.ln(base)


def _gamma_bounded(context: Any, *operands: Any) -> Any:
    if any(abs(one) > _LARGEST_GAMMA for one in operands):
        raise UndefinedError
    return context.factorial(*operands) if len(operands) == 1 else context.binomial(*operands)


def _product(context: Any, *factors: Any) -> Any:
    return context.fprod(factors)


def _sum(context: Any, *terms: Any) -> Any:
    total, largest = context.zero, context.one
    for term in terms:
        total += term
        largest = max(largest, abs(total))
    if largest > _MOST_CANCELLED * max(abs(total), 1):
        raise UndefinedError
    return total


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": _sum,
    "mul": _product,
    "div": lambda _, a, b: a / b,
    "neg": lambda _, a: -a,
    "abs": lambda _, a: abs(a),
    "pow": _power,
    "root": _root,
    "log": _log,
    "factorial": _gamma_bounded,
    "binomial": _gamma_bounded,
}
_NAMED = {
    **{name: name for name in ("sin", "cos", "tan", "cot", "sec", "csc", "floor", "ceil")},
    **{name: name for name in ("sinh", "cosh", "tanh")},
    "arcsin": "asin", "arccos": "acos", "arctan": "atan",
}  # fmt: skip
