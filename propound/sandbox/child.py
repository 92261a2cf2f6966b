"""The started launcher as seen from the service: its streams are drained while it runs, and it always
ends."""

from __future__ import annotations

import marshal
import os
import select
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from .descriptors import Descriptor, Pipe, sealed
from .draining import ENDING_S, Outcome, drain
from .request import Request
from .runtime import Runtime

_BOOTSTRAP = """
import sys
sys.path.append({folder!r})
from inside.{module} import main
main(*map(int, sys.argv[1:]))
"""


def interpreter_command(runtime: Runtime, module: str = "launch") -> list[str]:
    """The command that starts ``module`` of the isolated side; descriptor numbers follow."""
    bootstrap = _BOOTSTRAP.format(folder=str(Path(__file__).parent), module=module)
    return [str(runtime.interpreter), "-S", "-s", "-P", "-B", "-c", bootstrap]


def execute(
    command: Sequence[str], request: Request, stdin: bytes, output_bytes: int, group_fd: int
) -> Outcome:
    """Start ``command`` as the launcher of ``request`` and wait for its end; ``group_fd`` is the entrance to the
    program's control group, or -1. OSError when it cannot be started."""
    with (
        sealed("request", marshal.dumps(cast("dict[str, Any]", request))) as message,
        sealed("stdin", stdin) as given,
        Pipe() as report,
        Pipe() as control,
    ):
        passed = (message.number, report.write_end, control.read_end)
        process = subprocess.Popen(
            [*command, *map(str, passed), str(group_fd)],
            stdin=given.number,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=request["environment"],
            cwd="/",
            pass_fds=[*passed, *([group_fd] if group_fd >= 0 else [])],
            start_new_session=True,
        )
        try:
            report.close_write()
            control.close_read()
            assert process.stdout is not None
            assert process.stderr is not None
            streams = (process.stdout.fileno(), process.stderr.fileno(), report.read_end)
            return drain(streams, control.close_write, request["wall_s"], output_bytes)
        finally:
            control.close_write()  # the launcher, should it still be there, ends everything
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Wait for the launcher; one that does not end within the time it needs at most is killed."""
    try:
        with Descriptor(os.pidfd_open(process.pid)) as ending:
            poller = select.poll()
            poller.register(ending.number, select.POLLIN)
            if not poller.poll(ENDING_S * 1e3):
                process.kill()
    except ProcessLookupError:
        pass  # somebody else in this process has waited for it
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
