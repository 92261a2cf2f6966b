"""Grading: programs run for real in the sandbox, and nothing that they do there makes a wrong answer right."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from propound.answers.kinds import AnswerKind
from propound.errors import SandboxFailedError
from propound.problem import Coding, CodingMode, Domain, Problem, SkillUse, TestCase
from propound.sandbox import Execution, ExecutionStatus, Sandbox, open_sandbox
from propound.skills.library import compile_toolkit
from propound.solving.grading import LONGEST_PROGRAM, right, solves

USE = (SkillUse(skill="any", parameters={}),)


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    compile_toolkit()
    return open_sandbox()


def asked(answer: str, kind: AnswerKind, tolerance: float | None = None) -> Problem:
    return Problem(
        domain=Domain.MATHEMATICS,
        statement="What is it?",
        answer=answer,
        answer_kind=kind,
        composition=USE,
        relative_tolerance=tolerance,
    )


def doubling(mode: CodingMode) -> Problem:
    """Double every item."""
    values = [[1, 2], [], [-3]]
    tests = [TestCase(arguments=[value], expected=[2 * item for item in value]) for value in values]
    if mode is CodingMode.STDIN:
        tests = [TestCase(arguments=["1 2\n"], expected="2 4\n"), TestCase(arguments=["\n"], expected="\n")]
    return Problem(
        domain=Domain.CODING,
        statement="Double.",
        answer="def solve(values):\n    return [2 * item for item in values]\n",
        answer_kind=AnswerKind.PROGRAM,
        composition=USE,
        coding=Coding(mode=mode, entry_point="solve", reference="", tests=tuple(tests), mutants=0),
    )


@pytest.mark.parametrize(
    ("program", "problem", "expected"),
    [
        ("print(6*7)", asked("42", AnswerKind.INTEGER), True),
        ("print(41)", asked("42", AnswerKind.INTEGER), False),
        ("print('The answer is 42')", asked("42", AnswerKind.INTEGER), True),
        ("from fractions import *\nprint(Fraction(14,8))", asked("7/4", AnswerKind.RATIONAL), True),
        ("print({3,1})", asked("{1, 3}", AnswerKind.SET), True),
        ("print(f'{2}x{-3:+}')", asked("2x - 3", AnswerKind.POLYNOMIAL), True),
        ("print(1234.4,'J')", asked("1230 J", AnswerKind.QUANTITY, 0.005), True),
        ("print(1.2344,'kJ')", asked("1230 J", AnswerKind.QUANTITY, 0.005), True),
        ("print(1250.0,'J')", asked("1230 J", AnswerKind.QUANTITY, 0.005), False),
        ("print(1234.4)", asked("1230 J", AnswerKind.QUANTITY, 0.005), False),
        ("print(1.2e-05,'kg')", asked("1.20e-5 kg", AnswerKind.QUANTITY, 0.005), True),
        ("", asked("42", AnswerKind.INTEGER), False),
        ("print(", asked("42", AnswerKind.INTEGER), False),
        ("1/0", asked("42", AnswerKind.INTEGER), False),
        ("print(42)\nraise SystemExit", asked("42", AnswerKind.INTEGER), False),
        ("import os\nprint(42)\nos._exit(0)", asked("42", AnswerKind.INTEGER), False),
        ("print(42)#" + "x" * LONGEST_PROGRAM, asked("42", AnswerKind.INTEGER), False),
        ("def solve(v): return [2*x for x in v]", doubling(CodingMode.FUNCTION), True),
        ("def solve(v):\n print('!')\n return [x+x for x in v]", doubling(CodingMode.FUNCTION), True),
        ("def solve(v): return [3*x for x in v]", doubling(CodingMode.FUNCTION), False),
        ("def solve(v): return [2.0*x for x in v]", doubling(CodingMode.FUNCTION), False),
        ("def other(v): return v", doubling(CodingMode.FUNCTION), False),
        ("R=map(int,input().split())\nprint(*[2*x for x in R])", doubling(CodingMode.STDIN), True),
        ("print('2 4')", doubling(CodingMode.STDIN), False),
    ],
)
def test_programs(program: str, problem: Problem, expected: bool, sandbox: Sandbox) -> None:
    assert solves(program, problem, sandbox) is expected


def test_what_is_expected_is_nowhere_in_the_sandbox(sandbox: Sandbox) -> None:
    """A program that would know the answer if it saw it looks at all that it can reach."""
    digest = hashlib.sha256(b"918273645").hexdigest()
    program = f"""
import gc, hashlib, os, re, sys
seen = [repr(each) for each in gc.get_objects() if isinstance(each, (str, list, dict, tuple))]
seen += [open(name, errors='replace').read() for name in os.listdir('.')] + [sys.stdin.read()]
found = set(re.findall(r'[0-9]{{9}}', ' '.join(seen) + HIDDEN))
print(*[each for each in found if hashlib.sha256(each.encode()).hexdigest() == '{digest}'])
"""
    problem = asked("918273645", AnswerKind.INTEGER)
    assert not solves(program.replace("HIDDEN", "''"), problem, sandbox)
    assert solves(program.replace("HIDDEN", "str(918273640 + 5)"), problem, sandbox)


def test_a_program_that_never_ends_is_wrong(sandbox: Sandbox) -> None:
    problem = doubling(CodingMode.FUNCTION)
    assert problem.coding is not None
    hurried = problem.model_copy(update={"coding": problem.coding.model_copy(update={"time_limit_s": 1})})
    assert not solves("def solve(v):\n while 1: pass", hurried, sandbox)


@pytest.mark.parametrize(
    "outputs",
    [None, [], "42", [None], [["42"], ["42"]], [["42", "42"]], [[42]], [[None]], {"0": ["42"]}],
)
def test_outputs_that_are_none(outputs: Any) -> None:
    assert not right(outputs, asked("42", AnswerKind.INTEGER))


def test_numbers_and_truth_values_are_different_results() -> None:
    problem = doubling(CodingMode.FUNCTION)
    assert right([[[2, 4]], [[]], [[-6]]], problem)
    assert not right([[[2.0, 4]], [[]], [[-6]]], problem)
    assert not right([[[2, 4]], [[]]], problem)


@dataclass
class Broken:
    """A sandbox that fails, and keeps what it was asked."""

    tier: str = "none"
    asked: list[dict[str, Any]] = field(default_factory=list)

    def run(self, program: str, **options: Any) -> Execution:
        self.asked.append({"program": program, **options})
        return Execution(ExecutionStatus.FAILED, None, "no zygote", b"", b"", False, 0.0, 0.0, 0)


def test_a_failing_sandbox_is_no_wrong_answer() -> None:
    broken = Broken()
    with pytest.raises(SandboxFailedError, match="no zygote"):
        solves("print(42)", asked("42", AnswerKind.INTEGER), broken)
    assert json.loads(broken.asked[0]["stdin"]) == {"source": "print(42)", "mode": "stdin", "inputs": [""]}
