"""What verification decides of a submission: one verdict with its reason and all its evidence."""

from __future__ import annotations

from typing import Any

from pydantic import SerializerFunctionWrapHandler, model_serializer

from propound.problem import Problem
from propound.record import Record
from propound.verification.evidence import Evidence
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
    evidence: Evidence | None = None
    """In open mode: what every stage found."""

    @model_serializer(mode="wrap")
    def _leave_out(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        data: dict[str, Any] = handler(self)
        if data.get("evidence", ...) is None:
            del data["evidence"]
        return data
