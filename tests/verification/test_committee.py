"""The acceptance rule and what an audit settles (method section 7), by hand and as invariants."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.answers.kinds import AnswerKind
from propound.verification.committee import Decision, Standard, decide, settle
from propound.verification.vote import WITHOUT_VERDICT, Abstention, Defect, Rejection, Vote

SEVEN = Standard("7", AnswerKind.INTEGER)


def _vote(
    answer: str | None = "7",
    *,
    valid: bool = True,
    rationale: str = "fine",
    rejection: Rejection | None = None,
    defects: tuple[Defect, ...] = (),
    abstention: Abstention | None = None,
) -> Vote:
    return Vote(
        verifier="v",
        answer=answer,
        valid=valid and not defects and not abstention,
        rationale=rationale,
        rejection=rejection,
        defects=defects,
        abstention=abstention,
    )


def _against(rejection: Rejection | None = None, answer: str | None = None) -> Vote:
    return _vote(answer, valid=False, rejection=rejection)


def _silent(abstention: Abstention = Abstention.UNPARSED) -> Vote:
    return _vote(None, abstention=abstention)


def test_three_valid_votes_that_agree_accept() -> None:
    assert decide([_vote(), _vote(), _vote("07")], SEVEN).rejection is None


def test_two_valid_votes_are_enough() -> None:
    assert decide([_vote(), _vote(), _against()], SEVEN).rejection is None


def test_one_valid_vote_is_not() -> None:
    votes = [_vote(), _against(), _against(Rejection.WRONG_ANSWER)]
    assert decide(votes, SEVEN) == Decision(Rejection.OUTVOTED, "v: fine")


def test_a_known_reason_is_kept() -> None:
    assert decide([_against(Rejection.WRONG_ANSWER)] * 3, SEVEN).rejection is Rejection.WRONG_ANSWER


@pytest.mark.parametrize("reason", [Rejection.AMBIGUOUS, Rejection.DEGENERATE, Rejection.GIVEN_AWAY])
def test_what_a_programmatic_member_proves_no_majority_and_no_audit_outweighs(reason: Rejection) -> None:
    decision = decide([_vote(), _vote(), _against(reason, "7")], SEVEN)
    assert (decision.rejection, decision.auditable) == (reason, False)
    assert settle(decision, _vote(), SEVEN).rejection is reason


@pytest.mark.parametrize("defect", list(Defect))
def test_one_named_defect_rejects_unless_the_audit_settles_it(defect: Defect) -> None:
    decision = decide([_vote(), _vote(), _vote(defects=(defect,))], SEVEN)
    assert (decision.rejection, decision.auditable) == (defect.rejection, True)
    assert settle(decision, _vote("7"), SEVEN).rejection is None
    assert settle(decision, None, SEVEN).rejection is defect.rejection
    assert "nobody is there for a second audit" in settle(decision, None, SEVEN).rationale


@pytest.mark.parametrize(
    "rationale",
    [
        "Precise and free of ambiguity.",
        "It would be unsolvable without the last sentence, which is there.",
        "ambiguous, under-specified, unsolvable",
        "There is more than one answer if x may be negative; it may not.",
    ],
)
def test_prose_decides_nothing(rationale: str) -> None:
    votes = [_vote(), _vote(), _vote(rationale=rationale)]
    assert decide(votes, SEVEN).rejection is None


def test_differing_answers_are_disputed_unless_the_audit_settles_them() -> None:
    decision = decide([_vote(), _vote(), _against(Rejection.WRONG_ANSWER, "8")], SEVEN)
    assert (decision.rejection, decision.auditable) == (Rejection.DISPUTED, True)
    assert settle(decision, _vote("7.0"), SEVEN).rejection is None
    assert settle(decision, _vote("8"), SEVEN).rejection is Rejection.DISPUTED
    assert settle(decision, None, SEVEN).rejection is Rejection.DISPUTED


@pytest.mark.parametrize(
    ("audit", "rejection"),
    [
        (_silent(Abstention.FAILED), Rejection.DISPUTED),
        (_against(None, "7"), Rejection.DISPUTED),
        (_vote(None), Rejection.DISPUTED),
        (_vote(defects=(Defect.CONTRADICTORY,)), Rejection.CONTRADICTORY),
    ],
)
def test_an_undecided_audit_rejects(audit: Vote, rejection: Rejection) -> None:
    disputed = decide([_vote(), _vote(), _against(None, "8")], SEVEN)
    assert settle(disputed, audit, SEVEN).rejection is rejection


@pytest.mark.parametrize(
    ("abstention", "rejection"),
    [
        (Abstention.UNDECIDED, Rejection.UNDECIDED),
        (Abstention.UNPARSED, Rejection.UNPARSED),
        (Abstention.FAILED, Rejection.JUDGE_FAILED),
    ],
)
def test_an_abstention_on_which_it_depends_is_told_apart_from_an_invalid_vote(
    abstention: Abstention, rejection: Rejection
) -> None:
    silent = _silent(abstention)
    assert decide([_vote(), _vote(), silent], SEVEN).rejection is None
    assert decide([_vote(), silent, silent], SEVEN).rejection is rejection
    assert decide([_vote(), _against(), silent], SEVEN).rejection is rejection
    assert decide([_against(), _against(), silent], SEVEN).rejection is Rejection.OUTVOTED
    assert rejection in WITHOUT_VERDICT


def test_an_answer_that_could_not_be_compared_disputes_nothing() -> None:
    vague = _vote("about seven or so", abstention=Abstention.UNDECIDED)
    assert decide([_vote(), _vote(), vague], SEVEN).rejection is None


def test_without_any_answer_nothing_is_decided() -> None:
    assert decide([_vote(None)] * 3, SEVEN).rejection is Rejection.UNDECIDED


_VOTES = st.builds(
    _vote,
    st.sampled_from([None, "7", "7.0", "8"]),
    valid=st.booleans(),
    rejection=st.sampled_from([None, Rejection.WRONG_ANSWER]),
    defects=st.sampled_from([(), (Defect.TRIVIAL,)]),
    abstention=st.sampled_from([None, None, *Abstention]),
)


@given(st.lists(_VOTES, min_size=3, max_size=3), st.none() | _VOTES)
def test_what_is_accepted_has_two_valid_votes_and_no_open_question(
    votes: list[Vote], audit: Vote | None
) -> None:
    before = decide(votes, SEVEN)
    after = settle(before, audit, SEVEN)
    if before.rejection is None:
        assert sum(vote.valid for vote in votes) >= 2
        assert not any(vote.defects for vote in votes)
        assert {vote.answer for vote in votes if not vote.abstention} <= {None, "7", "7.0"}
        assert after == before
    elif after.rejection is None:
        assert before.auditable
        assert audit is not None
        assert audit.valid
        assert audit.answer in ("7", "7.0")


@given(st.lists(_VOTES, min_size=3, max_size=3), st.permutations(range(3)))
def test_whether_it_is_accepted_does_not_depend_on_the_order_of_votes(
    votes: list[Vote], order: list[int]
) -> None:
    shuffled = [votes[place] for place in order]
    assert (decide(votes, SEVEN).rejection is None) == (decide(shuffled, SEVEN).rejection is None)
