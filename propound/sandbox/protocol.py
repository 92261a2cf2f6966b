"""The one interface behind which every way of isolating a program stands."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from .execution import Execution
from .program import Program


@runtime_checkable
class Sandbox(Protocol):
    """Runs programs that nobody vouches for. Thread-safe, without state between runs, safe after a fork."""

    @property
    def tier(self) -> str:
        """Which isolation this is."""

    def run(self, program: Program) -> Execution:
        """Run a program to its end. Nothing that it does raises: the result says what happened.

        FileNotFoundError for a path in ``readable`` or ``python_path`` that does not exist.
        """
