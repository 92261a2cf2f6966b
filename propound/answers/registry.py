"""Which comparator serves which kind, and the one entry that bounds, extracts and compares."""

from __future__ import annotations

from collections.abc import Callable

from propound.answers.agreement import (
    DECLARED_COARSEST,
    INFERRED_COARSEST,
    Agreement,
    Comparison,
    Finding,
    Terms,
    equal,
    not_equal,
    undecided,
)
from propound.answers.comparators.antiderivatives import compare_modulo_constant
from propound.answers.comparators.collections import compare_multiset, compare_set, compare_tuple
from propound.answers.comparators.equations import compare_equation
from propound.answers.comparators.expressions import compare_expression, compare_polynomial
from propound.answers.comparators.formulas import compare_formula
from propound.answers.comparators.intervals import compare_interval
from propound.answers.comparators.literals import compare_boolean, compare_choice, compare_text
from propound.answers.comparators.matrices import compare_matrix
from propound.answers.comparators.numbers import compare_integer, compare_rational, compare_real
from propound.answers.comparators.programs import compare_output, compare_program
from propound.answers.comparators.quantities import compare_quantity
from propound.answers.effort import Effort
from propound.answers.errors import UnreadableError
from propound.answers.extraction import conclusion, extract
from propound.answers.inference import infer_kind
from propound.answers.kinds import AnswerKind
from propound.answers.limits import MAX_ANSWER, MAX_PROSE, SYMBOLIC_CALLS, SYMBOLIC_SECONDS
from propound.answers.thoughts import after_thoughts

Comparator = Callable[[str, str, Terms], Finding]

COMPARATORS: dict[AnswerKind, Comparator] = {
    AnswerKind.INTEGER: compare_integer,
    AnswerKind.RATIONAL: compare_rational,
    AnswerKind.REAL: compare_real,
    AnswerKind.EXPRESSION: compare_expression,
    AnswerKind.MODULO_CONSTANT: compare_modulo_constant,
    AnswerKind.POLYNOMIAL: compare_polynomial,
    AnswerKind.EQUATION: compare_equation,
    AnswerKind.SET: compare_set,
    AnswerKind.MULTISET: compare_multiset,
    AnswerKind.TUPLE: compare_tuple,
    AnswerKind.INTERVAL: compare_interval,
    AnswerKind.MATRIX: compare_matrix,
    AnswerKind.QUANTITY: compare_quantity,
    AnswerKind.CHOICE: compare_choice,
    AnswerKind.BOOLEAN: compare_boolean,
    AnswerKind.TEXT: compare_text,
    AnswerKind.CHEMICAL_FORMULA: compare_formula,
    AnswerKind.PROGRAM_OUTPUT: compare_output,
    AnswerKind.PROGRAM: compare_program,
}

_AS_WRITTEN = {AnswerKind.PROGRAM, AnswerKind.PROGRAM_OUTPUT}
"""Kinds whose text is compared whole: no box or sentence in it is a final answer."""


def compare(
    *, gold: str, answer: str, kind: AnswerKind | None = None, relative_tolerance: float | None = None
) -> Comparison:
    """Whether `answer` is the same as `gold`, an answer of `kind`. Total: it never raises on any text.

    Without `kind` it is inferred from the gold answer. Both texts pass through `extract` (except programs and what
    these print). `relative_tolerance` (at least 0, below 1) is used by real and quantity only; without it, theirs is
    half a unit in the last place that the gold answer gives.
    """
    coarsest = DECLARED_COARSEST if kind else INFERRED_COARSEST
    kind = kind or infer_kind(gold)
    terms = Terms(Effort(SYMBOLIC_CALLS, SYMBOLIC_SECONDS), relative_tolerance, coarsest)
    finding = _find(gold, answer, kind, terms)
    return Comparison(result=finding.result, kind=kind, reason=finding.reason)


def _find(gold: str, answer: str, kind: AnswerKind, terms: Terms) -> Finding:
    if terms.relative_tolerance is not None and not 0 <= terms.relative_tolerance < 1:
        return undecided("the relative tolerance is not between 0 and 1")
    if kind not in _AS_WRITTEN or after_thoughts(gold) == gold:
        said = after_thoughts(answer)
        if said is None:
            return not_equal("an unfinished thought is no answer")
        answer = said
    if kind in _AS_WRITTEN:
        if max(len(gold), len(answer)) > MAX_PROSE:
            return undecided("an answer over the limit of length")
        return _compared(gold, answer, kind, terms)
    expected = extract(gold)
    found = _compared(expected, extract(answer), kind, terms)
    if found.result is Agreement.EQUAL:
        return found
    meant, said = conclusion(gold), conclusion(answer)
    if (meant is None) == (said is None):
        return found
    again = _compared(meant or expected, said or extract(answer), kind, terms)
    if again.result is not Agreement.EQUAL:
        return found
    if meant is not None:
        return undecided("the gold answer is a sentence, the answer its end")
    return equal("what the last sentence of the answer says")


def _compared(gold: str, answer: str, kind: AnswerKind, terms: Terms) -> Finding:
    if kind not in _AS_WRITTEN and max(len(gold), len(answer)) > MAX_ANSWER:
        return undecided("an answer over the limit of length")
    if not gold.strip():
        return undecided("the gold answer is empty")
    if not answer.strip():
        return not_equal("the answer is empty")
    try:
        return COMPARATORS[kind](gold, answer, terms)
    except UnreadableError as error:
        return undecided(str(error))
    except (ValueError, ArithmeticError, RecursionError):
        return undecided("an error in reading or arithmetic")
