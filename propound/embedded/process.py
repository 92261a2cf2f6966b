"""A child process with a log of its own that never outlives its parent."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from propound.embedded.interruption import Interruption
from propound.errors import PropoundError

POLL_SECONDS = 0.05
TAIL_LINES = 15


class ProcessDiedError(PropoundError):
    """A process of the system ended although nobody asked it to; the message holds the end of its log."""


class StartTimeoutError(PropoundError):
    """A process runs but did not become ready; the message holds the end of its log."""


def dies_with_parent(signum: signal.Signals) -> list[str]:
    """Words before a command that have the kernel signal it when this process is gone, even by kill -9.

    Empty where `setpriv` (util-linux) is missing; what is then left over is stopped at the next start.
    """
    if sys.platform != "linux" or shutil.which("setpriv") is None:
        return []
    return ["setpriv", "--pdeathsig", signum.name.removeprefix("SIG"), "--"]


class Process:
    """One child process, in a session of its own so that Ctrl-C in the terminal reaches only the parent.

    Args:
        name: for messages.
        command: the program and its words.
        log: file that its output is appended to.
        account: words before the command that run it as another user.
        environment: instead of this process's.
        stdin: what it reads.
        stop_signal: what asks it to end.
        orphan_signal: what the kernel sends it when this process is gone; None: `stop_signal`.
        folder: where it runs.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        *,
        account: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        stdin: str = "",
        stop_signal: signal.Signals = signal.SIGTERM,
        orphan_signal: signal.Signals | None = None,
        folder: Path | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self.stop_signal = stop_signal
        self._command = [*account, *dies_with_parent(orphan_signal or stop_signal), *command]
        self._environment = dict(os.environ if environment is None else environment)
        self._stdin = stdin
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    def start(self) -> None:
        """Start it; its output is appended to the log."""
        with self.log.open("ab") as output, Interruption.deferred():
            self._log_start = output.tell()
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._environment,
                cwd=self._folder,
                start_new_session=True,
            )
        stream = self._process.stdin
        assert stream is not None
        with suppress(BrokenPipeError), stream:
            stream.write(self._stdin.encode())

    @property
    def pid(self) -> int | None:
        """Its process id, or None before the start."""
        return None if self._process is None else self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def check(self) -> None:
        """Nothing, as long as it runs.

        Raises:
            ProcessDiedError: it has ended.
        """
        if self._process is not None and (code := self._process.poll()) is not None:
            how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
            raise ProcessDiedError(f"{self.name} {how}.\n{self.tail()}")

    def wait_until(self, is_ready: Callable[[], bool], seconds: float) -> None:
        """Wait until `is_ready` says so.

        Raises:
            ProcessDiedError: it ended first.
            StartTimeoutError: the time is over.
        """
        deadline = time.monotonic() + seconds
        while not is_ready():
            self.check()
            if time.monotonic() > deadline:
                raise StartTimeoutError(f"{self.name} was not ready after {seconds:g} s.\n{self.tail()}")
            time.sleep(POLL_SECONDS)

    def tail(self) -> str:
        """The last lines that it wrote since its start, with the log's place."""
        lines: deque[str] = deque(maxlen=TAIL_LINES)
        with suppress(OSError), self.log.open("rb") as log:
            log.seek(self._log_start)
            lines.extend(_printable(line) for line in log)
        said = "\n".join(f"  | {line}" for line in lines) or "  | (it wrote nothing)"
        return f"The end of {self.log}:\n{said}"

    def signal_stop(self) -> None:
        """Ask it to end, without waiting."""
        if self.is_running:
            assert self._process is not None
            self._process.send_signal(self.stop_signal)

    def stop(self, seconds: float) -> bool:
        """End it and what is left of its process group; whether it ended within `seconds` when asked to."""
        if self._process is None:
            return True
        self.signal_stop()
        try:
            self._process.wait(seconds)
            in_time = True
        except subprocess.TimeoutExpired:
            in_time = False
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        return in_time


def _printable(line: bytes) -> str:
    text = line.decode("utf-8", errors="replace").rstrip()
    return "".join(character if character.isprintable() else "?" for character in text)[:500]


def open_log(path: Path, largest: int = 20_000_000) -> Path:
    """The log file's folder made; a log that has grown past `largest` bytes is set aside once as `*.1`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        if path.stat().st_size > largest:
            path.replace(path.with_name(path.name + ".1"))
    return path
