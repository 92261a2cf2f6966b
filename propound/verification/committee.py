"""Decides by votes whether a problem is accepted (method section 7): pure functions, without a model or a sandbox.

Accepted when all hold: at least two votes are valid, no vote names a defect, and the answers agree. Where only the
last two fail, an audit - another look by somebody who has not voted - may settle it; without one it is rejected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from propound.answers import Agreement, Comparison, compare
from propound.answers.kinds import AnswerKind
from propound.verification.vote import Rejection, Vote

QUORUM = 2
"""Valid votes that an accepted problem needs."""
_EXACT = frozenset({Rejection.AMBIGUOUS, Rejection.DEGENERATE, Rejection.GIVEN_AWAY})
"""What the programmatic members prove; no majority and no audit outweighs it."""


@dataclass(frozen=True)
class Standard:
    """What an answer is held against: the gold answer, and how to compare with it."""

    gold: str
    kind: AnswerKind | None
    """None: as the gold answer is written."""
    relative_tolerance: float | None = None

    def compare(self, answer: str) -> Comparison:
        """The answer beside the gold one."""
        return compare(
            gold=self.gold, answer=answer, kind=self.kind, relative_tolerance=self.relative_tolerance
        )


@dataclass(frozen=True)
class Decision:
    """What the votes come to."""

    rejection: Rejection | None
    """None: accepted."""
    rationale: str
    auditable: bool = False
    """Whether another look may still save it."""


def decide(votes: Sequence[Vote], standard: Standard) -> Decision:
    """The acceptance rule before any audit.

    An abstention counts on neither side. Where there would be a quorum if all who abstain were for it, the reason is
    theirs: nothing is known of the problem, and nobody is blamed.
    """
    for vote in votes:
        if vote.rejection in _EXACT and not vote.defects:
            return Decision(vote.rejection, f"{vote.verifier}: {vote.rationale}")
    valid = [vote for vote in votes if vote.valid]
    if len(valid) < QUORUM:
        return _short_of_quorum(votes, len(valid))
    naming = [vote for vote in votes if vote.defects]
    if naming:
        first, named = naming[0], ", ".join(sorted({each for vote in naming for each in vote.defects}))
        why = f"{first.verifier} names a defect ({named}): {first.rationale}"
        return Decision(first.defects[0].rejection, why, auditable=True)
    answers = [vote.answer for vote in votes if vote.answer is not None and not vote.abstention]
    if not answers:
        return Decision(Rejection.UNDECIDED, "no verifier came to an answer")
    if any(standard.compare(answer).result is not Agreement.EQUAL for answer in answers):
        why = f"the answers differ: {'; '.join(dict.fromkeys(answers))[:300]}"
        return Decision(Rejection.DISPUTED, why, auditable=True)
    return Decision(None, f"{len(valid)} of {len(votes)} votes are valid and the answers agree")


def _short_of_quorum(votes: Sequence[Vote], valid: int) -> Decision:
    """Why there are not enough valid votes: those who abstain could have made them, or they could not."""
    abstaining = [(vote, vote.abstention.rejection) for vote in votes if vote.abstention]
    if valid + len(abstaining) >= QUORUM:
        vote, rejection = abstaining[0]
    else:
        vote = next(vote for vote in votes if not vote.valid and not vote.abstention)
        rejection = vote.defects[0].rejection if vote.defects else vote.rejection or Rejection.OUTVOTED
    return Decision(rejection, f"{vote.verifier}: {vote.rationale}")


def settle(decision: Decision, audit: Vote | None, standard: Standard) -> Decision:
    """The decision after another look; `audit` is None where nobody is there to look again.

    A valid vote of the auditor with the gold answer settles it. An audit that names a defect, abstains or comes to
    another answer leaves it rejected.
    """
    if not decision.auditable:
        return decision
    if audit is None:
        return Decision(decision.rejection, f"{decision.rationale} (nobody is there for a second audit)")
    if audit.defects:
        return Decision(audit.defects[0].rejection, f"{audit.verifier} upholds it: {audit.rationale}")
    agrees = audit.answer is not None and standard.compare(audit.answer).result is Agreement.EQUAL
    if audit.valid and agrees:
        return Decision(None, f"{decision.rationale}; the second audit settled it")
    return Decision(
        decision.rejection, f"{decision.rationale}; the audit did not settle it: {audit.rationale}"
    )
