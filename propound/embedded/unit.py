"""A process of the system as `propound up` starts it: one record, and the one child process that it means now.

The API, the worker and the trainer are units; a model server is one more (`System.add`).
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from propound.embedded.process import Process, open_log

READY_SECONDS = 60.0


@dataclass(frozen=True)
class Unit:
    """What to run."""

    name: str
    """For people, as the beginning of a sentence: The API."""
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    """All of it."""
    folder: Path
    """Where it runs."""
    log: Path
    """File that its output is appended to."""
    is_ready: Callable[[], bool] | None = None
    """Whether it can be used; None: nobody waits for it."""
    ready_seconds: float = READY_SECONDS
    """How long that may take after the first start."""
    orphan_signal: signal.Signals | None = None
    """What the kernel sends it when this process is gone; None: SIGTERM."""
    grace_seconds: float = 20.0
    """How long it may take to end when it is asked to."""


class UnitProcess:
    """Runs a unit; started again, it first ends what is left of the last time."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.name = unit.name
        self._process: Process | None = None

    def start(self) -> None:
        """Start it, without waiting until it is ready."""
        unit = self.unit
        if self._process is not None:
            self._process.stop(unit.grace_seconds)
        self._process = Process(
            unit.name,
            unit.argv,
            open_log(unit.log),
            environment=unit.environment,
            orphan_signal=unit.orphan_signal,
            folder=unit.folder,
        )
        self._process.start()

    def wait(self) -> None:
        """Until it is ready, where it says when that is.

        Raises:
            ProcessDiedError: it ended first.
            StartTimeoutError: it takes too long.
        """
        if self._process is not None and self.unit.is_ready is not None:
            self._process.wait_until(self.unit.is_ready, self.unit.ready_seconds)

    def check(self) -> None:
        """Nothing, as long as it runs.

        Raises:
            ProcessDiedError: it has ended; the message holds the end of its log.
        """
        if self._process is not None:
            self._process.check()

    def tail(self) -> str:
        """The last lines that it wrote."""
        return "" if self._process is None else self._process.tail()

    def signal_stop(self) -> None:
        """Ask it to end, without waiting."""
        if self._process is not None:
            self._process.signal_stop()

    def stop(self) -> None:
        """End it, and what is left of its children."""
        if self._process is not None:
            self._process.stop(self.unit.grace_seconds)
