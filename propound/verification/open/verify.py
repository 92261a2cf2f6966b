"""From a finished trajectory of open mode to a verdict: read this to see what an accepted problem has gone through.

submission -> skills allowed? -> the author's program and the text (`propound.solving.reference`) -> attempts by others
from the statement alone (`derivation`) -> what they agree on (`consensus`) -> judges, if there are any -> another look,
where they dispute it -> the problem with its gold answer and all its evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from propound.answers import AnswerKind, infer_kind
from propound.domain import Domain
from propound.models.purpose import NOBODY, Origin
from propound.problem import Origins, Problem, Terms
from propound.sandbox import Sandbox
from propound.solving.attempt import Solving
from propound.solving.reference import Reference, examine_reference
from propound.trajectory import Outcome, Trajectory
from propound.verification.committee import Standard
from propound.verification.consensus import Rule
from propound.verification.evidence import Evidence, Standing
from propound.verification.judges.seats import poll
from propound.verification.open.decision import Decision, Stage, decide
from propound.verification.open.derivation import coding_claim, derive
from propound.verification.verdict import Verdict
from propound.verification.verifiers import Auditor, Case, Verifier
from propound.verification.vote import Check, Rejection, Vote


@dataclass(frozen=True)
class OpenVerification:
    """The stages with their tools; safe to use from many threads at once."""

    sandbox: Sandbox
    solvers: tuple[Solving, ...]
    rule: Rule
    judges: tuple[Verifier, ...] = ()
    auditor: Auditor | None = None

    def standing(self, *, corrections: bool = False) -> Standing:
        """The rules that verdicts are given by."""
        return Standing(
            rule=self.rule,
            judges=len(self.judges),
            audits=self.auditor is not None,
            corrections=corrections,
        )

    def verify(self, trajectory: Trajectory, origin: Origin = NOBODY) -> Verdict:
        """The verdict on an episode, whatever its outcome; `origin` is whose work it is.

        Raises:
            SandboxFailedError: the sandbox itself failed.
            ServiceDownError: a solver's or a judge's service is down; nothing can be said about the episode.
        """
        spec, terms, submission = trajectory.spec, trajectory.spec.open, trajectory.submission
        assert terms is not None, "a spec of open mode has terms"
        if trajectory.outcome is Outcome.POLICY_FAILED:
            return _rejected(Rejection.POLICY_FAILED, trajectory.detail or "the policy failed")
        if submission is None or submission.open is None:
            return _rejected(Rejection.NO_SUBMISSION, f"the episode ended as {trajectory.outcome}")
        skills = trajectory.steps[-1].skills
        if fault := _skills_fault(skills, trajectory):
            return _rejected(Rejection.WRONG_SKILLS, fault)
        reference = examine_reference(
            submission.statement,
            submission.open,
            submission.answer,
            terms,
            spec.domain,
            self.sandbox,
            seed=spec.seed,
        )
        case = Case(
            spec.domain,
            submission,
            reference.kind,
            reference.relative_tolerance,
            trajectory=trajectory,
            seed=spec.seed,
            member=trajectory.member,
            origin=origin,
        )
        evidence, decision = self.examine(case, reference, self._standing(terms))
        if decision.rejection is not None:
            return _rejected(decision.rejection, decision.rationale, evidence)
        assert decision.answer is not None
        problem = _problem(case, terms, skills, reference, decision)
        return Verdict(
            accepted=True,
            rejection=None,
            rationale=decision.rationale[:500],
            votes=votes_of(evidence),
            checks=checks_of(evidence),
            problem=problem,
            evidence=evidence,
        )

    def _standing(self, terms: Terms) -> Standing:
        """The rules for an episode: no attempt is made for a reason that nobody would look into."""
        ends: dict[str, object] = {} if terms.corrections else {"unanimous": None}
        if self.auditor is None:
            ends = {"unanimous": None, "reasons": False}
        standing = self.standing(corrections=terms.corrections)
        return standing.model_copy(update={"rule": standing.rule.model_copy(update=ends)})

    def examine(
        self, case: Case, reference: Reference | None, standing: Standing | None = None
    ) -> tuple[Evidence, Decision]:
        """Find out what is needed, stage after stage, until the case is decided.

        Judges see no coding problem: what they would answer, a program, is what the attempts are.

        Raises:
            SandboxFailedError: the sandbox itself failed.
            ServiceDownError: a solver's or a judge's service is down.
        """
        coding = reference.coding if reference else None
        claim = (
            coding_claim(coding)
            if coding
            else Standard(case.submission.answer, case.kind, case.relative_tolerance)
        )
        standing = standing or self.standing()
        evidence = Evidence(
            standing=standing if coding is None else standing.model_copy(update={"judges": 0}),
            claim=claim.gold,
            kind=claim.kind,
            relative_tolerance=claim.relative_tolerance,
            reference=reference,
        )
        while True:
            found = decide(evidence)
            if isinstance(found, Decision):
                return evidence, found
            evidence = evidence.model_copy(update=self._found_out(found, evidence, case))

    def _found_out(self, stage: Stage, evidence: Evidence, case: Case) -> dict[str, object]:
        if stage is Stage.DERIVATION:
            coding = evidence.reference.coding if evidence.reference else None
            rule = evidence.standing.rule
            return {"attempts": derive(case, self.solvers, evidence.standard, rule, coding=coding)}
        if stage is Stage.COMMITTEE:
            return {"votes": poll(self.judges, case)}
        assert self.auditor is not None, "an audit needs an auditor"
        answers = [attempt.answer for attempt in evidence.attempts or () if attempt.answer is not None]
        answers += [vote.answer for vote in evidence.votes or () if vote.answer and not vote.abstention]
        return {"audit": self.auditor.audit(case, answers)}


def votes_of(evidence: Evidence) -> tuple[Vote, ...]:
    """All votes of the evidence: the judges', and the auditor's where there was another look."""
    return (*(evidence.votes or ()), *([evidence.audit] if evidence.audit else []))


def checks_of(evidence: Evidence) -> tuple[Check, ...]:
    """What each stage found, in a line."""
    checks = []
    if (reference := evidence.reference) is not None:
        checks += [
            Check(name=f"reference: {finding.lint}", passed=not finding.rejects, detail=finding.detail[:300])
            for finding in reference.findings
        ]
        if reference.fault is None and not reference.failure:
            checks.append(Check(name="reference", passed=True, detail=(reference.answer or "")[:200]))
    for attempt in evidence.attempts or ():
        said = attempt.answer if attempt.answer is not None else attempt.failure or "no answer"
        name = f"attempt {attempt.number + 1} of {attempt.solver}"
        checks.append(Check(name=name, passed=attempt.answer is not None, detail=said[:200]))
    return tuple(checks)


def _problem(
    case: Case, terms: Terms, skills: Sequence[str], reference: Reference, decision: Decision
) -> Problem:
    submission = case.submission
    assert submission.open is not None
    assert decision.answer is not None
    coding = case.domain is Domain.CODING
    return Problem(
        domain=case.domain,
        statement=submission.statement,
        answer=submission.open.program if coding else decision.answer,
        answer_kind=AnswerKind.PROGRAM if coding else reference.kind or infer_kind(decision.answer),
        composition=(),
        relative_tolerance=reference.relative_tolerance,
        coding=reference.coding,
        open=Origins(
            skills=tuple(skills),
            work=submission.open,
            given=reference.given,
            language=terms.language,
            corrected=submission.answer if decision.corrected else None,
        ),
    )


def _skills_fault(active: Sequence[str], trajectory: Trajectory) -> str | None:
    """Why these skills must not be composed, or None."""
    spec, terms = trajectory.spec, trajectory.spec.open
    assert terms is not None
    if not spec.minimum_skills <= len(active) <= spec.maximum_skills:
        return f"{len(active)} skills, asked for {spec.minimum_skills} to {spec.maximum_skills}"
    for name in active:
        for other in terms.card(name).conflicts:
            if other in active:
                return f"{name} and {other} exclude each other"
    return None


def _rejected(reason: Rejection, rationale: str, evidence: Evidence | None = None) -> Verdict:
    return Verdict(
        accepted=False,
        rejection=reason,
        rationale=rationale[:500],
        votes=votes_of(evidence) if evidence else (),
        checks=checks_of(evidence) if evidence else (),
        evidence=evidence,
    )
