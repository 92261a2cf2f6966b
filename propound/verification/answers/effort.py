"""A bound on the work of a library that offers none: a budget of function calls, the same in every thread.

A timer would need signals (main thread only) and would make results depend on the machine's load.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

Result = TypeVar("Result")


class _ExhaustedError(BaseException):
    """Not an Exception, so that no library handles it on its way out."""


class Effort:
    """Function calls that are left, over all runs of one comparison.

    Not covered: one long call into C (arithmetic on huge integers); the caps of `limits` keep numbers small.
    """

    def __init__(self, calls: int) -> None:
        self.calls = calls

    def run(self, work: Callable[[], Result]) -> Result | None:
        """`work()`, or None when the budget runs out or the library fails on what it was given."""
        if self.calls <= 0:
            return None
        outer = sys.getprofile()
        sys.setprofile(self._count)
        try:
            return work()
        except (_ExhaustedError, Exception):  # noqa: BLE001 - sympy raises anything on odd input: not decided
            return None
        finally:
            sys.setprofile(outer)

    def _count(self, _frame: FrameType, _event: str, _argument: Any) -> None:
        self.calls -= 1
        if self.calls < 0:
            raise _ExhaustedError
