"""Verdicts again from stored evidence: the same as stored, or said to differ."""

from __future__ import annotations

from propound.verification.evidence import Evidence
from propound.verification.labelled import Label
from propound.verification.replay import MISSING, replay, tally
from propound.verification.vote import Rejection
from tests.factories.trials import evidence, row, vote

RIGHT = evidence("42", "42", "42", "42")
SCATTERED = evidence("1", "2", "3", "4")


def test_a_verdict_is_given_again() -> None:
    found = replay("one", "accepted", RIGHT, "42")
    assert (found.again, found.answer, found.differs) == ("accepted", "42", False)
    found = replay("two", Rejection.UNSOLVED, SCATTERED)
    assert (found.again, found.differs) == (Rejection.UNSOLVED, False)


def test_another_verdict_is_told() -> None:
    assert replay("one", "accepted", SCATTERED, "42").differs
    assert replay("one", Rejection.UNSOLVED, RIGHT).differs
    other = replay("one", "accepted", RIGHT, "43")
    assert other.differs
    assert other.rationale == "the gold answer is 42, not 43"


def test_what_was_not_recorded_is_told() -> None:
    """The rules of now ask judges, or for attempts, where none were recorded."""
    unasked = evidence("42", "42", "42", "42", judges=3)
    assert replay("one", "accepted", unasked).again == MISSING
    nothing = Evidence(standing=RIGHT.standing, claim="42")
    assert replay("one", "accepted", nothing).again == MISSING


def test_judges_that_were_asked_decide() -> None:
    votes = tuple(vote(name, valid=False) for name in ("first", "second", "third"))
    assert replay("one", "accepted", evidence("42", "42", "42", "42", votes=votes, judges=3)).differs


def test_labelled_problems_are_counted() -> None:
    found = tally(
        [
            row(1, Label.RIGHT, RIGHT),
            row(2, Label.RIGHT, SCATTERED),
            row(3, Label.WRONG_ANSWER, RIGHT),
            row(4, Label.AMBIGUOUS, SCATTERED),
            row(5, Label.LEAKS, RIGHT.model_copy(update={"attempts": None})),
            row(6, Label.RIGHT, None),
        ]
    )
    assert (found.n, found.accepted, found.wrong_accepted, found.right_rejected) == (5, 2, 1, 1)
    assert found.by_reason == {Rejection.UNSOLVED: 2, MISSING: 1}
    assert found.accepted_by_label == {Label.RIGHT: 1, Label.WRONG_ANSWER: 1}
