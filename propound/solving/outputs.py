"""What somebody's program makes of its inputs: it runs in the sandbox, as Python runs it, and is told no output."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from propound.errors import SandboxFailedError
from propound.problem import Coding, CodingMode
from propound.sandbox import Execution, ExecutionStatus, Limits, Program, Sandbox
from propound.solving.caller import PATIENCE, SUBMISSION, TASK

LIMITS = Limits(wall_s=20.0, cpu_s=2.0, memory_mb=1024, output_bytes=65_536)
"""Of a program that prints an answer. Memory is address space: a thread with a large stack takes half of it."""
OUTPUT_BYTES = 1_000_000
"""Most that a program may print for a test, or a function may return for all of them."""
START_S = 1
"""Seconds beside the time limit, in which a program starts and imports what it needs."""

_CALLER = Path(__file__).with_name("caller.py").read_text(encoding="utf-8")


class FailedError(Exception):
    """The program came to no output; the message says why in a few words."""


def printed(
    source: str, sandbox: Sandbox, stdin: bytes = b"", limits: Limits = LIMITS, *, hash_seed: int = 0
) -> str:
    """What a whole program prints.

    Raises:
        FailedError: it did not end well, or printed too much.
        SandboxFailedError: the sandbox failed; nothing can be said about the program.
    """
    execution = _run(Program(source, stdin=stdin, limits=limits, hash_seed=hash_seed), sandbox)
    return execution.stdout.decode("utf-8", "replace")


def outputs(source: str, coding: Coding, sandbox: Sandbox) -> Iterator[Any]:
    """What the program gives for each test in turn: the text that it prints, or the result of its function.

    A whole program runs anew for every test. A function is defined once and called for one test after the other.

    Raises:
        FailedError: on the test that comes next, the program fails.
        SandboxFailedError: the sandbox failed; nothing can be said about the program.
    """
    if coding.mode is CodingMode.STDIN:
        limits = _limits(coding, 1)
        for test in coding.tests:
            yield printed(source, sandbox, test.arguments[0].encode(), limits)
        return
    task = {
        "name": coding.entry_point,
        "inputs": [test.arguments for test in coding.tests],
        "seconds": coding.time_limit_s,
    }
    files = {SUBMISSION: source.encode("utf-8", "replace"), TASK: json.dumps(task).encode()}
    execution = _run(Program(_CALLER, files=files, limits=_limits(coding, len(coding.tests))), sandbox)
    yield from _results(execution.stdout)
    raise FailedError("the function ended the program")


def _results(lines: bytes) -> Iterator[Any]:
    for line in lines.decode("utf-8", "replace").splitlines():
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            raise FailedError("the function wrote its results by itself") from None
        if not isinstance(found, list) or len(found) != 1:
            reason = found.get("failed") if isinstance(found, dict) else None
            raise FailedError(str(reason or "the function wrote its results by itself"))
        yield found[0]


def _limits(coding: Coding, tests: int) -> Limits:
    """A coding problem's own limits, for so many tests in one run."""
    seconds = float(coding.time_limit_s * tests + START_S)
    return Limits(
        wall_s=PATIENCE * seconds,
        cpu_s=seconds,
        memory_mb=max(LIMITS.memory_mb, coding.memory_limit_mb),
        output_bytes=OUTPUT_BYTES,
    )


def _run(program: Program, sandbox: Sandbox) -> Execution:
    execution = sandbox.run(program)
    if execution.status is ExecutionStatus.FAILED:
        raise SandboxFailedError(execution.reason)
    if not execution.succeeded:
        raise FailedError(_why(execution, program.limits))
    if execution.truncated and len(execution.stdout) >= program.limits.output_bytes:
        raise FailedError("it prints too much")
    return execution


def _why(execution: Execution, limits: Limits) -> str:
    """How a run ended that did not end well."""
    if execution.status is ExecutionStatus.REFUSED:
        return f"it asks the system for what no program may: {execution.reason}"
    if execution.status is ExecutionStatus.KILLED:
        named = {
            "wall": f"over the time limit of {limits.wall_s:g} s by the clock",
            "cpu": f"over the time limit of {limits.cpu_s:g} s",
            "memory": f"over the memory limit of {limits.memory_mb} MiB",
            "output": "it prints too much",
        }
        return named.get(execution.reason, f"ended by {execution.reason}")
    said = execution.stderr.decode("utf-8", "replace").strip().splitlines()
    return said[-1][:300] if said else f"exit code {execution.exit_code}"
