"""The programmatic members of the committee. Each solves the problem in its own way and votes.

A `Verifier` is anything with a name that turns a case into a vote; model judges join the committee behind
the same protocol.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from propound.answers import Agreement, compare
from propound.answers.kinds import AnswerKind
from propound.problem import Submission
from propound.skills.toolkit.quality import SECOND_ANSWER
from propound.trajectory import PROGRAMS, Trajectory
from propound.verification.examination import Examination
from propound.verification.verdict import Rejection, Vote


@dataclass(frozen=True)
class Case:
    """What a verifier sees: the full trace, the final statement, and what was recomputed from it."""

    trajectory: Trajectory
    submission: Submission
    examination: Examination
    kind: AnswerKind
    relative_tolerance: float | None


class Verifier(Protocol):
    """One member of the committee."""

    name: str

    def vote(self, case: Case) -> Vote:
        """Solve, and say whether the problem is valid.

        Raises:
            ServiceDownError: a service outside that the verifier asks is down; nothing else ever.
        """
        ...


def _against(name: str, own: str, case: Case) -> Vote:
    """A vote that compares the verifier's own answer with the submitted one."""
    comparison = compare(
        gold=own,
        answer=case.submission.answer,
        kind=case.kind,
        relative_tolerance=case.relative_tolerance,
    )
    if comparison.result is Agreement.EQUAL:
        return Vote(
            verifier=name,
            answer=own,
            valid=True,
            rationale=f"own answer {own[:80]}: {comparison.reason}"[:300],
        )
    rejection = Rejection.WRONG_ANSWER if comparison.result is Agreement.NOT_EQUAL else Rejection.UNDECIDED
    return Vote(
        verifier=name,
        answer=own,
        valid=False,
        rationale=f"own answer {own[:80]}, submitted {case.submission.answer[:80]}: {comparison.reason}"[
            :300
        ],
        rejection=rejection,
    )


class Recomputer:
    """Solves what the statement says by the skills' second, independent methods."""

    name = "recomputer"

    def vote(self, case: Case) -> Vote:
        assert case.examination.recomputed is not None
        return _against(self.name, case.examination.recomputed, case)


class Solver:
    """Solves what the statement says by the skills' main methods, and looks for degeneracy."""

    name = "solver"

    def vote(self, case: Case) -> Vote:
        assert case.examination.direct is not None
        if case.examination.weaknesses:
            reason = "; ".join(case.examination.weaknesses)
            rejection = Rejection.DEGENERATE
            if "gives its answer" in reason:
                rejection = Rejection.GIVEN_AWAY
            elif SECOND_ANSWER in reason:
                rejection = Rejection.AMBIGUOUS
            return Vote(
                verifier=self.name,
                answer=case.examination.direct,
                valid=False,
                rationale=reason[:300],
                rejection=rejection,
            )
        return _against(self.name, case.examination.direct, case)


class Examiner:
    """Reads the whole trace: the answer must come from a program that ran, and coding tests must be strong."""

    name = "examiner"
    minimum_mutants = 3

    def vote(self, case: Case) -> Vote:
        answer = case.submission.answer

        def invalid(reason: str, rejection: Rejection) -> Vote:
            return Vote(
                verifier=self.name, answer=answer, valid=False, rationale=reason[:300], rejection=rejection
            )

        coding = case.examination.coding
        if coding is not None:
            if coding["disagreement"] is not None:
                return invalid(f"two solutions differ on {coding['disagreement']}", Rejection.DISPUTED)
            if coding["mutants"] < self.minimum_mutants or coding["survivors"] > 0:
                return invalid(
                    f"{coding['survivors']} of {coding['mutants']} mutants survive the tests",
                    Rejection.WEAK_TESTS,
                )
        if not _computed(case.trajectory, answer):
            return invalid("no program of the trace printed the answer", Rejection.OUTVOTED)
        return Vote(
            verifier=self.name, answer=answer, valid=True, rationale="the trace computes the submitted answer"
        )


def _computed(trajectory: Trajectory, answer: str) -> bool:
    """Whether the answer stands in the output of some program that ended well."""
    return any(
        step.action.kind in PROGRAMS and step.observation.ok and _within(answer, step.observation.text)
        for step in trajectory.steps
    )


def _within(answer: str, output: str) -> bool:
    return answer in output or answer.replace('"', '\\"') in output


def committee() -> tuple[Verifier, ...]:
    """The members that need no model."""
    return Recomputer(), Solver(), Examiner()
