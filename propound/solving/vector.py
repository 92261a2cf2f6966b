"""What a blind solver's program makes of all inputs of a coding problem, as one short name that can be compared.

Two programs agree where their whole output vectors do. Small inputs come first, so that a brute force which is too slow
for the largest ones still says something of the others.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from propound.problem import Coding, TestCase
from propound.record import digest
from propound.sandbox import Sandbox
from propound.solving.grading import matches
from propound.solving.outputs import FailedError, outputs

MAX_SHOWN = 300
"""Longest difference that is told, in characters."""
_SLOW = "over the time limit"


@dataclass(frozen=True)
class Vector:
    """The outputs of one program."""

    name: str
    """Equal for equal outputs; that of the reference where none differs from it."""
    difference: str = ""
    """The first input on which it gives something else than the reference, with both outputs; empty where none."""


def reference_name(coding: Coding) -> str:
    """The name of the outputs that the reference gives: what a coding problem's author claims."""
    return _name([test.expected for test in _small_first(coding)])


def vector_of(program: str, coding: Coding, sandbox: Sandbox) -> Vector:
    """The outputs of a program for all tests.

    One that is too slow for some counts by the others, if these are at least half.

    Raises:
        FailedError: it fails on an input, or is too slow for most of them.
        SandboxFailedError: the sandbox failed; nothing can be said about the program.
    """
    tests = _small_first(coding)
    made, difference = list[Any](), ""
    found = outputs(program, coding.model_copy(update={"tests": tests}), sandbox)
    try:
        for test in tests:
            output = next(found)
            same = matches(output, test.expected, coding.mode)
            made.append(test.expected if same else _tidied(output))
            if not (same or difference):
                difference = _shown(test, output)
    except FailedError as failure:
        if not str(failure).startswith(_SLOW) or 2 * len(made) < len(tests):
            raise FailedError(f"on input {len(made) + 1} of {len(tests)}: {failure}") from None
    if not difference:
        return Vector(reference_name(coding))
    return Vector(_name(made), difference)


def _small_first(coding: Coding) -> tuple[TestCase, ...]:
    return tuple(sorted(coding.tests, key=lambda test: len(json.dumps(test.arguments))))


def _tidied(output: Any) -> Any:
    """What a whole program prints counts by its words."""
    return output.split() if isinstance(output, str) else output


def _name(made: Sequence[Any]) -> str:
    return f"outputs {digest(list(made))[:24]}"


def _shown(test: TestCase, output: Any) -> str:
    given, expected, got = (json.dumps(each)[:90] for each in (test.arguments, test.expected, output))
    return f"for {given} the reference gives {expected}, the attempt {got}"[:MAX_SHOWN]
