"""The verdict of open mode as a pure function of the evidence: what to find out next, or what it comes to.

reference -> attempts -> consensus -> committee -> audit, cheapest first, ending at the first failure. Live verification
and replay call the same function, so that a stored verdict can be given again without a model.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from propound.answers import Agreement
from propound.verification import committee
from propound.verification.committee import Standard
from propound.verification.consensus import Consensus, Outcome, consensus
from propound.verification.evidence import Evidence
from propound.verification.vote import Rejection, Vote, rejection_of

SEATS = 3
"""Of the committee."""


class Stage(StrEnum):
    """What is found out one after the other; the reference comes with the evidence."""

    DERIVATION = "derivation"
    """Attempts from the statement alone."""
    COMMITTEE = "committee"
    AUDIT = "audit"


@dataclass(frozen=True)
class Decision:
    """What the evidence comes to."""

    rejection: Rejection | None
    """None: accepted."""
    rationale: str
    answer: str | None = None
    """The gold answer of what is accepted."""
    corrected: bool = False
    """Whether that is another answer than the author's."""


def decide(evidence: Evidence) -> Stage | Decision:
    """The stage that is needed next, or the decision."""
    reference = evidence.reference
    if reference is not None and reference.failure:
        return Decision(Rejection.UNDECIDED, f"reference: {reference.failure}")
    if reference is not None and (fault := reference.fault):
        return Decision(rejection_of(fault.lint), f"reference: {fault.lint}: {fault.detail}")
    if evidence.attempts is None:
        return Stage.DERIVATION
    agreed = consensus(evidence.standard, evidence.attempts, evidence.standing.rule)
    if agreed.outcome is Outcome.UNDECIDED:
        return Decision(Rejection.UNDECIDED, f"derivation: {agreed.rationale}")
    if agreed.outcome is Outcome.UNSOLVED:
        return Decision(Rejection.UNSOLVED, f"derivation: {agreed.rationale}")
    if agreed.outcome is Outcome.DISPUTED:
        return _settled(
            evidence, committee.Decision(Rejection.DISPUTED, agreed.rationale, auditable=True), agreed
        )
    if agreed.outcome is Outcome.ILL_POSED:
        named = committee.Decision(Rejection.UNDERSPECIFIED, agreed.rationale, auditable=True)
        return _settled(evidence, named, agreed)
    if evidence.standing.judges and evidence.votes is None:
        return Stage.COMMITTEE
    if evidence.reference is None and not evidence.standing.judges:
        return Decision(None, agreed.rationale, evidence.claim)  # there is nobody but the solvers
    seated = seats(evidence, agreed)
    decision = committee.decide(seated, evidence.standard)
    if decision.rejection is None:
        return Decision(None, f"{agreed.rationale}; {decision.rationale}", evidence.claim)
    return _settled(evidence, decision, agreed)


def seats(evidence: Evidence, agreed: Consensus) -> tuple[Vote, ...]:
    """The votes that count: the judges', and those of the stages before for seats that no judge has."""
    claim = evidence.claim
    own = [Vote(verifier="consensus", answer=claim, valid=True, rationale=agreed.rationale[:300])]
    if evidence.reference is not None:
        said = "the author's program computes the answer"
        own.append(Vote(verifier="reference", answer=claim, valid=True, rationale=said))
    judged = evidence.votes or ()
    return (*own[: max(0, SEATS - len(judged))], *judged)


def _settled(evidence: Evidence, decision: committee.Decision, agreed: Consensus) -> Stage | Decision:
    """What another look makes of a decision against the problem."""
    if not decision.auditable or not evidence.standing.audits:
        settled = committee.settle(decision, None, evidence.standard)
        return Decision(settled.rejection, settled.rationale)
    if evidence.audit is None:
        return Stage.AUDIT
    if evidence.standing.corrections and agreed.rival is not None:
        rival = Standard(agreed.rival, evidence.kind, evidence.relative_tolerance)
        answer = evidence.audit.answer
        if evidence.audit.valid and answer and rival.compare(answer).result is Agreement.EQUAL:
            said = f"{agreed.rationale}; the audit upholds it: the answer is corrected"
            return Decision(None, said, agreed.rival, corrected=True)
    settled = committee.settle(decision, evidence.audit, evidence.standard)
    return Decision(settled.rejection, settled.rationale, None if settled.rejection else evidence.claim)
