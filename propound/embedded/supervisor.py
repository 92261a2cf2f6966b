"""Keeps processes running for `propound up`: one that dies is started again, each time after a longer pause."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from propound.embedded.process import ProcessDiedError, open_log

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 60.0
"""Each pause is twice as long as the one before, up to this."""

STEADY_SECONDS = 60.0
"""What ran for so long is well: its next death is its first."""

HOPELESS = 4
"""After so many deaths in a row the words become clear."""


class Kept(Protocol):
    """Something that should run: the process of a unit, or an embedded server."""

    @property
    def name(self) -> str:
        """For people, as the beginning of a sentence."""

    def start(self) -> None:
        """Start it again, at the same address, after ending what is left of the last time."""

    def check(self) -> None:
        """Raises `ProcessDiedError` when it has ended."""


@dataclass
class _Watched:
    kept: Kept
    started: float
    deaths: int = 0
    """In a row."""
    again: float | None = None
    """When it is started again; None while it runs."""

    def pause(self) -> float:
        """Before the next start."""
        return min(FIRST_PAUSE_SECONDS * 2.0 ** min(self.deaths - 1, 20), LONGEST_PAUSE_SECONDS)


class Supervisor:
    """Watches what it is given, in the order in which it is to be started again, until its caller ends.

    Args:
        report: tells a line to whoever sits at the terminal.
        log: file that keeps these lines, each with its time.
        clock: seconds.
    """

    def __init__(
        self, report: Callable[[str], None], log: Path, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._report, self._log, self._clock = report, log, clock
        self._watched: list[_Watched] = []

    def watch(self, kept: Kept) -> None:
        """Look after something that was just started."""
        self._watched.append(_Watched(kept, self._clock()))

    def look(self) -> None:
        """See who has died, and start whose time has come again; call it twice a second or so."""
        for each in self._watched:
            if each.again is None:
                self._see(each)
            elif self._clock() >= each.again:
                self._start(each)

    def _see(self, each: _Watched) -> None:
        try:
            each.kept.check()
        except ProcessDiedError as error:
            if self._clock() - each.started >= STEADY_SECONDS:
                each.deaths = 0
            self._died(each, error)

    def _start(self, each: _Watched) -> None:
        each.started, each.again = self._clock(), None
        try:
            each.kept.start()
        except Exception as error:  # noqa: BLE001  # whatever keeps it from starting may pass
            self._died(each, error)
        else:
            self._say(f"{each.kept.name} is started again")

    def _died(self, each: _Watched, error: Exception) -> None:
        each.deaths += 1
        pause = each.pause()
        each.again = self._clock() + pause
        if each.deaths % HOPELESS:
            self._say(f"{error}\n{each.kept.name} is started again in {pause:g} s")
            return
        self._say(
            f"{error}\n{each.kept.name} cannot be kept running: it ended {each.deaths} times in a row, each time soon "
            f"after its start. It is tried again in {pause:g} s; everything else goes on."
        )

    def _say(self, text: str) -> None:
        self._report(text)
        stamp = time.strftime("%Y-%m-%d %H:%M:%S%z")
        with open_log(self._log).open("a", encoding="utf-8") as log:
            log.write(f"{stamp} {text}\n")
