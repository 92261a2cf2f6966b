"""Quantities: the same dimension, and the same number in the gold answer's unit, within tolerance."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from propound.answers.agreement import Agreement, Finding, Terms, not_equal, undecided
from propound.answers.algebra.closeness import close, close_trees, real, tolerance
from propound.answers.algebra.decision import decide
from propound.answers.algebra.worth import Worth, worth
from propound.answers.comparators.numbers import SEVERAL
from propound.answers.errors import UnreadableError, side
from propound.answers.reading.notation import offers_alternatives, plain
from propound.answers.reading.quantities import Quantity, read_quantity
from propound.answers.reading.tree import Apply, Node, Number

_NATURES = ("becquerel", "gray", "sievert")
_THREE_FIGURES = Fraction(1, 200)
_ROUNDED_FACTOR = Fraction(1, 10**12)
"""What a degree is in radians is known to so many digits."""


def compare_quantity(gold: str, answer: str, terms: Terms) -> Finding:
    """5 m is 500 cm; it is not 5, 5 cm or 5 s.

    The dimensions of SI decide, so J equals N m; a difference in radians alone (rad/s against 1/s) is
    undecided, and so is a number that agrees only as a difference of temperatures (25 °C against 25 K).
    """
    with side("gold answer"):
        expected = read_quantity(gold)
    value = real(expected.number)
    if value is None:
        raise UnreadableError("gold answer: no real number")
    try:
        with side("answer"):
            given = read_quantity(answer)
    except UnreadableError:
        if offers_alternatives(plain(answer)):
            return not_equal(SEVERAL)
        raise
    if expected.name and given.name and expected.name != given.name:
        return not_equal("the answer names another variable")
    relative = tolerance(value, expected.half_unit, terms)

    def judge(number: Node) -> Finding:
        if relative is not None:
            return close_trees(value, number, relative)
        return decide(expected.number, number, terms.effort)

    return _judged(expected, given, judge)


def _judged(expected: Quantity, given: Quantity, judge: Callable[[Node], Finding]) -> Finding:
    if expected.unit == given.unit:
        return judge(given.number)
    ours, theirs = worth(expected.unit or {}), worth(given.unit or {})
    found = _converted(expected, given, theirs.factor / ours.factor, judge)
    if ours.zero_point is not None or theirs.zero_point is not None:
        return _temperature(ours, theirs, given.number, judge, as_difference=found)
    if ours.dimension == theirs.dimension:
        if found.result is Agreement.EQUAL and _nature(expected.unit) != _nature(given.unit):
            return undecided("units of one dimension for different things")
        return found
    if ours.without_angle != theirs.without_angle:
        return not_equal("another dimension" if given.unit is not None else "a number without its unit")
    return found if found.result is Agreement.NOT_EQUAL else undecided("an angle on one side only")


def _converted(
    expected: Quantity, given: Quantity, factor: Fraction, judge: Callable[[Node], Finding]
) -> Finding:
    """A number in another unit also agrees where it is the gold answer's, rounded to its own three digits or more."""
    number = _times(given.number, factor)
    found = judge(number)
    value, gold = real(number), real(expected.number)
    if found.result is Agreement.EQUAL or not value or gold is None:
        return found
    rounding = Fraction(0) if given.half_place is None else given.half_place * factor / abs(value)
    return close(gold, value, max(rounding if rounding <= _THREE_FIGURES else Fraction(0), _ROUNDED_FACTOR))


def _nature(unit: dict[str, Fraction] | None) -> set[str]:
    """What the SI names apart although the dimension is the same: decays from cycles, doses from energy per mass."""
    return {nature for nature in _NATURES for name in unit or {} if name.endswith(nature)}


def _temperature(
    ours: Worth, theirs: Worth, number: Node, judge: Callable[[Node], Finding], *, as_difference: Finding
) -> Finding:
    if ours.dimension != theirs.dimension:
        return not_equal("another dimension")
    kelvin = _times(Apply("add", (number, Number(theirs.zero_point or Fraction(0)))), theirs.factor)
    converted = Apply("add", (_times(kelvin, 1 / ours.factor), Number(-(ours.zero_point or Fraction(0)))))
    found = judge(converted)
    if found.result is Agreement.NOT_EQUAL and as_difference.result is not Agreement.NOT_EQUAL:
        return undecided("agrees as a difference of temperatures only")
    return found


def _times(number: Node, factor: Fraction) -> Node:
    return Apply("mul", (number, Number(factor)))
