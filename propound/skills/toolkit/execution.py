"""Running generated programs inside the sandbox: on a value or on a line of input, and what they cost.

Costs are counted, never timed, so that the same program has the same limits on every machine. Standard
library only.
"""

from __future__ import annotations

import builtins
import io
import json
import sys
import tracemalloc
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from types import FrameType
from typing import Any

from .streams import STDIN

ENTRY_POINT = "solve"
_FILE = "program"
_STEPS = ((100_000, 1), (1_000_000, 2))
"""Bytecode instructions of the reference on one input, and the seconds that leave a slow submission room."""
_SECONDS = 5
_MEGABYTES = (128, 256, 512, 1024)
_INTERPRETER_MB = 64
_MARGIN = 16
"""How many times the reference's memory a submission may use."""

Run = Callable[[Any], Any]


class _TooManyStepsError(Exception):
    """The program is in the highest class of cost."""


def compile_program(source: str, mode: str = "function") -> Run:
    """What the program does with an input.

    A function's `solve` gets a copy of its input, and its result comes back as plain JSON values. A whole program
    gets the input as its standard input, and what it prints comes back.
    """
    code = compile(source, _FILE, "exec")  # with this module's lazy annotations, which mutants may have made nonsense
    if mode == STDIN:
        return lambda text: _main(code, text)
    namespace = _namespace()
    exec(code, namespace)  # noqa: S102  # inside the sandbox

    def run(value: Any) -> Any:
        return json.loads(json.dumps(namespace[ENTRY_POINT](json.loads(json.dumps(value)))))

    return run


def _namespace() -> dict[str, Any]:
    return {"__name__": "__main__", "__builtins__": builtins}


def _main(code: Any, text: str) -> str:
    before = sys.stdin
    sys.stdin = io.StringIO(text)
    try:
        with redirect_stdout(io.StringIO()) as printed:
            exec(code, _namespace())  # noqa: S102  # inside the sandbox
    finally:
        sys.stdin = before
    return printed.getvalue()


def limits(run: Run, inputs: Sequence[Any]) -> dict[str, int]:
    """`time_limit_s` and `memory_limit_mb` for submissions: wide classes of the reference's cost on these inputs."""
    peak = max(_peak(run, value) for value in inputs)
    needed = _INTERPRETER_MB + _MARGIN * peak / 1e6
    memory = next((size for size in _MEGABYTES if size >= needed), _MEGABYTES[-1])
    try:
        steps = max(count_steps(run, value) for value in inputs)
    except _TooManyStepsError:
        return {"time_limit_s": _SECONDS, "memory_limit_mb": memory}
    return {
        "time_limit_s": next(seconds for most, seconds in _STEPS if steps <= most),
        "memory_limit_mb": memory,
    }


def count_steps(run: Run, value: Any) -> int:
    """Bytecode instructions that the program executes on the input.

    Raises:
        _TooManyStepsError: more than the last class of cost.
    """
    steps = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal steps
        if frame.f_code.co_filename != _FILE:
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        steps += event == "opcode"
        if steps > _STEPS[-1][0]:
            raise _TooManyStepsError
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run(value)
    finally:
        sys.settrace(before)
    return steps


def _peak(run: Run, value: Any) -> int:
    """Bytes that the program holds at once, at most."""
    tracemalloc.start()
    try:
        run(value)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
