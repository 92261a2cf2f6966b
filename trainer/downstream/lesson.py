"""What a solver learns to write for a problem: a program that gives the answer that the problem comes with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from propound.problem import CodingMode, Problem
from propound.sandbox import Sandbox
from propound.skills import Library
from propound.solving.grading import solves
from trainer.solutions import solution
from trainer.solvers import line

AT_ONCE = 4
"""Programs in the sandbox at a time."""


def lesson(problem: Problem, library: Library, sandbox: Sandbox) -> str | None:
    """The worked program of the problem's composition, where it gives the problem's answer in the sandbox.

    Otherwise nothing is known but the answer itself, and the program prints that; for coding there is none then.

    Raises:
        SandboxFailedError: the sandbox failed, twice.
    """
    program = _worked(problem, library)
    if program is not None and solves(program, problem, sandbox):
        return program
    return None if problem.coding else f"print({problem.answer!r})"


def lessons(problems: Sequence[Problem], library: Library, sandbox: Sandbox) -> Iterator[dict[str, Any]]:
    """Lines of a training file, in the order of the problems; those without a program are left out."""
    with ThreadPoolExecutor(AT_ONCE, "lesson") as threads:
        programs = threads.map(lambda problem: lesson(problem, library, sandbox), problems)
        for problem, program in zip(problems, programs, strict=True):
            if program is not None:
                yield line(problem, program)


def _worked(problem: Problem, library: Library) -> str | None:
    """The program of the composition; None where there is none, or a skill has no solution."""
    if not problem.composition:
        return None
    mode = problem.coding.mode if problem.coding else CodingMode.FUNCTION
    try:
        return solution(
            library.skills(problem.skills), [use.model_dump(mode="json") for use in problem.composition], mode
        )
    except KeyError:
        return None
