"""A bound on the work of a library that offers none, which holds in every thread: no signals, no timer.

Function calls are counted, so that a result does not depend on the machine's load. The second bound, on the thread's
own processor time, is for the rare work whose calls are few and long.
"""

from __future__ import annotations

import importlib
import inspect
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

from propound.answers.limits import COMPARISON_SECONDS

Result = TypeVar("Result")

_CALLS_PER_LOOK_AT_THE_CLOCK = 64
_GENERATOR_CALLS = 1_000
"""Calls of generators, above the budget, with none of other functions between them: a generator that Python is just
throwing away swallows what is raised in it, with a warning on stderr."""


class _ExhaustedError(BaseException):
    """Not an Exception, so that no library handles it on its way out."""


class Effort:
    """Function calls and seconds of processor time that are left, over all runs of one comparison.

    Not covered: one long call into C (arithmetic on huge integers); the caps of `limits` keep numbers small.
    """

    def __init__(self, calls: int, seconds: float) -> None:
        self.calls = calls
        self.seconds = seconds
        self._deadline = 0.0
        self._started = time.thread_time()

    @property
    def spent(self) -> bool:
        """Whether the comparison as a whole, from its start, has taken its share of processor time."""
        return time.thread_time() - self._started > COMPARISON_SECONDS

    def run(self, work: Callable[[], Result]) -> Result | None:
        """`work()`, or None when a budget runs out or the library fails on what it was given."""
        if self.calls <= 0 or self.seconds <= 0:
            return None
        outer = sys.getprofile()
        sys.setprofile(None)
        self._import()
        self._deadline = time.thread_time() + self.seconds
        sys.setprofile(self._count)
        try:
            return work()
        except (_ExhaustedError, Exception):  # noqa: BLE001 - sympy raises anything on odd input: not decided
            return None
        finally:
            sys.setprofile(outer)
            self.seconds = self._deadline - time.thread_time()

    def _import(self) -> None:
        """The library's first import takes half of a budget, and is not the input's doing."""
        began = time.thread_time()
        importlib.import_module("sympy")
        self._started += time.thread_time() - began

    def _count(self, frame: FrameType, _event: str, _argument: Any) -> None:
        if frame.f_code is Effort.run.__code__:  # on its way out: raised there, it would reach the caller
            return
        self.calls -= 1
        if self.calls % _CALLS_PER_LOOK_AT_THE_CLOCK == 0 and time.thread_time() > self._deadline:
            self.calls = min(self.calls, 0)
        if self.calls <= (-_GENERATOR_CALLS if frame.f_code.co_flags & inspect.CO_GENERATOR else 0):
            raise _ExhaustedError
