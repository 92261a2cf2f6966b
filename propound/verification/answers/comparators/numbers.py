"""Integers and rationals (exact), and reals (to the precision that the gold answer states)."""

from __future__ import annotations

import re
from collections.abc import Callable

from propound.verification.answers.agreement import Agreement, Finding, Terms, not_equal, undecided
from propound.verification.answers.algebra.closeness import close_trees, real, tolerance
from propound.verification.answers.algebra.decision import decide
from propound.verification.answers.algebra.exact import exact
from propound.verification.answers.errors import UnreadableError
from propound.verification.answers.reading.tree import Node
from propound.verification.answers.reading.values import SeveralAnswersError, Value, read_answer, read_gold

SEVERAL = "several answers where one is asked"

_ABOUT = re.compile(r"\s*(?:\\approx(?![A-Za-z])|≈|~|about\b|approximately\b)\s*")


def compare_integer(gold: str, answer: str, terms: Terms) -> Finding:
    """Exact; 5.0, 10/2 and 2^3-3 are 5."""
    value = exact(read_gold(gold).fraction_of_one)
    if value is None or value.denominator != 1:
        raise UnreadableError("gold answer: no integer")
    return compare_rational(gold, answer, terms)


def compare_rational(gold: str, answer: str, terms: Terms) -> Finding:
    """Exact; 0.75 and 6/8 are 3/4, 0.333 is not 1/3."""
    expected = read_gold(gold)
    if exact(expected.tree) is None:
        raise UnreadableError("gold answer: no rational number")
    return compare_values(expected, answer, lambda one, other: decide(one, other, terms.effort))


def compare_real(gold: str, answer: str, terms: Terms) -> Finding:
    """|answer - gold| <= tolerance * |gold|; the tolerance is given, or stated by the gold answer's digits.

    A gold answer without digits of its own (pi/4) and without a given tolerance needs an equal expression.
    """
    expected = read_gold(without_about(gold))

    def judge(one: Node, other: Node) -> Finding:
        value = real(one)
        if value is None:
            raise UnreadableError("gold answer: no real number")
        # A percent sign scales the number and its last place alike.
        scale = real(expected.tree)
        relative = tolerance(scale or value, expected.half_unit, terms.relative_tolerance)
        return decide(one, other, terms.effort) if relative is None else close_trees(value, other, relative)

    return compare_values(expected, without_about(answer), judge)


def compare_values(expected: Value, answer: str, judge: Callable[[Node, Node], Finding]) -> Finding:
    """Applies `judge` to two single values, with care for names ("x = 5") and percent signs."""
    try:
        given = read_answer(answer)
    except SeveralAnswersError:
        return not_equal(SEVERAL)
    if expected.name and given.name and expected.name != given.name:
        return not_equal("the answer names another variable")
    if expected.percent == given.percent:
        return judge(expected.tree, given.tree)
    if judge(expected.tree, given.tree).result is not Agreement.NOT_EQUAL:
        return undecided("a percent sign on one side only")
    return judge(expected.fraction_of_one, given.fraction_of_one)


def without_about(text: str) -> str:
    """The text without a leading sign or word for "about", which adds nothing where a tolerance applies."""
    return _ABOUT.sub("", text, count=1) if _ABOUT.match(text) else text
