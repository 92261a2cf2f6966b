"""Integers and rationals (exact), and reals (to the precision that the gold answer states)."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from propound.answers.agreement import Agreement, Finding, Terms, equal, not_equal, undecided
from propound.answers.algebra.closeness import close_trees, real, tolerance
from propound.answers.algebra.decision import decide
from propound.answers.algebra.exact import exact
from propound.answers.errors import UnreadableError, side
from propound.answers.reading.notation import plain, split_name, without_about
from propound.answers.reading.tree import Node, names
from propound.answers.reading.values import (
    APPROXIMATELY,
    SeveralAnswersError,
    Value,
    read_answer,
    read_value,
)
from propound.answers.reading.wording import read_plain_gold, worded

SEVERAL = "several answers where one is asked"

_CHAIN = re.compile(r"(?<![=<>≤≥≠])=(?!=)")
_LONGEST_CHAIN = 6
_ROUNDING = Fraction(1, 50)


def compare_integer(gold: str, answer: str, terms: Terms) -> Finding:
    """Exact; 5.0, 10/2 and 2^3-3 are 5."""
    with side("gold answer"):
        value = exact(read_plain_gold(gold).fraction_of_one)
    if value is None or value.denominator != 1:
        raise UnreadableError("gold answer: no integer")
    return compare_rational(gold, answer, terms)


def compare_rational(gold: str, answer: str, terms: Terms) -> Finding:
    """Exact; 0.75 and 6/8 are 3/4, 0.333 is not 1/3."""
    expected = read_plain_gold(gold)
    if exact(expected.tree) is None:
        raise UnreadableError("gold answer: no rational number")
    return compare_values(expected, answer, lambda one, other: decide(one, other, terms.effort))


def compare_real(gold: str, answer: str, terms: Terms) -> Finding:
    """|answer - gold| <= tolerance * |gold|; the tolerance is given, or stated by the gold answer's digits.

    A gold answer without digits of its own (pi/4) and without a given tolerance needs an equal expression.
    """
    expected = read_plain_gold(without_about(gold))

    def judge(one: Node, other: Node) -> Finding:
        value = real(one)
        if value is None:
            raise UnreadableError("gold answer: no real number")
        # A percent sign scales the number and its last place alike.
        scale = real(expected.tree)
        relative = tolerance(scale or value, expected.half_unit, terms)
        return decide(one, other, terms.effort) if relative is None else close_trees(value, other, relative)

    return compare_values(expected, without_about(answer), judge)


def compare_values(expected: Value, answer: str, judge: Callable[[Node, Node], Finding]) -> Finding:
    """Applies `judge` to two single values, with care for names ("x = 5"), percent signs and words (7 apples).

    A chain (6/4 = 3/2 = 1.5) is its values; they must all agree. A rounded value may follow the exact one.
    Where the gold answer is a plain number, what the answer says that it counts adds nothing to it.
    """
    try:
        found = _bare(expected, answer, judge)
    except UnreadableError:
        if names(expected.tree):
            raise
        restated = _worded(expected, answer, judge)
        if restated is None:
            raise
        return restated
    if found.result is Agreement.EQUAL or names(expected.tree):
        return found
    restated = _worded(expected, answer, judge)
    return found if restated is None or restated.result is not Agreement.EQUAL else restated


def _worded(expected: Value, answer: str, judge: Callable[[Node, Node], Finding]) -> Finding | None:
    """What comes of the number among the words of the answer; None where there is none."""
    found: list[Finding] = []
    for given in worded(answer):
        finding = judge(expected.fraction_of_one, given.tree)
        if expected.name and given.name and expected.name != given.name:
            finding = not_equal("the answer names another variable")
        elif given.label and finding.result is Agreement.NOT_EQUAL and given.label.unit:
            finding = undecided("another number, in a unit that the gold answer lacks")
        elif given.label and expected.label and not expected.label.fits(given.label):
            finding = not_equal("the number of something else")
        found.append(finding)
    if not found:
        return None
    best = next((one for one in found if one.result is Agreement.EQUAL), None)
    return found[-1] if best is None else equal("the same number, with words that say what it counts")


def _bare(expected: Value, answer: str, judge: Callable[[Node, Node], Finding]) -> Finding:
    exactly, *about = APPROXIMATELY.split(plain(answer))
    if (
        len(about) == 1
        and exactly.strip()
        and compare_values(expected, exactly, judge).result is Agreement.EQUAL
    ):
        return _with_rounding(expected, about[0])
    links = _CHAIN.split(split_name(plain(answer))[1])
    if 1 < len(links) <= _LONGEST_CHAIN:
        found = [compare_values(expected, link, judge) for link in links]
        same = {one.result for one in found}
        return found[0] if len(same) == 1 else undecided("a chain of equations whose sides do not all agree")
    try:
        given = read_answer(answer)
    except SeveralAnswersError:
        return not_equal(SEVERAL)
    if expected.name and given.name and expected.name != given.name:
        return not_equal("the answer names another variable")
    if expected.percent == given.percent:
        return judge(expected.tree, given.tree)
    without, scaled = (
        judge(expected.tree, given.tree),
        judge(expected.fraction_of_one, given.fraction_of_one),
    )
    size = real(expected.tree)
    if without.result is Agreement.EQUAL and size is not None and abs(size) > 1:
        return equal("the same number, of percent")
    if without.result is Agreement.NOT_EQUAL or without.result is scaled.result:
        return scaled
    return undecided("a percent sign on one side only")


def _with_rounding(expected: Value, rounded: str) -> Finding:
    exactly, value = real(expected.fraction_of_one), next(iter(worded(rounded)), None) or read_value(rounded)
    if (
        exactly is None
        or close_trees(exactly, value.fraction_of_one, _ROUNDING).result is not Agreement.EQUAL
    ):
        return undecided("an exact value beside one that does not round it")
    return equal("the exact value, with a rounded one")
