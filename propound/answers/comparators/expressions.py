"""Expressions and polynomials: the same value for all values of their letters."""

from __future__ import annotations

import re

from propound.answers.agreement import Finding, Terms, equal, undecided
from propound.answers.algebra.decision import decide
from propound.answers.algebra.rational import rational_function
from propound.answers.comparators.numbers import compare_values
from propound.answers.errors import UnreadableError
from propound.answers.reading.notation import plain
from propound.answers.reading.tree import Node
from propound.answers.reading.values import read_gold


def compare_expression(gold: str, answer: str, terms: Terms) -> Finding:
    """Letters must be the same ones; a decimal is only the rational that it writes.

    A gold answer outside the notation still equals its own text.
    """
    try:
        expected = read_gold(gold)
    except UnreadableError:
        if _as_text(gold) == _as_text(answer):
            return equal("the same text")
        raise
    return compare_values(expected, answer, lambda one, other: decide(one, other, terms.effort))


def _as_text(text: str) -> str:
    """The text without the braces that LaTeX needs not."""
    return re.sub(r" *([_^]) *| +", r"\1 ", re.sub(r"\{ ?(\w) ?\}", r" \1 ", plain(text))).strip()


def compare_polynomial(gold: str, answer: str, terms: Terms) -> Finding:
    """As expressions; an answer that divides by a letter is no polynomial, even where it cancels."""

    def judge(one: Node, other: Node) -> Finding:
        form = rational_function(other)
        if form is not None and not form.is_polynomial:
            return undecided("the answer divides by a polynomial")
        return decide(one, other, terms.effort)

    return compare_values(read_gold(gold), answer, judge)
