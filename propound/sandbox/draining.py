"""A program's two output streams, read while it runs: nothing that it writes can hold anybody up."""

from __future__ import annotations

import marshal
import os
import select
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .request import Report

STARTING_S = 30.0
"""The longest that a launcher may take until the program's first line."""
ENDING_S = 10.0
"""The longest that it may take after the program's time is over."""
FLOOD = 64
"""A stream may carry this many times what is kept of it before the program is stopped."""
_LONGEST_POLL_S = 3600.0
_CHUNK = 65536


@dataclass(slots=True)
class Stream:
    """One output stream: its beginning is kept, the rest is counted."""

    most: int
    kept: bytearray = field(default_factory=bytearray)
    total: int = 0

    def add(self, chunk: bytes) -> None:
        """Take what was read."""
        self.total += len(chunk)
        self.kept += chunk[: max(0, self.most - len(self.kept))]

    @property
    def is_flood(self) -> bool:
        """Nobody will read this much."""
        return self.total > self.most * FLOOD


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back from a launcher."""

    report: Report
    stdout: Stream
    stderr: Stream
    flooded: bool


def drain(
    descriptors: tuple[int, int, int], stop: Callable[[], None], wall_s: float, output_bytes: int
) -> Outcome:
    """Read stdout and stderr until the report is there, the third of ``descriptors``, which is written when
    every process of the program has ended; ``stop`` asks for that end.

    The end of a stream would be no sign of it: a fork of the service may hold a copy of the other end.
    """
    stdout_fd, stderr_fd, report_fd = descriptors
    stdout, stderr, report = Stream(output_bytes), Stream(output_bytes), Stream(select.PIPE_BUF)
    streams = {stdout_fd: stdout, stderr_fd: stderr, report_fd: report}
    poller = select.poll()
    for descriptor in streams:
        os.set_blocking(descriptor, False)
        poller.register(descriptor, select.POLLIN)
    deadline = time.monotonic() + STARTING_S + wall_s + ENDING_S
    flooded = ended = False
    while not report.total and not ended and (left := deadline - time.monotonic()) > 0:
        for descriptor, _ in poller.poll(min(left, _LONGEST_POLL_S) * 1e3):
            if not _read(descriptor, streams[descriptor]):
                poller.unregister(descriptor)
                ended = ended or descriptor == report_fd
        if not flooded and (stdout.is_flood or stderr.is_flood):
            flooded = True
            stop()
    for descriptor, stream in ((stdout_fd, stdout), (stderr_fd, stderr)):
        while not stream.is_flood and _read(descriptor, stream, nothing_is_the_end=True):
            pass
    return Outcome(_parsed(report, stderr), stdout, stderr, flooded)


def _parsed(report: Stream, stderr: Stream) -> Report:
    if not report.total:
        last_words = bytes(stderr.kept[-500:]).decode(errors="replace")
        return {"failed": f"the launcher ended without a report: {last_words}"}
    parsed: Report = marshal.loads(bytes(report.kept))  # noqa: S302 - written by the trusted half alone
    return parsed


def _read(descriptor: int, stream: Stream, *, nothing_is_the_end: bool = False) -> bool:
    """Read what is there; False at the end of the stream."""
    try:
        chunk = os.read(descriptor, _CHUNK)
    except BlockingIOError:
        return not nothing_is_the_end
    except ConnectionError:
        return False
    stream.add(chunk)
    return bool(chunk)
