"""Expressions that are given up to an additive constant, as antiderivatives are."""

from __future__ import annotations

import re
from fractions import Fraction

from propound.answers.agreement import Agreement, Finding, Terms, equal, not_equal, undecided
from propound.answers.algebra.decision import decide
from propound.answers.algebra.numeric import real_value
from propound.answers.comparators.numbers import SEVERAL
from propound.answers.errors import UnreadableError
from propound.answers.reading.tree import Apply, Name, Node, Number, names
from propound.answers.reading.values import SeveralAnswersError, read_answer, read_gold

_CONSTANT = re.compile(r"[CcKkD](?:_[0-9])?")
_WORD = re.compile(
    r"(?<=[+-])\s*(?:\\text\s*\{\s*)?(?:const(?:ant)?\.?|arbitrary constant)\s*\}?\s*$", re.IGNORECASE
)
_INTEGRAL = re.compile(r"^\s*\$?\\int[^=]*=")
_EXPLANATION = re.compile(
    r"[\s,]*\b(?:where|with)\s+\$?[CcKkD]\$?\s+(?:is|being)\s+(?:an?|any|the)\b[\w\s]*$"
)
_PLACES = (Fraction(2), Fraction(1, 2), Fraction(1), Fraction(5), Fraction(0), Fraction(-2))


def compare_modulo_constant(gold: str, answer: str, terms: Terms) -> Finding:
    """x^2 + C is x^2 + K and x^2 + 1 + C: the difference is the same for all values of the letters.

    A gold answer that writes its constant needs one in the answer; without it the answer is undecided.
    """
    expected = read_gold(_lettered(gold))
    try:
        given = read_answer(_lettered(answer))
    except SeveralAnswersError:
        return not_equal(SEVERAL)
    if expected.name and given.name and expected.name != given.name:
        return not_equal("the answer names another function")
    if expected.percent or given.percent:
        raise UnreadableError("a percent sign beside a free constant")
    if decide(expected.tree, given.tree, terms.effort).result is Agreement.EQUAL:
        return equal("the same expression")
    ours, constant = split_constant(expected.tree)
    theirs, other = split_constant(given.tree, names(ours))
    found = _differ_by_a_constant(ours, theirs, terms)
    if constant and not other and found.result is Agreement.EQUAL:
        return undecided("the constant is missing")
    return found


def split_constant(tree: Node, taken: frozenset[str] = frozenset()) -> tuple[Node, str | None]:
    """The tree without its free additive constant, and that constant's letter; one in `taken` is none."""
    if isinstance(tree, Name) and _CONSTANT.fullmatch(tree.name) and tree.name not in taken:
        return Number(Fraction(0)), tree.name
    if not (isinstance(tree, Apply) and tree.operation == "add"):
        return tree, None
    for at in range(len(tree.operands) - 1, -1, -1):
        term = tree.operands[at]
        letter = term.operands[0] if isinstance(term, Apply) and term.operation == "neg" else term
        if not (isinstance(letter, Name) and _CONSTANT.fullmatch(letter.name)) or letter.name in taken:
            continue
        others = tree.operands[:at] + tree.operands[at + 1 :]
        rest = others[0] if len(others) == 1 else Apply("add", others)
        if letter.name not in names(rest):
            return rest, letter.name
    return tree, None


def _differ_by_a_constant(gold: Node, answer: Node, terms: Terms) -> Finding:
    same = decide(gold, answer, terms.effort)
    letters = names(gold) | names(answer)
    if same.result is Agreement.EQUAL or not letters:
        return same if letters else equal("both are constants")
    difference = Apply("add", (answer, Apply("neg", (gold,))))
    for place in _PLACES:
        there = _at(difference, place)
        if _has_value(there):
            found = decide(difference, there, terms.effort)
            if found.result is Agreement.EQUAL:
                return equal("differs by a constant")
            return (
                found if found.result is Agreement.UNDECIDED else not_equal("differs by more than a constant")
            )
    return undecided("no place where both sides have a value")


def _has_value(tree: Node) -> bool:
    try:
        return real_value(tree) is not None
    except UnreadableError:
        return False


def _at(tree: Node, value: Fraction) -> Node:
    """The tree with all its letters replaced by one number."""
    if isinstance(tree, Name):
        return Number(value)
    if isinstance(tree, Apply):
        return Apply(tree.operation, tuple(_at(operand, value) for operand in tree.operands))
    return tree


def _lettered(text: str) -> str:
    """Without the integral in front and the words about the constant behind."""
    return _WORD.sub(" C", _EXPLANATION.sub("", _INTEGRAL.sub("", text)))
