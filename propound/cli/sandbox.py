"""`propound sandbox ...`: lets anyone try the isolation by hand, without a server."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Run a program the way a worker does.", no_args_is_help=True, rich_markup_mode=None)


class Profile(StrEnum):
    """What kind of program it is."""

    PURE = "pure"
    CHILDREN = "children"


PROCESSES = {Profile.PURE: 1, Profile.CHILDREN: 32}
"""Processes and threads that a program of each profile may have; one process may have 64 threads."""


class TierName(StrEnum):
    """The names of `propound.sandbox.Tier`, which is too heavy to import for a help text; a test compares."""

    NAMESPACES = "namespaces"
    BUBBLEWRAP = "bubblewrap"
    LANDLOCK = "landlock"


@app.callback()
def group() -> None:
    """Run a program the way a worker does."""


@app.command()
def run(
    file: Annotated[Path, typer.Argument(metavar="FILE|-", help="Python source; - reads standard input.")],
    *,
    profile: Annotated[
        Profile, typer.Option(help="pure: no child processes; children: up to 32.")
    ] = Profile.PURE,
    timeout: Annotated[
        float, typer.Option(min=0.001, max=3600, help="Seconds, by the clock and of processor.")
    ] = 10.0,
    memory: Annotated[
        int, typer.Option(min=16, max=1 << 20, help="Address space of one process, in MiB.")
    ] = 512,
    repeat: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="Runs, one after another, from one pool.")
    ] = 1,
    tier: Annotated[
        TierName | None, typer.Option(help="Default: PROPOUND_SANDBOX_TIER, or the best one here.")
    ] = None,
    cold: Annotated[bool, typer.Option("--cold", help="A fresh interpreter for every run.")] = False,
    stdin: Annotated[
        Path | None,
        typer.Option(help="File that the program reads as its standard input; default: the one of this command."),
    ] = None,
) -> None:
    """Run a program in the sandbox; print one line of JSON for each run.

    The program reads what is piped into this command, or the file of --stdin; what has not come within --timeout
    seconds is not waited for, and a terminal counts as empty. Status "finished" says that it ended by itself, with
    whatever exit code. Bytes that are no UTF-8 come as \\udc80 to \\udcff. Ends with 1 when the sandbox itself failed.
    """
    import json
    import sys

    from propound.config import settings
    from propound.sandbox import ExecutionStatus, Limits, Program, open_sandbox

    source = sys.stdin.buffer.read() if str(file) == "-" else _content(file, "FILE")
    piped = b"" if stdin or str(file) == "-" else _piped(timeout)
    given = _content(stdin, "--stdin") if stdin else piped
    sandbox = open_sandbox(tier.value if tier else settings().sandbox_tier, warm=not cold)
    limits = Limits(wall_s=timeout, cpu_s=timeout, memory_mb=memory, processes=PROCESSES[profile])
    program = Program(source.decode(errors="surrogateescape"), stdin=given, limits=limits)
    failed = False
    for _ in range(repeat):
        execution = sandbox.run(program)
        failed = failed or execution.status is ExecutionStatus.FAILED
        shown = {
            "status": execution.status.value,
            "exit_code": execution.exit_code,
            "reason": execution.reason,
            "stdout": execution.stdout.decode(errors="surrogateescape"),
            "stderr": execution.stderr.decode(errors="surrogateescape"),
            "wall_ms": round(execution.wall_ms, 3),
            "cpu_ms": round(execution.cpu_ms, 3),
            "max_rss_kb": execution.max_rss_kb,
        }
        print(json.dumps(shown), flush=True)
    if failed:
        raise typer.Exit(1)


def _content(file: Path, named: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}", param_hint=named) from error


def _piped(seconds: float) -> bytes:
    """What comes on standard input until it ends; nothing from a terminal, and no longer than so many seconds."""
    import os
    import select
    import sys
    import time

    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        return b""
    descriptor, found, deadline = sys.stdin.fileno(), bytearray(), time.monotonic() + seconds
    while select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]:
        chunk = os.read(descriptor, 1 << 20)
        if not chunk:
            return bytes(found)
        found += chunk
    print(f"standard input did not end within {seconds:g} s; the program gets what came", file=sys.stderr)
    return bytes(found)
