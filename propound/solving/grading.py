"""Whether a program answers a problem: it runs in the sandbox, and what it prints is compared outside."""

from __future__ import annotations

import json
from typing import Any

from propound.answers import Agreement, compare
from propound.errors import SandboxFailedError
from propound.problem import CodingMode, Problem
from propound.sandbox import ExecutionStatus, Limits, Sandbox
from propound.skills.library import TOOLKIT_ROOT

LONGEST_PROGRAM = 20_000
"""Characters of a program that is run; a longer one is wrong."""
LIMITS = Limits(wall_s=20.0, cpu_s=2.0, memory_mb=512, output_bytes=65_536)
"""Of one attempt at a problem that is not about coding."""
_DRIVER = "from toolkit.attempt import main\nmain()"


def solves(program: str, problem: Problem, sandbox: Sandbox) -> bool:
    """Whether the program gives the gold answer, or for coding passes all tests.

    The expected outputs stay outside of the sandbox. A program that fails in any way of its own is wrong.

    Raises:
        SandboxFailedError: the sandbox failed, twice; nothing can be said about the program.
    """
    if len(program) > LONGEST_PROGRAM:
        return False
    mode, given = inputs(problem)
    execution = sandbox.run(
        _DRIVER,
        stdin=json.dumps({"source": program, "mode": mode, "inputs": given}).encode(),
        python_path=(TOOLKIT_ROOT,),
        limits=_limits(problem),
    )
    if execution.status is ExecutionStatus.FAILED:
        raise SandboxFailedError(execution.reason)
    return execution.succeeded and right(_last_line(execution.stdout), problem)


def right(outputs: Any, problem: Problem) -> bool:
    """Whether these outputs, one [output] for each input of the problem, are the expected ones."""
    expected = [test.expected for test in problem.coding.tests] if problem.coding else [problem.answer]
    if not isinstance(outputs, list) or len(outputs) != len(expected):
        return False
    if not all(isinstance(output, list) and len(output) == 1 for output in outputs):
        return False
    found = [output[0] for output in outputs]
    if problem.coding is None:
        return _answers(found[0], problem)
    if problem.coding.mode is CodingMode.STDIN:
        return [str(text).split() for text in found] == [str(text).split() for text in expected]
    # Tests are JSON, where 1, 1.0 and true are different answers.
    return json.dumps(found) == json.dumps(expected)


def _answers(printed: Any, problem: Problem) -> bool:
    if not isinstance(printed, str):
        return False
    tolerance = problem.relative_tolerance
    found = compare(
        gold=problem.answer,
        answer=printed.strip(),
        kind=problem.answer_kind,
        relative_tolerance=tolerance,
    )
    return found.result is Agreement.EQUAL


def inputs(problem: Problem) -> tuple[str, list[Any]]:
    """How a program for the problem is run (see `toolkit.attempt`), and on what."""
    if problem.coding is None:
        return CodingMode.STDIN, [""]
    return problem.coding.mode, [test.arguments[0] for test in problem.coding.tests]


def _limits(problem: Problem) -> Limits:
    """A coding problem's own limits, the time for all of its tests together."""
    if problem.coding is None:
        return LIMITS
    seconds = float(2 * problem.coding.time_limit_s)
    return Limits(
        wall_s=5 * seconds,
        cpu_s=seconds,
        memory_mb=max(LIMITS.memory_mb, problem.coding.memory_limit_mb),
        output_bytes=1_000_000,
    )


def _last_line(printed: bytes) -> Any:
    lines = printed.decode("utf-8", "replace").strip().splitlines()
    try:
        return json.loads(lines[-1]) if lines else None
    except (ValueError, RecursionError):
        return None
