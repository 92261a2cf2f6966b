"""Which comparator serves which kind, and the one entry that bounds, extracts and compares."""

from __future__ import annotations

from collections.abc import Callable

from propound.problem import MAX_ANSWER, AnswerKind
from propound.verification.answers.agreement import Comparison, Finding, Terms, not_equal, undecided
from propound.verification.answers.comparators.collections import compare_set, compare_tuple
from propound.verification.answers.comparators.expressions import compare_expression, compare_polynomial
from propound.verification.answers.comparators.literals import compare_boolean, compare_choice, compare_text
from propound.verification.answers.comparators.numbers import compare_integer, compare_rational, compare_real
from propound.verification.answers.comparators.programs import compare_program
from propound.verification.answers.comparators.quantities import compare_quantity
from propound.verification.answers.effort import Effort
from propound.verification.answers.errors import UnreadableError
from propound.verification.answers.extraction import extract
from propound.verification.answers.limits import SYMBOLIC_CALLS, SYMBOLIC_SECONDS

Comparator = Callable[[str, str, Terms], Finding]

COMPARATORS: dict[AnswerKind, Comparator] = {
    AnswerKind.INTEGER: compare_integer,
    AnswerKind.RATIONAL: compare_rational,
    AnswerKind.REAL: compare_real,
    AnswerKind.EXPRESSION: compare_expression,
    AnswerKind.POLYNOMIAL: compare_polynomial,
    AnswerKind.SET: compare_set,
    AnswerKind.TUPLE: compare_tuple,
    AnswerKind.QUANTITY: compare_quantity,
    AnswerKind.CHOICE: compare_choice,
    AnswerKind.BOOLEAN: compare_boolean,
    AnswerKind.TEXT: compare_text,
    AnswerKind.PROGRAM: compare_program,
}


def compare(
    gold: str, answer: str, kind: AnswerKind, *, relative_tolerance: float | None = None
) -> Comparison:
    """Whether `answer` is the same as `gold`, an answer of `kind`. Total: it never raises on any text.

    Both texts pass through `extract` (except programs). `relative_tolerance` (at least 0, below 1) is used by real
    and quantity only; without it, theirs is half a unit in the last place that the gold answer gives.
    """
    finding = _find(gold, answer, kind, relative_tolerance)
    return Comparison(result=finding.result, kind=kind, reason=finding.reason)


def _find(gold: str, answer: str, kind: AnswerKind, relative_tolerance: float | None) -> Finding:
    if relative_tolerance is not None and not 0 <= relative_tolerance < 1:
        return undecided("the relative tolerance is not between 0 and 1")
    if kind is not AnswerKind.PROGRAM:
        gold, answer = extract(gold), extract(answer)
        if max(len(gold), len(answer)) > MAX_ANSWER:
            return undecided("an answer over the limit of length")
    if not gold.strip():
        return undecided("the gold answer is empty")
    if not answer.strip():
        return not_equal("the answer is empty")
    try:
        return COMPARATORS[kind](
            gold, answer, Terms(Effort(SYMBOLIC_CALLS, SYMBOLIC_SECONDS), relative_tolerance)
        )
    except (UnreadableError, RecursionError) as error:
        return undecided(str(error) if isinstance(error, UnreadableError) else "nested too deeply")
