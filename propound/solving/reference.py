"""Stage 1 of open mode: what the author's own program comes to, and what is wrong with it.

The program is untrusted and runs in the sandbox alone.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from propound.answers import AnswerKind
from propound.problem import Coding
from propound.record import Record
from propound.solving.lint import Finding


class Reference(Record):
    """What stage 1 found; stored as evidence."""

    answer: str | None = None
    """What the program comes to, as text; for coding the reference solution. None where it comes to nothing."""
    kind: AnswerKind | None = None
    """How the answer is compared."""
    relative_tolerance: float | None = None
    """From the precision that the statement asks for; only for real and quantity."""
    given: dict[str, Any] = Field(default_factory=dict)
    """What GIVEN names."""
    bounds: dict[str, tuple[Any, Any]] = Field(default_factory=dict)
    """What BOUNDS says of it."""
    findings: tuple[Finding, ...] = ()
    """Of the text and of the program; warnings too."""
    coding: Coding | None = None
    """For coding: entry point, reference, tests, and mutants killed."""
    failure: str | None = None
    """The sandbox failed; says nothing about the problem."""

    @property
    def fault(self) -> Finding | None:
        """The first finding that rejects."""
        return next((finding for finding in self.findings if finding.rejects), None)
