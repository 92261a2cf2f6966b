"""What verification decides of a submission: one verdict with its reason and all its evidence."""

from __future__ import annotations

from propound.problem import Problem
from propound.record import Record
from propound.verification.vote import Check, Rejection, Vote


class Verdict(Record):
    """The committee's decision with all its evidence."""

    accepted: bool
    rejection: Rejection | None
    rationale: str
    votes: tuple[Vote, ...] = ()
    """Of the programmatic members, of the judges, and of the auditor where there was another look, in this order."""
    checks: tuple[Check, ...] = ()
    problem: Problem | None = None
    """The problem as verified (gold answer recomputed), when accepted."""
