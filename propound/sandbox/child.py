"""The started launcher as seen from the service: its streams are drained while it runs, and it always
ends."""

from __future__ import annotations

import fcntl
import marshal
import os
import select
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, cast

from .request import Report, Request
from .runtime import Runtime

_BOOTSTRAP = """
import sys
sys.path.append({folder!r})
from inside.launch import main
main(*map(int, sys.argv[1:]))
"""
_STARTING_S = 30.0
_ENDING_S = 10.0
_LONGEST_POLL_S = 3600.0
_CHUNK = 65536
FLOOD = 64
"""A stream may carry this many times what is kept of it before the program is stopped."""


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


def interpreter_command(runtime: Runtime) -> list[str]:
    """The command that starts the launcher; three descriptor numbers follow."""
    bootstrap = _BOOTSTRAP.format(folder=str(Path(__file__).parent))
    return [str(runtime.interpreter), "-S", "-s", "-P", "-B", "-c", bootstrap]


def execute(command: Sequence[str], request: Request, stdin: bytes, output_bytes: int) -> Outcome:
    """Start ``command`` as the launcher of ``request`` and wait for its end. OSError when it cannot be
    started."""
    with (
        _Descriptor(_sealed("request", marshal.dumps(cast("dict[str, Any]", request)))) as message,
        _Descriptor(_sealed("stdin", stdin)) as given,
        _Pipe() as report,
        _Pipe() as control,
    ):
        passed = (message.number, report.write_end, control.read_end)
        process = subprocess.Popen(
            [*command, *map(str, passed)],
            stdin=given.number,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=request["environment"],
            cwd="/",
            pass_fds=passed,
            start_new_session=True,
        )
        try:
            report.close_write()
            control.close_read()
            return _drain(process, report.read_end, control, request["wall_s"], output_bytes)
        finally:
            control.close_write()  # the launcher, should it still be there, ends everything
            _end(process)


def _drain(
    process: subprocess.Popen[bytes], report_fd: int, control: _Pipe, wall_s: float, output_bytes: int
) -> Outcome:
    """Read both streams until the report is there, which is written when every process of the program has
    ended.

    The end of a stream would be no sign of that: a fork of the service may hold a copy of the other end.
    """
    assert process.stdout is not None
    assert process.stderr is not None
    stdout, stderr, report = Stream(output_bytes), Stream(output_bytes), Stream(select.PIPE_BUF)
    streams = {process.stdout.fileno(): stdout, process.stderr.fileno(): stderr, report_fd: report}
    poller = select.poll()
    for descriptor in streams:
        os.set_blocking(descriptor, False)
        poller.register(descriptor, select.POLLIN)
    deadline = time.monotonic() + _STARTING_S + wall_s + _ENDING_S
    flooded = ended = False
    while not report.total and not ended and (left := deadline - time.monotonic()) > 0:
        for descriptor, _ in poller.poll(min(left, _LONGEST_POLL_S) * 1e3):
            if not _read(descriptor, streams[descriptor]):
                poller.unregister(descriptor)
                ended = ended or descriptor == report_fd
        if not flooded and (stdout.is_flood or stderr.is_flood):
            flooded = True
            control.close_write()
    for descriptor, stream in streams.items():
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
    stream.add(chunk)
    return bool(chunk)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Wait for the launcher; one that does not end within the time it needs at most is killed."""
    try:
        with _Descriptor(os.pidfd_open(process.pid)) as end:
            poller = select.poll()
            poller.register(end.number, select.POLLIN)
            if not poller.poll(_ENDING_S * 1e3):
                process.kill()
    except ProcessLookupError:
        pass  # somebody else in this process has waited for it
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def _sealed(name: str, content: bytes) -> int:
    """A descriptor to read ``content`` from, which nobody can change: no writer is needed to feed it."""
    descriptor = os.memfd_create(f"propound-{name}", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
    os.lseek(descriptor, 0, os.SEEK_SET)
    seals = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    return descriptor


class _Descriptor:
    """Closes a descriptor at the end of a block."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.number)


class _Pipe:
    """A pipe whose ends can be closed early, each once."""

    def __init__(self) -> None:
        self.read_end, self.write_end = os.pipe2(os.O_CLOEXEC)
        self._open = {self.read_end, self.write_end}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close_read()
        self.close_write()

    def close_read(self) -> None:
        """Close the end that is read from."""
        self._close(self.read_end)

    def close_write(self) -> None:
        """Close the end that is written to."""
        self._close(self.write_end)

    def _close(self, descriptor: int) -> None:
        if descriptor in self._open:
            self._open.remove(descriptor)
            os.close(descriptor)
