"""A running zygote as seen from the service: it is sent jobs and it always ends."""

from __future__ import annotations

import marshal
import os
import select
import socket
import subprocess
from contextlib import suppress
from typing import Any, cast

from .child import end, interpreter_command
from .control_group import Hierarchy
from .descriptors import Descriptor, Pipe, sealed
from .draining import STARTING_S, Outcome, drain
from .program import Program
from .request import Job, Warming
from .runtime import Runtime

_LONGEST_MESSAGE = 1 << 16
_STOP = marshal.dumps(None)


class ZygoteFailedError(Exception):
    """The zygote did not start, or did not serve; it must be closed."""


class Zygote:
    """One zygote and the only connection to it. Used by one thread at a time."""

    def __init__(self, warming: Warming, runtime: Runtime, hierarchy: Hierarchy | None = None) -> None:
        """Start it; returns when it has imported everything. Its programs are in a group of ``hierarchy``.

        Raises:
            ZygoteFailedError: it could not be started or isolated.
            OSError: its control group could not be made.
        """
        self.group = hierarchy.new_group() if hierarchy else None
        self.jobs = 0
        self.scratch = warming["request"]["scratch"]
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with (
                theirs,
                sealed("warming", marshal.dumps(cast("dict[str, Any]", warming))) as message,
                Descriptor(os.pidfd_open(os.getpid())) as owner,
                sealed("stdin", b"") as stdin,
                Pipe() as unread,
            ):
                passed = [message.number, theirs.fileno(), owner.number]
                if self.group:
                    passed.append(self.group.entrance)
                self.process = subprocess.Popen(
                    [*interpreter_command(runtime, "zygote"), *map(str, passed)],
                    stdin=stdin.number,  # of the kinds that programs get: what streams can do is found out
                    stdout=unread.write_end,  # when an interpreter starts
                    stderr=unread.write_end,
                    env=warming["request"]["environment"],
                    cwd="/",
                    pass_fds=passed,
                    start_new_session=True,
                )
        except OSError as error:
            self.control.close()
            if self.group:
                self.group.close()
            raise ZygoteFailedError(f"the zygote did not start: {error}") from error
        try:
            self.modules = frozenset(self._greeting())
        except BaseException:
            self.close()
            raise

    def _greeting(self) -> list[str]:
        poller = select.poll()
        poller.register(self.control, select.POLLIN)
        answer = self.control.recv(_LONGEST_MESSAGE) if poller.poll(STARTING_S * 1e3) else b""
        greeting = marshal.loads(answer) if answer else {}  # noqa: S302 - no program has run in it yet
        if "modules" not in greeting:
            raise ZygoteFailedError(f"the zygote did not start: {greeting.get('failed', 'no answer')}")
        names: list[str] = greeting["modules"]
        return names

    @property
    def is_alive(self) -> bool:
        """It waits for a job: one that ended can be read from."""
        poller = select.poll()
        poller.register(self.control, select.POLLIN)
        return not poller.poll(0)

    def run(self, job: Job, program: Program) -> Outcome:
        """Run a program, which may use what `job` says, and wait for its end.

        Raises:
            ZygoteFailedError: the zygote was gone.
        """
        self.jobs += 1
        with (
            sealed("payload", marshal.dumps((program.source, dict(program.files)))) as payload,
            sealed("stdin", program.stdin) as given,
            Pipe() as stdout,
            Pipe() as stderr,
        ):
            passed = [payload.number, given.number, stdout.write_end, stderr.write_end]
            self.control.setblocking(True)
            try:
                socket.send_fds(self.control, [marshal.dumps(cast("dict[str, Any]", job))], passed)
            except OSError as error:
                raise ZygoteFailedError(f"the zygote was gone: {error}") from error
            stdout.close_write()
            stderr.close_write()
            streams = (stdout.read_end, stderr.read_end, self.control.fileno())
            return drain(streams, self._stop, job["wall_s"], program.limits.output_bytes)

    def _stop(self) -> None:
        try:
            self.control.send(_STOP)
        except OSError:
            return  # it has ended, and the program with it

    def close(self) -> None:
        """End it and wait for that."""
        with suppress(OSError):  # it may have ended
            self.control.shutdown(socket.SHUT_RDWR)  # a fork of the service may hold a copy
        self.control.close()
        end(self.process)
        if self.group:
            self.group.close()

    def kill(self) -> None:
        """End it at once: it may not be listening."""
        self.process.kill()
        self.close()

    def abandon(self) -> None:
        """Forget it in a fork of the service, whose child it is not."""
        self.control.close()
        if self.group:
            self.group.abandon()
        self.process.returncode = 0  # there is nothing to wait for here
