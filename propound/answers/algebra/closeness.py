"""Closeness of real numbers: relative, never absolute, and no looser than the digits that were stated."""

from __future__ import annotations

from fractions import Fraction

from propound.answers.agreement import Finding, Terms, equal, not_equal, undecided
from propound.answers.algebra.exact import exact
from propound.answers.algebra.numeric import real_value
from propound.answers.reading.tree import Node, names

_SLACK = 1 + Fraction(1, 10**9)
"""So that a value exactly half a unit away, which rounds to the gold answer, agrees."""


def tolerance(value: Fraction, half_unit: Fraction | None, terms: Terms) -> Fraction | None:
    """The given tolerance, else half a unit in the last stated place over |value|, else None."""
    if terms.relative_tolerance is not None:
        return Fraction(terms.relative_tolerance)
    if half_unit is None:
        return None
    return min(half_unit / abs(value), terms.coarsest) if value else Fraction(0)


def close(gold: Fraction, answer: Fraction, relative: Fraction) -> Finding:
    """Whether |answer - gold| <= relative * |gold|."""
    if abs(answer - gold) <= relative * abs(gold) * _SLACK:
        return equal("within the relative tolerance")
    return not_equal("outside the relative tolerance")


def real(tree: Node) -> Fraction | None:
    """The real value of a tree without letters, exact where rational; None where it has none."""
    value = exact(tree)
    return real_value(tree) if value is None and not names(tree) else value


def close_trees(gold: Fraction, answer: Node, relative: Fraction) -> Finding:
    """`close`, for an answer that is still a tree."""
    value = real(answer)
    if value is not None:
        return close(gold, value, relative)
    return not_equal("letters where a number is asked") if names(answer) else undecided("no real number")
