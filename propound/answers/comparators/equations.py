"""Equations and inequalities: the same statement about their letters, however it is arranged."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from propound.answers.agreement import Agreement, Finding, Terms, equal, not_equal, undecided
from propound.answers.algebra.decision import decide
from propound.answers.algebra.exact import exact
from propound.answers.algebra.rational import Polynomial, rational_function
from propound.answers.algebra.roots import differ_in_roots
from propound.answers.errors import UnreadableError, side
from propound.answers.reading.notation import offers_alternatives, plain
from propound.answers.reading.relations import Relation, read_relations
from propound.answers.reading.syntax import parse
from propound.answers.reading.tree import Apply, Name, Node, Number, names

_SCALES = tuple(Fraction(*one) for one in ((1, 1), (-1, 1), (2, 1), (1, 2), (-2, 1), (-1, 2)))


def compare_equation(gold: str, answer: str, terms: Terms) -> Finding:
    """y = 2x + 1 is 2x - y + 1 = 0 and 2y = 4x + 2; of y = 2x + 1 the right side alone is enough.

    Equal where one side's difference is the other's times a constant; not equal where a point on one curve is not
    on the other. A system is compared equation by equation, in any order.
    """
    with side("gold answer"):
        expected = read_relations(gold)
    with side("answer"):
        given = _read_answer(expected, answer)
    if len(expected) == len(given) == 1:
        return _same(expected[0], given[0], terms)
    left = list(given)
    for relation in expected:
        match = next((one for one in left if _same(relation, one, terms).result is Agreement.EQUAL), None)
        if match is None:
            return undecided("systems whose equations differ one by one")
        left.remove(match)
    return undecided("more equations than asked") if left else equal("the same equations")


def _read_answer(expected: tuple[Relation, ...], answer: str) -> tuple[Relation, ...]:
    """The answer's equations; its bare expression where the gold answer is solved for a letter."""
    written = plain(answer)
    if not any(sign in written for sign in "=<>≤≥≠"):
        solved = expected[0].solved_for if len(expected) == 1 and expected[0].sign == "=" else None
        if solved is None or offers_alternatives(written):
            raise UnreadableError("no equation")
        tree = parse(written)
        if not names(tree):
            raise UnreadableError("a number where an equation is asked")
        return (Relation(Name(solved), "=", tree),)
    return read_relations(answer)


def _same(gold: Relation, answer: Relation, terms: Terms) -> Finding:
    if gold.sign != answer.sign:
        return not_equal("another relation")
    if names(gold.difference) != names(answer.difference):
        return _with_other_letters(gold, answer, terms)
    ours, theirs = _polynomial(gold.difference), _polynomial(answer.difference)
    if ours is None or theirs is None:
        return _as_expressions(gold, answer, terms)
    scale = _ratio(ours, theirs)
    if scale is not None and (scale > 0 or gold.sign in "=≠"):
        return equal("the same up to a factor")
    if gold.sign in "<≤":
        # A polynomial that is no multiple may still have the same sign everywhere.
        return not_equal("the opposite inequality") if scale is not None else _inequality(ours, theirs)
    if differ_in_roots(ours, theirs):
        return not_equal("another curve")
    return undecided("neither a multiple nor shown to differ")


def _with_other_letters(gold: Relation, answer: Relation, terms: Terms) -> Finding:
    """Letters may cancel (x + y - y = 0), so that they alone refute only polynomials in normal form."""
    ours, theirs = _polynomial(gold.difference), _polynomial(answer.difference)
    if ours is not None and theirs is not None:
        if _ratio(ours, theirs) is not None:
            return equal("the same up to a factor")
        return (
            not_equal("other letters") if _letters(ours) != _letters(theirs) else undecided("other letters")
        )
    return _as_expressions(gold, answer, terms)


def _inequality(ours: Polynomial, theirs: Polynomial) -> Finding:
    linear = all(sum(degree for _, degree in monomial) <= 1 for monomial in (*ours, *theirs))
    return not_equal("another half-plane") if linear else undecided("inequalities that are no multiples")


def _as_expressions(gold: Relation, answer: Relation, terms: Terms) -> Finding:
    if gold.solved_for and gold.solved_for == answer.solved_for and gold.sign == answer.sign:
        return decide(gold.right, answer.right, terms.effort)
    for scale in _SCALES:
        if scale > 0 or gold.sign in "=≠":
            scaled = Apply("mul", (Number(scale), answer.difference))
            if decide(gold.difference, scaled, terms.effort).result is Agreement.EQUAL:
                return equal("the same up to a factor")
    for one, other in _solved(gold, answer):
        placed = _placed(other.difference, one.left, one.right)
        if (
            gold.sign == "="
            and decide(placed, Number(Fraction(0)), terms.effort).result is Agreement.NOT_EQUAL
        ):
            return not_equal("a point of one curve is not on the other")
    return undecided("neither a multiple nor shown to differ")


def _solved(gold: Relation, answer: Relation) -> Iterator[tuple[Relation, Relation]]:
    if gold.solved_for:
        yield gold, answer
    if answer.solved_for:
        yield answer, gold


def _placed(tree: Node, name: Node, value: Node) -> Node:
    if tree == name:
        return value
    if isinstance(tree, Apply):
        return Apply(tree.operation, tuple(_placed(operand, name, value) for operand in tree.operands))
    return tree


def _polynomial(tree: Node) -> Polynomial | None:
    """The polynomial whose zeros the tree has; None where it is no rational function."""
    if exact(tree) is not None:
        raise UnreadableError("a relation without letters")
    form = rational_function(tree)
    if form is None:
        return None
    if not form.top:
        raise UnreadableError("a relation that holds for all numbers")
    if not form.is_polynomial and _divides(form.bottom, form.top):
        raise UnreadableError("a relation whose denominator may vanish with it")
    return form.top


def _divides(bottom: Polynomial, top: Polynomial) -> bool:
    """Whether the denominator may share a factor with the numerator, seen roughly: they share their letters."""
    shared = set.intersection(*(set(dict(monomial)) for monomial in top)) if top else set()
    return bool(shared & _letters(bottom))


def _letters(polynomial: Polynomial) -> set[str]:
    return {name for monomial in polynomial for name, _ in monomial}


def _ratio(ours: Polynomial, theirs: Polynomial) -> Fraction | None:
    """The constant k with ours = k * theirs."""
    if ours.keys() != theirs.keys():
        return None
    first = next(iter(ours))
    scale = ours[first] / theirs[first]
    return scale if all(ours[monomial] == scale * theirs[monomial] for monomial in ours) else None
