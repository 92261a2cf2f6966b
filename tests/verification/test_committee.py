"""The acceptance rule (method section 7) by hand."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from propound.answers.kinds import AnswerKind
from propound.verification.committee import Auditor, Decision, decide, names_defect
from propound.verification.verdict import Rejection, Vote


def _vote(
    answer: str | None = "7",
    *,
    valid: bool = True,
    rationale: str = "fine",
    rejection: Rejection | None = None,
) -> Vote:
    return Vote(verifier="v", answer=answer, valid=valid, rationale=rationale, rejection=rejection)


def _no_audit(_: Sequence[Vote]) -> str | None:
    return None


def _decide(votes: Sequence[Vote], auditor: Auditor = _no_audit) -> Decision:
    return decide(votes, auditor, gold="7", kind=AnswerKind.INTEGER)


def test_three_valid_votes_that_agree_accept() -> None:
    assert _decide([_vote(), _vote(), _vote("07")]).rejection is None


def test_two_valid_votes_are_enough() -> None:
    votes = [_vote(), _vote(), _vote(None, valid=False)]
    assert _decide(votes).answer == "7"


def test_one_valid_vote_is_not() -> None:
    votes = [_vote(), _vote(None, valid=False), _vote(None, valid=False, rejection=Rejection.WRONG_ANSWER)]
    assert _decide(votes).rejection is Rejection.OUTVOTED


def test_a_known_reason_is_kept() -> None:
    votes = [_vote(None, valid=False, rejection=Rejection.WRONG_ANSWER)] * 3
    assert _decide(votes).rejection is Rejection.WRONG_ANSWER


@pytest.mark.parametrize("reason", [Rejection.AMBIGUOUS, Rejection.DEGENERATE, Rejection.GIVEN_AWAY])
def test_one_vote_that_names_a_defect_rejects(reason: Rejection) -> None:
    votes = [_vote(), _vote(), _vote(valid=False, rejection=reason)]
    assert _decide(votes).rejection is reason


def test_a_rationale_that_names_ambiguity_rejects_even_valid_votes() -> None:
    votes = [_vote(), _vote(), _vote(rationale="valid, though the statement is ambiguous about zero")]
    assert _decide(votes).rejection is Rejection.AMBIGUOUS


def test_differing_answers_are_disputed_unless_the_audit_settles_them() -> None:
    votes = [_vote("7"), _vote("7"), _vote("8")]
    assert _decide(votes).rejection is Rejection.DISPUTED
    settled = _decide(votes, lambda _: "7")
    assert (settled.rejection, settled.answer) == (None, "7")


def test_answers_are_compared_with_the_gold_one_whoever_voted_first() -> None:
    """`2x + 1` is a right answer where `y = 2x + 1` is the gold one, not the other way round."""
    votes = [_vote("2x + 1"), _vote("y = 2x + 1"), _vote("1 + 2x")]
    decided = decide(votes, _no_audit, gold="y = 2x + 1", kind=AnswerKind.EQUATION)
    assert (decided.rejection, decided.answer) == (None, "2x + 1")


def test_answers_that_agree_on_another_answer_than_the_gold_one_are_disputed() -> None:
    assert _decide([_vote("8")] * 3).rejection is Rejection.DISPUTED


def test_without_any_answer_nothing_is_decided() -> None:
    assert _decide([_vote(None)] * 3).rejection is Rejection.UNDECIDED


@pytest.mark.parametrize(
    ("rationale", "defect"),
    [
        ("The statement is under-specified.", True),
        ("Unsolvable as it stands", True),
        ("There is more than one answer", True),
        ("The statement is not ambiguous.", False),
        ("No ambiguity; clear and solvable.", False),
        ("Unambiguous.", False),
        ("Not a trivial problem; the order is ambiguous", True),
    ],
)
def test_rationales_that_name_a_defect(rationale: str, defect: bool) -> None:
    assert (names_defect(rationale) is not None) is defect
