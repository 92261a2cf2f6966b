"""What verifiers say of a submission: checks, votes, and the closed lists of reasons."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import model_validator

from propound.record import Record
from propound.solving.lint import Lint


class Rejection(StrEnum):
    """Why an episode gave no accepted problem; every proposed episode is accepted, surplus or one of these."""

    NO_SUBMISSION = "no_submission"
    """The step budget ran out, or the policy gave up."""
    POLICY_FAILED = "policy_failed"
    """The policy itself failed; says nothing about the spec."""
    WRONG_SKILLS = "wrong_skills"
    """Not the active skills, too few or too many, or a pair that excludes each other."""
    UNREADABLE = "unreadable"
    """The statement cannot be read back."""
    AMBIGUOUS = "ambiguous"
    """The statement has more than one reading, or a rationale says so."""
    MISREAD = "misread"
    """The statement reads back to other values than the agent used."""
    DEGENERATE = "degenerate"
    """Trivial, under-determined or implausible, or a step that does not matter."""
    GIVEN_AWAY = "given_away"
    """The statement contains its answer."""
    WRONG_ANSWER = "wrong_answer"
    """The submitted answer is not the recomputed one."""
    DISPUTED = "disputed"
    """The verifiers' answers differ and the audit did not settle it."""
    WEAK_TESTS = "weak_tests"
    """The tests of a coding problem do not kill every mutant, or there are too few mutants."""
    OUTVOTED = "outvoted"
    """Fewer than two votes were valid."""
    UNDERSPECIFIED = "underspecified"
    """A quantity that the answer needs is never given."""
    CONTRADICTORY = "contradictory"
    """Two conditions of the statement exclude each other."""
    UNSOLVABLE = "unsolvable"
    """Nothing satisfies what the statement asks for."""
    UNREALISTIC = "unrealistic"
    """The statement describes what cannot be."""
    UNDECIDED = "undecided"
    """Verification could not come to a result (a limit was reached, answers could not be compared)."""
    UNPARSED = "unparsed"
    """It would have depended on a judge whose reply held no vote."""
    JUDGE_FAILED = "judge_failed"
    """It would have depended on a judge whose request failed."""
    TWO_QUESTIONS = "two_questions"
    """The statement asks for more than one thing."""
    NO_QUESTION = "no_question"
    """The statement asks for nothing."""
    ADDRESSES_JUDGES = "addresses_judges"
    """The statement speaks to those who verify it."""
    UNFINISHED = "unfinished"
    """The statement stops in the middle, or a place in it was never filled in."""
    MALFORMED_STATEMENT = "malformed_statement"
    """The statement is no prose for people: markup, hidden characters, repetitions, far too long."""
    WRONG_LANGUAGE = "wrong_language"
    """The statement is in another language than was asked for."""
    PROGRAM_FAILED = "program_failed"
    """The author's program did not end with one value."""
    UNSTABLE_PROGRAM = "unstable_program"
    """The author's program draws at random, or its runs differ."""
    NOT_COMPUTED = "not_computed"
    """The author's program prints its answer without computing it."""
    ANSWER_FORM = "answer_form"
    """The answer does not read as its kind, or the statement does not say in which form it is wanted."""
    NOT_STATED = "not_stated"
    """The author's program uses a number that stands nowhere in the statement."""
    IDLE_NUMBER = "idle_number"
    """A given number does not matter."""
    TASK_MISMATCH = "task_mismatch"
    """What a coding problem's author hands in does not fit the statement: function, example or inputs."""
    UNSOLVED = "unsolved"
    """Nobody who saw the statement alone came to the claimed answer, nor enough of them to another."""
    DUPLICATE = "duplicate"
    """The dataset already holds the same composition or the same statement."""
    NEAR_DUPLICATE = "near_duplicate"
    """The dataset already holds almost the same problem in almost the same words."""
    CONTAMINATED = "contaminated"
    """The statement overlaps a row of a benchmark that the request names."""

    TOO_EASY = "too_easy"
    """The prober solves it more often than the request allows."""
    TOO_HARD = "too_hard"
    """The prober solves it less often than the request allows."""


_OF_LINTS = {
    **dict.fromkeys((Lint.MARKUP, Lint.HIDDEN, Lint.REPEATS, Lint.TOO_LONG), Rejection.MALFORMED_STATEMENT),
    **dict.fromkeys((Lint.CUT_OFF, Lint.PLACEHOLDER), Rejection.UNFINISHED),
    **dict.fromkeys((Lint.UNSTABLE, Lint.CHANCE), Rejection.UNSTABLE_PROGRAM),
    **dict.fromkeys((Lint.UNREADABLE, Lint.KIND, Lint.PRECISION, Lint.UNIT), Rejection.ANSWER_FORM),
    **dict.fromkeys((Lint.GIVEN, Lint.NOT_STATED), Rejection.NOT_STATED),
    **dict.fromkeys((Lint.FUNCTION, Lint.GENERATOR, Lint.EXAMPLE, Lint.LIMITS), Rejection.TASK_MISMATCH),
    Lint.IMPLAUSIBLE: Rejection.UNREALISTIC,
    Lint.GIVES_AWAY: Rejection.GIVEN_AWAY,
    Lint.ASKS_TWO: Rejection.TWO_QUESTIONS,
    Lint.ASKS_NOTHING: Rejection.NO_QUESTION,
    Lint.ADDRESSES: Rejection.ADDRESSES_JUDGES,
    Lint.LANGUAGE: Rejection.WRONG_LANGUAGE,
    Lint.PRINTED: Rejection.NOT_COMPUTED,
    Lint.CLAIM: Rejection.WRONG_ANSWER,
    Lint.IDLE: Rejection.IDLE_NUMBER,
    Lint.CONSTANT: Rejection.DEGENERATE,
    Lint.WEAK_TESTS: Rejection.WEAK_TESTS,
}


def rejection_of(lint: Lint) -> Rejection:
    """The reason in the funnel, where stage 1 rejects a problem of open mode for this."""
    return _OF_LINTS.get(lint, Rejection.PROGRAM_FAILED)


WITHOUT_VERDICT = frozenset(
    {Rejection.POLICY_FAILED, Rejection.UNDECIDED, Rejection.UNPARSED, Rejection.JUDGE_FAILED}
)
"""Reasons that say nothing of what the episode is worth: no training learns from it."""


class Defect(StrEnum):
    """What a judge or an auditor may name as wrong with a problem: a closed list, so that no prose is ever searched."""

    AMBIGUOUS = "ambiguous"
    """More than one reading, with different answers."""
    UNDERSPECIFIED = "underspecified"
    """Something that the answer needs is not given."""
    CONTRADICTORY = "contradictory"
    """Conditions that exclude each other."""
    UNSOLVABLE = "unsolvable"
    """No answer exists."""
    TRIVIAL = "trivial"
    """Nothing is left to work out."""
    LEAKS_ANSWER = "leaks_answer"
    """The statement gives its answer away, or addresses its judges."""
    UNREALISTIC = "unrealistic"
    """What is described cannot be, and that is not the point of the problem."""
    WRONG_ANSWER = "wrong_answer"
    """The author's answer is wrong."""

    @property
    def rejection(self) -> Rejection:
        """The reason in the funnel, where a problem is rejected for this defect."""
        return _REJECTIONS[self]


_REJECTIONS = {
    Defect.AMBIGUOUS: Rejection.AMBIGUOUS,
    Defect.UNDERSPECIFIED: Rejection.UNDERSPECIFIED,
    Defect.CONTRADICTORY: Rejection.CONTRADICTORY,
    Defect.UNSOLVABLE: Rejection.UNSOLVABLE,
    Defect.TRIVIAL: Rejection.DEGENERATE,
    Defect.LEAKS_ANSWER: Rejection.GIVEN_AWAY,
    Defect.UNREALISTIC: Rejection.UNREALISTIC,
    Defect.WRONG_ANSWER: Rejection.WRONG_ANSWER,
}


class Abstention(StrEnum):
    """Why a verifier has no opinion; an abstention is neither a valid nor an invalid vote."""

    UNDECIDED = "undecided"
    """It came to no answer, or its answer could not be compared."""
    UNPARSED = "unparsed"
    """Its reply held no vote."""
    FAILED = "failed"
    """It could not be asked: its server refused the request, or answered nothing."""

    @property
    def rejection(self) -> Rejection:
        """The reason in the funnel, where the decision would have depended on this vote."""
        return {
            Abstention.UNDECIDED: Rejection.UNDECIDED,
            Abstention.UNPARSED: Rejection.UNPARSED,
            Abstention.FAILED: Rejection.JUDGE_FAILED,
        }[self]


class Check(Record):
    """One programmatic check and its outcome."""

    name: str
    passed: bool
    detail: str = ""


class Vote(Record):
    """One verifier's opinion (method section 7): its own answer, valid or not, and a short rationale."""

    verifier: str
    answer: str | None
    """None when the verifier came to no answer."""
    valid: bool
    rationale: str
    """Prose for people; nothing is decided by it."""
    rejection: Rejection | None = None
    """The reason behind an invalid vote, where it is one of the known ones."""
    defects: tuple[Defect, ...] = ()
    """What a judge or the auditor names as wrong; one is enough for another look."""
    abstention: Abstention | None = None
    """Why this is no vote; None where it is one."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.valid and (self.abstention or self.defects):
            raise ValueError("a vote that abstains, or names a defect, is not valid")
        return self
