"""Real worker processes, started and killed by tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


class WorkerProcess:
    """`celery worker` with its pool, in a process group of its own."""

    def __init__(self, module: str, log: Path, **environment: str) -> None:
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", module, "worker", "--loglevel", "INFO", "-c", "2"],
                cwd=ROOT,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """kill -9 of the whole group: nothing is given back, nothing is acknowledged."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def kill_main(self) -> None:
        """kill -9 of the main process alone, as the kernel does it when memory is short."""
        self._process.kill()
        self._process.wait()

    def stop(self, seconds: float = 60) -> int:
        """Stop it politely; its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(seconds)

    def wait(self, seconds: float = 60) -> int:
        """Wait until it ends by itself; its exit code."""
        return self._process.wait(seconds)

    @property
    def is_running(self) -> bool:
        """Whether its main process is there."""
        return self._process.poll() is None


@contextmanager
def worker(module: str, log: Path, **environment: str) -> Iterator[WorkerProcess]:
    """A worker that is gone after the block, come what may."""
    process = WorkerProcess(module, log, **environment)
    try:
        yield process
    finally:
        if process.is_running:
            process.kill()


def wait_until(condition: Callable[[], bool], process: WorkerProcess, *, seconds: float = 120) -> None:
    """Wait for the condition while the worker lives; with its log in the message if it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        if not process.is_running or time.monotonic() > deadline:
            raise AssertionError(
                f"it did not come to it; the worker's log:\n{process.log.read_text()[-6000:]}"
            )
        time.sleep(0.05)
