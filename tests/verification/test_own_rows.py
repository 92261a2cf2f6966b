"""What the evidence comes to for a row that somebody brings: every branch, by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.answers import AnswerKind
from propound.solving.asking import Asking
from propound.solving.attempt import Attempt
from propound.solving.lint import Finding, Lint
from propound.solving.reference import Reference
from propound.verification.consensus import Rule
from propound.verification.evidence import Evidence, Standing
from propound.verification.open.rows import (
    Result,
    RowVerdict,
    Summary,
    judged,
    same_but_for_form,
    unread,
)
from propound.verification.vote import Abstention, Defect, Rejection, Vote

Answers = Mapping[str, Sequence[str | None]]
"""Of the attempts, by family."""
A, S, D, I, U = RowVerdict  # noqa: E741 - agrees, suspected wrong, disputed, ill posed, unknown


def attempts(families: Answers, posed: bool | None = None) -> tuple[Attempt, ...]:
    """Attempts with these answers, by family."""
    return tuple(
        Attempt(
            solver=f"m-{family}",
            family=family,
            version="v",
            number=number,
            well_posed=posed,
            answer=answer,
            failure=None if answer is not None else "it printed nothing",
            prompt="p",
        )
        for family, answers in families.items()
        for number, answer in enumerate(answers)
    )


def evidence(families: Answers, claim: str = "42", **found: Any) -> Evidence:
    """Evidence of a row without a program; `posed`, `judges`, `audits` and `rule` are for what else there is."""
    rule = found.pop("rule", Rule())
    posed = found.pop("posed", None)
    standing = Standing(
        rule=rule, judges=len(found.get("votes") or ()), audits=found.pop("audits", "audit" in found)
    )
    return Evidence(
        standing=standing, claim=claim, kind=AnswerKind.INTEGER, attempts=attempts(families, posed), **found
    )


def vote(
    name: str = "judge",
    answer: str | None = "42",
    *defects: Defect,
    abstention: Abstention | None = None,
    **more: Any,
) -> Vote:
    """A vote, valid unless it says otherwise."""
    valid = more.pop("valid", not defects and abstention is None)
    return Vote(
        verifier=name,
        answer=answer,
        valid=valid,
        rationale="r",
        defects=defects,
        abstention=abstention,
        **more,
    )


WRONG: dict[str, Any] = {"valid": False, "rejection": Rejection.WRONG_ANSWER}
RIGHT = {"a": ["42", "42"], "b": ["42"]}
OTHER = {"a": ["41", "41"], "b": ["41"]}
AGAINST = ("the audit", "41")


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (evidence(RIGHT), A),
        (evidence(RIGHT, votes=(vote("j1"), vote("j2"), vote("j3"))), A),
        (evidence({"a": ["42", "42"]}), A),
        (evidence({"a": ["42", "41"], "b": ["42", "42"]}, audit=vote("x")), A),
        (evidence({"a": ["42", "41"], "b": ["42", "41"]}, audit=vote("x")), A),
        (evidence({"a": ["42", "41"], "b": ["42", "41"]}), D),
        (evidence({"a": ["42", "41"], "b": ["42", "41"]}, audit=vote("x", "41")), D),
        # all come to another answer
        (evidence(OTHER), S),
        (evidence(OTHER, audit=vote("x", "41")), S),
        (evidence(OTHER, audit=vote("x", "42")), D),
        (evidence(OTHER, audit=vote("x", "40")), D),
        (evidence(OTHER, audit=vote("x", None, abstention=Abstention.UNDECIDED)), D),
        (evidence(OTHER, audit=vote("x", None, Defect.AMBIGUOUS)), D),
        (evidence({"a": ["41", "41", "41", "41"]}), D),
        (evidence({"a": ["41", "41", "41", "41"]}, audit=vote("x", "41")), D),
        (evidence({"a": ["41", "41"], "b": [None, None]}), D),
        (evidence({"a": ["41", "41", "41"], "b": [None, None]}), D),
        (evidence({"a": ["41", "41"], "b": ["41", "40"]}), D),
        (evidence({"a": ["41", "41"], "b": ["41", "42"]}), D),
        # nobody solves it
        (evidence({"a": ["1", "2"], "b": ["3", "4"]}), U),
        (evidence({"a": [None, None], "b": [None, None]}), U),
        (evidence({"a": ["42", None], "b": [None, None]}), U),
        (evidence({}), U),
        # judges
        (evidence(RIGHT, votes=(vote("j1"), vote("j2", None, Defect.AMBIGUOUS), vote("j3"))), A),
        (
            evidence(
                RIGHT, votes=(vote("j1"), vote("j2", None, Defect.TRIVIAL), vote("j3", None, Defect.TRIVIAL))
            ),
            A,
        ),
        (
            evidence(
                RIGHT,
                votes=(
                    vote("j1"),
                    vote("j2", None, Defect.AMBIGUOUS),
                    vote("j3", None, Defect.UNDERSPECIFIED),
                ),
            ),
            I,
        ),
        (
            evidence(
                RIGHT, votes=(vote("j1"), vote("j2", None, Defect.AMBIGUOUS), vote("j3")), audit=vote("x")
            ),
            A,
        ),
        (
            evidence(
                RIGHT,
                votes=(vote("j1"), vote("j2", None, Defect.AMBIGUOUS), vote("j3")),
                audit=vote("x", None, Defect.AMBIGUOUS),
            ),
            I,
        ),
        (evidence(RIGHT, votes=(vote("j1"), vote("j2", "41", **WRONG), vote("j3"))), D),
        (
            evidence(
                RIGHT,
                votes=tuple(vote(name, None, abstention=Abstention.UNPARSED) for name in ("j1", "j2", "j3")),
            ),
            A,
        ),
    ],
)
def test_every_branch(found: Evidence, verdict: RowVerdict) -> None:
    judgement = judged(found)
    assert judgement.verdict is verdict, judgement.reason
    assert judgement.suggested == ("41" if verdict is S else None)
    assert judgement.reason


ASKED = Rule(asking=Asking.APART)


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ({}, D),
        ({"audit": vote("x", None, Defect.CONTRADICTORY)}, I),
        ({"audit": vote("x", None, Defect.TRIVIAL)}, D),
        ({"audit": vote("x", "42")}, A),
        ({"audit": vote("x", None, abstention=Abstention.FAILED)}, D),
    ],
)
def test_a_majority_that_finds_it_ill_posed_needs_the_audit(
    more: dict[str, Any], verdict: RowVerdict
) -> None:
    assert judged(evidence(RIGHT, posed=False, rule=ASKED, **more)).verdict is verdict


def test_one_family_is_told_why_it_is_not_enough() -> None:
    assert "one family" in judged(evidence({"a": ["41"] * 4})).reason


def test_a_program_that_comes_to_another_answer_disputes_what_others_come_to() -> None:
    program = Reference(
        findings=(Finding(lint=Lint.CLAIM, detail="the program comes to 41, the answer says 42"),)
    )
    assert judged(evidence(RIGHT), program).verdict is D
    assert judged(evidence(OTHER), program).verdict is S


def test_a_failed_reference_says_nothing() -> None:
    assert judged(evidence(RIGHT, reference=Reference(failure="the sandbox failed"))).verdict is U


def test_what_has_not_ended_is_unknown() -> None:
    assert judged(Evidence(standing=Standing(), claim="42")).verdict is U
    assert judged(evidence(OTHER, audits=True)).verdict is U


@pytest.mark.parametrize("families", [RIGHT, OTHER, {"a": ["42", "41"], "b": ["41"]}])
def test_the_order_of_attempts_and_votes_does_not_matter(families: Answers) -> None:
    votes = (vote("j1", None, Defect.AMBIGUOUS), vote("j2", None, Defect.CONTRADICTORY))
    found = evidence(families, votes=votes)
    told = {
        (judged(each).verdict, judged(each).suggested)
        for tried in permutations(found.attempts or ())
        for cast in permutations(votes)
        for each in [found.model_copy(update={"attempts": tried, "votes": cast})]
    }
    assert len(told) == 1


answers = st.lists(st.sampled_from(["41", "42", "7", None]), max_size=4)
audits = st.sampled_from(
    [
        None,
        vote("x", "41"),
        vote("x"),
        vote("x", None, Defect.AMBIGUOUS),
        vote("x", None, abstention=Abstention.FAILED),
    ]
)


@given(st.dictionaries(st.sampled_from("abc"), answers, max_size=3), audits)
def test_a_suspicion_has_two_families_and_nobody_for_the_row(families: Answers, audit: Vote | None) -> None:
    more: dict[str, Any] = {} if audit is None else {"audit": audit}
    found = judged(evidence(families, **more))
    said = {family: [answer for answer in given if answer] for family, given in families.items()}
    if found.verdict is S:
        assert sum(bool(given) for given in said.values()) >= 2
        assert {answer for given in said.values() for answer in given} == {found.suggested}
        assert audit is None or audit.answer == found.suggested
    if found.verdict is A:
        assert any("42" in given for given in said.values())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5 m", "5"),
        ("0.33", "1/3"),
        ("2\\pi", "6.283185307179586"),
        ("50%", "0.5"),
        ("50", "0.5"),
        ("$12.50", "12.5"),
        ("{1, 2}", "[2, 1]"),
        ("3.14", "22/7"),
        ("25\\text{ cm}", "25"),
    ],
)
def test_answers_that_may_be_one_in_another_form(one: str, other: str) -> None:
    assert same_but_for_form(one, other)
    assert same_but_for_form(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("72", "36"), ("100", "101"), ("1000", "10"), ("x + 1", "x + 2"), ("{1, 2}", "{1, 3}"), ("2.5", "2.6")],
)
def test_answers_that_are_two(one: str, other: str) -> None:
    assert not same_but_for_form(one, other)


def test_a_rival_in_another_form_is_not_suspected() -> None:
    found = evidence({"a": ["1/3", "1/3"], "b": ["1/3"]}, claim="0.33").model_copy(
        update={"kind": AnswerKind.REAL}
    )
    assert judged(found).verdict in (D, A)


def test_the_summary_counts_and_lists() -> None:
    wrong = Result(id="b", line=2, verdict=S, reason="r", answer="42", suggested="41")
    summary = Summary.of([unread("a", 1, "no JSON"), wrong, Result(id="c", line=3, verdict=A, reason="r")])
    assert summary.n == 3
    assert summary.failed == 1
    assert summary.by_verdict == {
        "agrees": 1,
        "suspected_wrong": 1,
        "disputed": 0,
        "ill_posed": 0,
        "unknown": 1,
    }
    assert [(each.id, each.answer, each.suggested) for each in summary.suspected] == [("b", "42", "41")]
