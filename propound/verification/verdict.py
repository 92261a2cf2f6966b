"""What verification says of a submission: checks, votes, and one verdict with its reason."""

from __future__ import annotations

from enum import StrEnum

from propound.problem import Problem
from propound.record import Record


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
    UNDECIDED = "undecided"
    """Verification could not come to a result (a limit was reached, the sandbox failed twice)."""
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
    rejection: Rejection | None = None
    """The reason behind an invalid vote, where it is one of the known ones."""


class Verdict(Record):
    """The committee's decision with all its evidence."""

    accepted: bool
    rejection: Rejection | None
    rationale: str
    votes: tuple[Vote, ...] = ()
    checks: tuple[Check, ...] = ()
    problem: Problem | None = None
    """The problem as verified (gold answer recomputed), when accepted."""
