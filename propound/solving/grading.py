"""Whether a reply or a program answers a problem: for provers, probers, `propound grade` and rewards alike.

Programs run in the sandbox; what they print or return is compared outside, so the expected outputs are nowhere that
a program could look.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from propound.answers import Agreement, AnswerKind, compare, extract
from propound.problem import Coding, CodingMode, Problem
from propound.record import Record
from propound.sandbox import Sandbox
from propound.solving.outputs import FailedError, outputs, printed
from propound.solving.program import program_of

LONGEST_PROGRAM = 65_536
"""Characters of a program that is run; a longer one is wrong."""


class AnswerKey(Record):
    """All that grading knows of a problem."""

    answer: str
    """The gold answer."""
    answer_kind: AnswerKind | None = None
    """Without, as the gold answer is written."""
    relative_tolerance: float | None = None
    """Only for real and quantity."""
    coding: Coding | None = None
    """With tests, a program is asked for, and the answer is not compared."""

    @classmethod
    def of(cls, problem: Problem) -> AnswerKey:
        """The key to a problem."""
        return cls(
            answer=problem.answer,
            answer_kind=problem.answer_kind,
            relative_tolerance=problem.relative_tolerance,
            coding=problem.coding,
        )


@dataclass(frozen=True)
class Grade:
    """What came of a reply."""

    result: Agreement
    answer: str
    """What was taken out of the reply: its final answer, or its program."""
    reason: str
    """In a few words, for people."""

    @property
    def score(self) -> float:
        """1 for a right answer, 0 for any other."""
        return float(self.result is Agreement.EQUAL)


def grade(reply: str, key: AnswerKey, sandbox: Sandbox | None) -> Grade:
    """The grade of what a model replied to a statement. Only programs need a sandbox.

    Raises:
        SandboxFailedError: the sandbox failed; nothing can be said about the program.
        ValueError: a program would have to run, and there is no sandbox.
    """
    if key.coding is None:
        return _compared(reply, key, extract(reply))
    if sandbox is None:
        raise ValueError("this problem asks for a program, which runs in a sandbox or not at all")
    program = program_of(reply)
    if not program.strip():
        return Grade(Agreement.NOT_EQUAL, "", "there is no program in the reply")
    return grade_program(program, key, sandbox)


def grade_program(program: str, key: AnswerKey, sandbox: Sandbox) -> Grade:
    """The grade of a program: it prints the answer, or is what the problem asks for and passes the tests.

    Raises:
        SandboxFailedError: the sandbox failed; nothing can be said about the program.
    """
    if len(program) > LONGEST_PROGRAM:
        return Grade(Agreement.NOT_EQUAL, program, f"a program of more than {LONGEST_PROGRAM} characters")
    if key.coding is not None:
        return _tested(program, key.coding, sandbox)
    try:
        said = printed(program, sandbox).strip()
    except FailedError as failure:
        return Grade(Agreement.NOT_EQUAL, "", str(failure))
    return _compared(said, key, said)


def solves(program: str, problem: Problem, sandbox: Sandbox) -> bool:
    """Whether the program gives the gold answer, or for coding passes all tests.

    Raises:
        SandboxFailedError: the sandbox failed; nothing can be said about the program.
    """
    return grade_program(program, AnswerKey.of(problem), sandbox).result is Agreement.EQUAL


def agrees(output: Any, key: AnswerKey, place: int = 0) -> bool:
    """Whether an output of a program is right: what it prints, or for coding its output for the test in that place."""
    if key.coding is None:
        return _compared(output.strip(), key, output).result is Agreement.EQUAL
    return matches(output, key.coding.tests[place].expected, key.coding.mode)


def _compared(text: str, key: AnswerKey, answer: str) -> Grade:
    found = compare(
        gold=key.answer, answer=text, kind=key.answer_kind, relative_tolerance=key.relative_tolerance
    )
    return Grade(found.result, answer, found.reason)


def _tested(program: str, coding: Coding, sandbox: Sandbox) -> Grade:
    found = outputs(program, coding, sandbox)
    for number, test in enumerate(coding.tests, 1):
        where = f"test {number} of {len(coding.tests)}"
        try:
            output = next(found)
        except FailedError as failure:
            return Grade(Agreement.NOT_EQUAL, program, f"{where}: {failure}")
        if not matches(output, test.expected, coding.mode):
            shown = json.dumps(output)
            return Grade(Agreement.NOT_EQUAL, program, f"{where}: another output, {shown[:80]}")
    return Grade(Agreement.EQUAL, program, f"all {len(coding.tests)} tests pass")


def matches(output: Any, expected: Any, mode: CodingMode) -> bool:
    """Whether an output is the expected one.

    What a program prints is compared word by word, so that white space counts as a separator and nothing else. Results
    of functions are JSON values and compared as Python compares them, so 2.0 is 2; but a truth value is no number.
    """
    if mode is CodingMode.STDIN:
        return str(output).split() == str(expected).split()
    if isinstance(output, list) and isinstance(expected, list):
        pairs = zip(output, expected, strict=False)
        return len(output) == len(expected) and all(matches(*pair, mode) for pair in pairs)
    if isinstance(output, dict) and isinstance(expected, dict):
        return output.keys() == expected.keys() and all(
            matches(output[k], expected[k], mode) for k in expected
        )
    return isinstance(output, bool) == isinstance(expected, bool) and bool(output == expected)
