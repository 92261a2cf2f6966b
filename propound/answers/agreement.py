"""The three outcomes of a comparison, and the record that carries one with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from propound.answers.effort import Effort
from propound.answers.kinds import AnswerKind
from propound.record import Record

DECLARED_COARSEST = Fraction(1, 20)
"""Two significant figures state at most 5 %."""

INFERRED_COARSEST = Fraction(1, 200)
"""Three significant figures state at most 0.5 %; where nobody declared a kind, two are not taken at their word."""


class Agreement(StrEnum):
    """What a comparison found."""

    EQUAL = "equal"
    NOT_EQUAL = "not_equal"
    UNDECIDED = "undecided"
    """UnreadableError, ambiguous, over a limit, or neither proven nor refuted; it never counts as equal."""


class Comparison(Record):
    """One comparison's outcome; the reason is one of our own sentences and never quotes the input."""

    result: Agreement
    kind: AnswerKind
    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a comparator returns."""

    result: Agreement
    reason: str


def equal(reason: str) -> Finding:
    """The answers are the same."""
    return Finding(Agreement.EQUAL, reason)


def not_equal(reason: str) -> Finding:
    """The answers differ."""
    return Finding(Agreement.NOT_EQUAL, reason)


def undecided(reason: str) -> Finding:
    """Neither could be shown."""
    return Finding(Agreement.UNDECIDED, reason)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a comparator may use: the caller's tolerance and the effort that is left for this comparison."""

    effort: Effort
    relative_tolerance: float | None = None
    coarsest: Fraction = DECLARED_COARSEST
    """Largest relative tolerance that the gold answer's own digits may state."""
