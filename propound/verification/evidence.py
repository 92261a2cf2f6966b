"""What verification of open mode found, stage by stage: enough to give its verdict again without any model."""

from __future__ import annotations

from propound.answers.kinds import AnswerKind
from propound.record import Record
from propound.solving.attempt import Attempt
from propound.solving.reference import Reference
from propound.verification.committee import Standard
from propound.verification.consensus import Rule
from propound.verification.vote import Vote


class Standing(Record):
    """The rules that a verdict was given by."""

    rule: Rule = Rule()
    """Of the consensus."""
    judges: int = 0
    """Seats of the committee that models have."""
    audits: bool = False
    """Whether there is somebody to look again."""
    corrections: bool = False
    """Whether a problem may be kept with another answer than its author's."""


class Evidence(Record):
    """What was found of one submission; a stage that was not reached is None."""

    standing: Standing
    claim: str
    """The author's answer; for coding the name under which its outputs are compared."""
    kind: AnswerKind | None = None
    relative_tolerance: float | None = None
    reference: Reference | None = None
    """Stage 1; None where there is no program, for problems that people bring."""
    attempts: tuple[Attempt, ...] | None = None
    """Stage 2."""
    votes: tuple[Vote, ...] | None = None
    """Stage 4, of the judges."""
    audit: Vote | None = None
    """Stage 5."""

    @property
    def standard(self) -> Standard:
        """What answers are held against."""
        return Standard(self.claim, self.kind, self.relative_tolerance)
