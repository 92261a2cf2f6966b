"""From a finished trajectory to a verdict: read this to see what an accepted problem has gone through.

submission -> skills allowed? -> statement read back -> same values as the agent's? -> both methods, quality,
tests and mutants in the sandbox -> three votes -> acceptance rule -> judges, if there are any, and the rule again ->
another look by an auditor, where a defect was named or the answers differ -> the problem with its gold answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from propound.answers.kinds import AnswerKind
from propound.domain import Domain
from propound.models.purpose import NOBODY, Origin
from propound.problem import Coding, CodingMode, Problem, SkillUse, Submission, TestCase
from propound.sandbox import Sandbox
from propound.skills import Library
from propound.skills.toolkit.execution import ENTRY_POINT
from propound.skills.toolkit.statement import AmbiguousError, Reading, UnreadableError
from propound.trajectory import Outcome, Trajectory
from propound.verification.committee import Decision, decide, settle
from propound.verification.dimensions import Dimensions
from propound.verification.examination import Examination, examine
from propound.verification.judges.seats import poll, seated
from propound.verification.verdict import Verdict
from propound.verification.verifiers import Auditor, Case, Verifier, committee
from propound.verification.vote import Check, Rejection, Vote


class Verification:
    """The committee with its tools."""

    def __init__(
        self,
        library: Library,
        sandbox: Sandbox,
        verifiers: Sequence[Verifier] | None = None,
        judges: Sequence[Verifier] = (),
        auditor: Auditor | None = None,
    ) -> None:
        """`verifiers` vote first, the programmatic ones unless others are given; what they accept `judges` see.

        `auditor` is asked where the judges name a defect or come to different answers.
        """
        self.library = library
        self.sandbox = sandbox
        self.dimensions = Dimensions(library)
        self.verifiers = tuple(verifiers) if verifiers is not None else committee()
        self.judges = tuple(judges)
        self.auditor = auditor

    def verify(self, trajectory: Trajectory, origin: Origin = NOBODY) -> Verdict:
        """The verdict on an episode, whatever its outcome; `origin` is whose work it is.

        Raises:
            ServiceDownError: a judge's service is down; nothing can be said about the episode.
        """
        checks: list[Check] = []
        if trajectory.outcome is Outcome.POLICY_FAILED:
            return _rejected(Rejection.POLICY_FAILED, trajectory.detail or "the policy failed")
        submission = trajectory.submission
        if submission is None:
            return _rejected(Rejection.NO_SUBMISSION, f"the episode ended as {trajectory.outcome}")

        fault = self._skills_fault(trajectory, submission)
        checks.append(Check(name="skills", passed=fault is None, detail=fault or ""))
        if fault:
            return _rejected(Rejection.WRONG_SKILLS, fault, checks)

        try:
            reading = self._read(trajectory, submission)
        except UnreadableError as error:
            return _rejected(Rejection.UNREADABLE, str(error), [*checks, _failed("readable", str(error))])
        except AmbiguousError as error:
            return _rejected(Rejection.AMBIGUOUS, str(error), [*checks, _failed("readable", str(error))])
        checks.append(Check(name="readable", passed=True))

        difference = _difference(reading, submission)
        checks.append(
            Check(name="same values as the agent", passed=difference is None, detail=difference or "")
        )
        if difference:
            return _rejected(Rejection.MISREAD, difference, checks)

        fault = self.dimensions.fault(reading, submission.statement)
        checks.append(Check(name="dimensions", passed=fault is None, detail=fault or ""))
        if fault:
            return _rejected(Rejection.DEGENERATE, fault, checks)

        examination = examine(reading, submission.statement, self.library, self.sandbox)
        if examination.failure:
            return _rejected(
                Rejection.UNDECIDED,
                examination.failure,
                [*checks, _failed("recomputed", examination.failure)],
            )
        if examination.error:
            return _rejected(
                Rejection.DEGENERATE, examination.error, [*checks, _failed("recomputed", examination.error)]
            )
        checks += _examination_checks(examination)
        return self._decide(trajectory, submission, examination, checks, origin)

    def _read(self, trajectory: Trajectory, submission: Submission) -> Reading:
        if submission.composition:
            return self.library.read([use.skill for use in submission.composition], submission.statement)
        return self.library.read_any(trajectory.steps[-1].skills, submission.statement)

    def _skills_fault(self, trajectory: Trajectory, submission: Submission) -> str | None:
        spec = trajectory.spec
        active = trajectory.steps[-1].skills
        names = [use.skill for use in submission.composition] or list(active)
        if sorted(names) != sorted(active):
            return f"the composition uses {', '.join(names)[:200]}, active are {', '.join(active)}"
        if not spec.minimum_skills <= len(names) <= spec.maximum_skills:
            return f"{len(names)} skills, asked for {spec.minimum_skills} to {spec.maximum_skills}"
        pair = self.library.conflict(names)
        return f"{pair[0]} and {pair[1]} exclude each other" if pair else None

    def _decide(
        self,
        trajectory: Trajectory,
        submission: Submission,
        examination: Examination,
        checks: list[Check],
        origin: Origin,
    ) -> Verdict:
        last = self.library[examination.reading.composition[-1]["skill"]]
        digits = examination.reading.digits
        coding = trajectory.spec.domain is Domain.CODING
        kind = AnswerKind.TEXT if coding else AnswerKind(last.gives)
        tolerance = 0.5 * 10.0 ** (1 - digits) if digits else None
        spec = trajectory.spec
        case = Case(
            spec.domain,
            submission,
            kind,
            tolerance,
            trajectory,
            examination,
            seed=spec.seed,
            member=trajectory.member,
            origin=origin,
        )
        votes = tuple(verifier.vote(case) for verifier in self.verifiers)
        decision = decide(votes, case.standard)
        if self.judges and decision.rejection is None:
            judged = poll(self.judges, case)
            seats = seated(votes, judged)
            decision = decide(seats, case.standard)
            audit = self._audit(case, decision, votes, seats)
            decision = settle(decision, audit, case.standard)
            votes = (*votes, *judged, *([audit] if audit else []))
        if decision.rejection is not None:
            return _rejected(decision.rejection, decision.rationale, checks, votes)
        assert examination.direct is not None
        composition = tuple(SkillUse.model_validate(use) for use in examination.reading.composition)
        problem = Problem(
            domain=trajectory.spec.domain,
            statement=submission.statement,
            answer=examination.coding["reference"] if examination.coding else examination.direct,
            answer_kind=AnswerKind.PROGRAM if coding else kind,
            composition=composition,
            relative_tolerance=tolerance,
            coding=_coding(examination),
        )
        return Verdict(
            accepted=True,
            rejection=None,
            rationale=decision.rationale,
            votes=votes,
            checks=tuple(checks),
            problem=problem,
        )

    def _audit(
        self, case: Case, decision: Decision, votes: Sequence[Vote], seats: Sequence[Vote]
    ) -> Vote | None:
        """Another look: the auditor's, where there is one; else, at answers alone, the recomputation by two methods.

        The latter looks anew only where no programmatic member has a seat. None: nobody is left to look again.
        """
        if not decision.auditable:
            return None
        if self.auditor is not None:
            answers = [vote.answer for vote in seats if vote.answer is not None and not vote.abstention]
            return self.auditor.audit(case, answers)
        if decision.rejection is not Rejection.DISPUTED or any(vote in seats for vote in votes):
            return None
        recomputed = case.examination.recomputed if case.examination else None
        return Vote(
            verifier="audit/recomputation",
            answer=recomputed,
            valid=recomputed is not None and recomputed == case.standard.gold,
            rationale="two methods that no judge knows come to this answer",
        )


def _difference(reading: Reading, submission: Submission) -> str | None:
    """Where the statement says something else than the agent's composition, if it gave one, or None."""
    if not submission.composition:
        return None
    for index, (read, use) in enumerate(zip(reading.composition, submission.composition, strict=True)):
        for name, value in read["parameters"].items():
            if use.parameters.get(name) != value:
                given = use.parameters.get(name)
                return f"step {index + 1}, {name}: the statement says {value}, the agent used {given}"[:300]
        if set(use.parameters) != set(read["parameters"]):
            return f"step {index + 1}: other parameters than {', '.join(read['parameters'])}"
    return None


def _examination_checks(examination: Examination) -> list[Check]:
    checks = [
        Check(
            name="recomputed by a second method",
            passed=examination.recomputed == examination.direct,
            detail=str(examination.recomputed)[:200],
        ),
        Check(
            name="not degenerate",
            passed=not examination.weaknesses,
            detail="; ".join(examination.weaknesses)[:300],
        ),
    ]
    coding = examination.coding
    if coding is not None:
        agreed = coding["disagreement"] is None
        checks.append(Check(name="two solutions agree", passed=agreed))
        if agreed:
            detail = (
                f"{coding['killed']} of {coding['mutants']} mutants killed, {coding['equivalent']} equivalent; "
                f"operators: {', '.join(coding['operators'])}"
            )
            checks.append(Check(name="tests kill mutants", passed=coding["survivors"] == 0, detail=detail))
    return checks


def _coding(examination: Examination) -> Coding | None:
    report = examination.coding
    if report is None:
        return None
    mode = CodingMode(report["mode"])
    return Coding(
        mode=mode,
        entry_point=ENTRY_POINT if mode is CodingMode.FUNCTION else "",
        reference=report["reference"],
        tests=tuple(TestCase(arguments=[value], expected=expected) for value, expected in report["tests"]),
        mutants=report["mutants"],
        killed=report["killed"],
        operators=report["operators"],
        time_limit_s=report["time_limit_s"],
        memory_limit_mb=report["memory_limit_mb"],
    )


def _failed(name: str, detail: str) -> Check:
    return Check(name=name, passed=False, detail=detail[:300])


def _rejected(
    reason: Rejection, rationale: str, checks: Sequence[Check] = (), votes: Sequence[Vote] = ()
) -> Verdict:
    return Verdict(
        accepted=False, rejection=reason, rationale=rationale[:500], votes=tuple(votes), checks=tuple(checks)
    )
