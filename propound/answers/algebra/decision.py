"""Decides whether two trees have the same value: exact arithmetic, normal forms, refutation, proof."""

from __future__ import annotations

from propound.answers.agreement import Finding, equal, not_equal, undecided
from propound.answers.algebra import exact, numeric, rational, symbolic
from propound.answers.effort import Effort
from propound.answers.reading.tree import UNKNOWN_BASE, Apply, Constant, Node, constants, names


def decide(gold: Node, answer: Node, effort: Effort) -> Finding:
    """Equal, not equal or undecided, never by closeness. `UnreadableError` where a side is undefined."""
    values = exact.exact(gold), exact.exact(answer)
    if None not in values:
        return equal("the same number") if values[0] == values[1] else not_equal("another number")
    written = constants(gold) | constants(answer)
    if "infinity" in written:
        return _infinite(gold, answer)
    if effort.spent:
        return undecided("the limit of processor time is reached")
    identical = gold == answer or rational.identical(gold, answer)
    if identical:
        return equal("the same expression, expanded")
    # pi and e apart are transcendental; of an expression in both nobody knows.
    if (identical is False and not {"pi", "e"} <= written) or numeric.refuted(gold, answer):
        one_sided = (UNKNOWN_BASE in names(gold)) != (UNKNOWN_BASE in names(answer))
        return undecided("a logarithm without its base") if one_sided else not_equal("differs in value")
    if symbolic.proven(gold, answer, effort):
        return equal("identical after simplification")
    return undecided("neither proven nor refuted")


def _infinite(gold: Node, answer: Node) -> Finding:
    if gold == answer:
        return equal("the same infinity")
    opposite = Apply("neg", (Constant("infinity"),))
    if {gold, answer} == {Constant("infinity"), opposite}:
        return not_equal("the opposite infinity")
    others = [side for side in (gold, answer) if "infinity" not in constants(side)]
    if others and isinstance(gold, Constant) != isinstance(answer, Constant) and not names(others[0]):
        return not_equal("one is infinite")
    return undecided("arithmetic with infinity")
