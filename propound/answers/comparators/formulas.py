"""Chemical formulas by their atoms and charge, reactions by their sides."""

from __future__ import annotations

from fractions import Fraction

from propound.answers.agreement import Agreement, Finding, Terms, equal, not_equal, undecided
from propound.answers.errors import side
from propound.answers.reading.formulas import Reaction, Side, Substance, read_chemistry
from propound.answers.reading.notation import plain

Totals = dict[tuple[frozenset[tuple[str, int]], int], Fraction]
"""How often each substance is on one side."""


def compare_formula(gold: str, answer: str, _terms: Terms) -> Finding:
    """H2O is H_2O and \\ce{H2O}; Fe^{2+} is not Fe^{3+}, Co is not CO.

    Two formulas of the same atoms that both show how these are bound, each differently (C2H5OH, CH3OCH3), may be
    isomers: undecided. A state (aq) may be added to a gold answer that gives none. Coefficients of a reaction count.
    """
    if plain(gold) == plain(answer):
        return equal("the same text")
    with side("gold answer"):
        expected = read_chemistry(gold)
    with side("answer"):
        given = read_chemistry(answer)
    if isinstance(expected, Substance) and isinstance(given, Substance):
        return _same(expected, given)
    if isinstance(expected, Reaction) and isinstance(given, Reaction):
        return _same_reaction(expected, given)
    return not_equal("a reaction against a substance")


def _same(gold: Substance, answer: Substance) -> Finding:
    if gold.atoms != answer.atoms:
        return not_equal("other atoms")
    if gold.charge != answer.charge:
        return not_equal("another charge")
    if gold.state and answer.state and gold.state != answer.state:
        return not_equal("another state of matter")
    if gold.state and not answer.state:
        return undecided("the state of matter is missing")
    if gold.has_water_apart != answer.has_water_apart:
        return undecided("the same atoms, with water apart on one side only")
    if gold.is_structural and answer.is_structural and gold.order != answer.order:
        return undecided("the same atoms, perhaps in another structure")
    return equal("the same atoms and charge")


def _same_reaction(gold: Reaction, answer: Reaction) -> Finding:
    left, right = _same_side(gold.left, answer.left), _same_side(gold.right, answer.right)
    worst = left if right.result is Agreement.EQUAL or left.result is Agreement.NOT_EQUAL else right
    if worst.result is Agreement.EQUAL and gold.reversible != answer.reversible:
        return undecided("another kind of arrow")
    return worst


def _same_side(gold: Side, answer: Side) -> Finding:
    ours, theirs = _totals(gold), _totals(answer)
    if ours.keys() != theirs.keys():
        return not_equal("other substances")
    if ours != theirs:
        return not_equal("other coefficients")
    left = [substance for _, substance in answer]
    for _, substance in gold:
        found = [_same(substance, other) for other in left]
        if not any(one.result is Agreement.EQUAL for one in found):
            return undecided("a substance in another state or structure")
    return equal("the same substances and coefficients")


def _totals(one_side: Side) -> Totals:
    totals: Totals = {}
    for times, substance in one_side:
        key = substance.atoms, substance.charge
        totals[key] = totals.get(key, Fraction(0)) + times
    return totals
