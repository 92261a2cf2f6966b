"""Quantities: the same dimension, and the same number in the gold answer's unit, within tolerance."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from propound.verification.answers.agreement import Agreement, Finding, Terms, not_equal, undecided
from propound.verification.answers.algebra.closeness import close_trees, real, tolerance
from propound.verification.answers.algebra.decision import decide
from propound.verification.answers.algebra.worth import Worth, worth
from propound.verification.answers.comparators.numbers import SEVERAL, without_about
from propound.verification.answers.errors import UnreadableError, side
from propound.verification.answers.reading.notation import check_depth, offers_alternatives, plain, split_name
from propound.verification.answers.reading.numerals import read_numeral
from propound.verification.answers.reading.syntax import parse
from propound.verification.answers.reading.tree import Apply, Node, Number
from propound.verification.answers.reading.units import read_unit

_NUMBER = re.compile(
    r"(?:[-+0-9.,/*^(){}! ]|\\(?:frac|sqrt|surd|pi|overline)(?![A-Za-z])|(?<=[0-9.])[eE](?=[+-]?[0-9]))*"
)
_MOST_CUTS = 24


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and its unit."""

    name: str | None
    number: Node
    half_unit: Fraction | None
    unit: dict[str, Fraction] | None
    """None where no unit is written."""


def compare_quantity(gold: str, answer: str, terms: Terms) -> Finding:
    """5 m is 500 cm; it is not 5, 5 cm or 5 s.

    The dimensions of SI decide, so J equals N m; a difference in radians alone (rad/s against 1/s) is
    undecided, and so is a number that agrees only as a difference of temperatures (25 °C against 25 K).
    """
    with side("gold answer"):
        expected = _read(gold)
    value = real(expected.number)
    if value is None:
        raise UnreadableError("gold answer: no real number")
    try:
        with side("answer"):
            given = _read(answer)
    except UnreadableError:
        if offers_alternatives(plain(answer)):
            return not_equal(SEVERAL)
        raise
    if expected.name and given.name and expected.name != given.name:
        return not_equal("the answer names another variable")
    relative = tolerance(value, expected.half_unit, terms.relative_tolerance)

    def judge(number: Node) -> Finding:
        if relative is not None:
            return close_trees(value, number, relative)
        return decide(expected.number, number, terms.effort)

    return _judged(expected, given, judge)


def _judged(expected: Quantity, given: Quantity, judge: Callable[[Node], Finding]) -> Finding:
    if expected.unit == given.unit:
        return judge(given.number)
    ours, theirs = worth(expected.unit or {}), worth(given.unit or {})
    found = judge(_times(given.number, theirs.factor / ours.factor))
    if ours.zero_point is not None or theirs.zero_point is not None:
        return _temperature(ours, theirs, given.number, judge, as_difference=found)
    if ours.dimension == theirs.dimension:
        return found
    if ours.without_angle != theirs.without_angle:
        return not_equal("another dimension" if given.unit is not None else "a number without its unit")
    return found if found.result is Agreement.NOT_EQUAL else undecided("an angle on one side only")


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


def _read(text: str) -> Quantity:
    """Splits at the longest start that is a number and leaves a unit."""
    name, written = split_name(plain(without_about(text)))
    check_depth(written)
    start = _NUMBER.match(written)
    end = start.end() if start else 0
    reason = "no number before the unit"
    for cut in range(end, max(0, end - _MOST_CUTS), -1):
        try:
            unit = _unit(written[cut:].strip())
            number, half_unit = _number(written[:cut].strip())
        except UnreadableError as error:
            reason = str(error) if cut == end else reason
            continue
        return Quantity(name, number, half_unit, unit)
    raise UnreadableError(reason)


def _unit(text: str) -> dict[str, Fraction] | None:
    if not text:
        return None
    return read_unit(f"1{text}" if text.startswith("/") else text.removeprefix("*"))


def _number(text: str) -> tuple[Node, Fraction | None]:
    numeral = read_numeral(text)
    if numeral is not None:
        return Number(numeral.value), numeral.half_unit
    return parse(text), None
