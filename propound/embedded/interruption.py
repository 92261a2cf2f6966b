"""Signals that end a command: raised once, never between starting a child process and remembering it.

Ctrl-C, SIGTERM and a closed terminal all take the same way: `Interrupted` unwinds the main thread, what was
started is stopped, and further signals cannot disturb that.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """Somebody asked the command to end. Not an `Exception`, so that no broad handler swallows it."""

    def __init__(self, signum: int) -> None:
        super().__init__(signal.Signals(signum).name)
        self.signum = signum

    @property
    def exit_code(self) -> int:
        """What a shell expects of a command that a signal ended."""
        return 128 + self.signum


class Interruption:
    """While entered, the first of `SIGNALS` raises `Interrupted` in the main thread; later ones nothing."""

    _current: Interruption | None = None

    def __init__(self) -> None:
        self._depth = 0
        self._pending: int | None = None
        self._raised = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        Interruption._current = self
        for signum in SIGNALS:
            self._before[signum] = signal.signal(signum, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for signum, handler in self._before.items():
            signal.signal(signum, handler)
        Interruption._current = None

    def _handle(self, signum: int, _frame: FrameType | None) -> None:
        if self._raised:
            return
        if self._depth:
            self._pending = signum
            return
        self._raised = True
        raise Interrupted(signum)

    def _enter(self) -> None:
        self._depth += 1

    def _leave(self) -> None:
        self._depth -= 1
        if self._depth == 0 and self._pending is not None and not self._raised:
            self._raised = True
            raise Interrupted(self._pending)

    @classmethod
    @contextmanager
    def deferred(cls) -> Iterator[None]:
        """Holds an interruption back until the block has ended."""
        current = cls._current
        if current is None:
            yield
            return
        current._enter()  # noqa: SLF001  # its own class
        try:
            yield
        finally:
            current._leave()  # noqa: SLF001
