"""The programmatic members of the committee. Each solves the problem in its own way and votes.

A `Verifier` is anything with a name that turns a case into a vote; model judges join the committee behind
the same protocol.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from propound.answers import Agreement
from propound.answers.kinds import AnswerKind
from propound.domain import Domain
from propound.models.purpose import NOBODY, Origin
from propound.problem import Submission
from propound.skills.toolkit.quality import SECOND_ANSWER
from propound.trajectory import PROGRAMS, Trajectory
from propound.verification.committee import Standard
from propound.verification.examination import Examination
from propound.verification.vote import Abstention, Rejection, Vote

MAX_VALUES = 60
"""Most printed values that are compared with the answer, of a trace that does not print it literally."""


@dataclass(frozen=True)
class Case:
    """What a verifier may see: the statement, the author's answer and trace, and what was recomputed from it."""

    domain: Domain
    submission: Submission
    kind: AnswerKind | None
    """None: as the answer is written."""
    relative_tolerance: float | None = None
    trajectory: Trajectory | None = None
    """None for what nobody's episode led to."""
    examination: Examination | None = None
    """In procedural mode."""
    seed: int = 0
    """Of the requests to models."""
    member: int = 0
    origin: Origin = NOBODY
    """Whose work it is, for the ledger."""

    @property
    def standard(self) -> Standard:
        """The answer that others are held against: the recomputed one, or the author's where there is none."""
        recomputed = self.examination.direct if self.examination else None
        return Standard(recomputed or self.submission.answer, self.kind, self.relative_tolerance)


class Verifier(Protocol):
    """One member of the committee."""

    name: str

    def vote(self, case: Case) -> Vote:
        """Solve, and say whether the problem is valid.

        Raises:
            ServiceDownError: a service outside that the verifier asks is down; nothing else ever.
        """
        ...


class Auditor(Protocol):
    """Whoever looks again where the committee named a defect or came to different answers."""

    name: str

    def audit(self, case: Case, answers: Sequence[str]) -> Vote:
        """Solve again, knowing nothing of the others but these answers; the vote says what stands.

        Raises:
            ServiceDownError: a service outside that the auditor asks is down.
        """
        ...


def _against(name: str, own: str, case: Case) -> Vote:
    """A vote that holds the submitted answer against the verifier's own."""
    submitted = case.submission.answer
    found = Standard(own, case.kind, case.relative_tolerance).compare(submitted)
    said = f"own answer {own[:80]}"
    if found.result is Agreement.EQUAL:
        return Vote(verifier=name, answer=own, valid=True, rationale=f"{said}: {found.reason}"[:300])
    differs = found.result is Agreement.NOT_EQUAL
    return Vote(
        verifier=name,
        answer=own,
        valid=False,
        rationale=f"{said}, submitted {submitted[:80]}: {found.reason}"[:300],
        rejection=Rejection.WRONG_ANSWER if differs else Rejection.UNDECIDED,
        abstention=None if differs else Abstention.UNDECIDED,
    )


class Recomputer:
    """Solves what the statement says by the skills' second, independent methods."""

    name = "recomputer"

    def vote(self, case: Case) -> Vote:
        assert case.examination is not None
        assert case.examination.recomputed is not None
        return _against(self.name, case.examination.recomputed, case)


class Solver:
    """Solves what the statement says by the skills' main methods, and looks for degeneracy."""

    name = "solver"

    def vote(self, case: Case) -> Vote:
        assert case.examination is not None
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

        coding = case.examination.coding if case.examination else None
        if coding is not None:
            if coding["disagreement"] is not None:
                return invalid(f"two solutions differ on {coding['disagreement']}", Rejection.DISPUTED)
            if coding["mutants"] < self.minimum_mutants or coding["survivors"] > 0:
                return invalid(
                    f"{coding['survivors']} of {coding['mutants']} mutants survive the tests",
                    Rejection.WEAK_TESTS,
                )
        if not _computed(case):
            return invalid("no program of the trace printed the answer", Rejection.OUTVOTED)
        return Vote(
            verifier=self.name, answer=answer, valid=True, rationale="the trace computes the submitted answer"
        )


def _computed(case: Case) -> bool:
    """Whether a program of the trace that ended well printed a value that is the submitted answer."""
    steps = case.trajectory.steps if case.trajectory else ()
    outputs = (
        step.observation.text
        for step in reversed(steps)
        if step.action.kind in PROGRAMS and step.observation.ok
    )
    standard = Standard(case.submission.answer, case.kind, case.relative_tolerance)
    values = dict.fromkeys(value for output in outputs for value in printed_values(output))
    if standard.gold in values:
        return True
    return any(standard.compare(value).result is Agreement.EQUAL for value in islice(values, MAX_VALUES))


def printed_values(output: str) -> Iterator[str]:
    """The values that a program printed, the last first: whole lines, what follows a label, what stands in JSON."""
    for line in reversed(output.splitlines()):
        text = line.strip()
        if not text:
            continue
        yield text
        if text[0] in "{[":
            with suppress(ValueError, RecursionError):
                data = json.loads(text)
                value = data.get("answer") if isinstance(data, dict) else data
                if value is not None:
                    yield value if isinstance(value, str) else json.dumps(value)
            continue
        for sign in (": ", "="):
            _, found, value = text.rpartition(sign)
            if found and value.strip():
                yield value.strip()


def committee() -> tuple[Verifier, ...]:
    """The members that need no model."""
    return Recomputer(), Solver(), Examiner()
