"""A coding problem; equal numbers give equal problems."""

from __future__ import annotations

from propound.answers.kinds import AnswerKind
from propound.domain import Domain
from propound.problem import Coding, Problem, SkillUse, TestCase


def problem(number: int = 1) -> Problem:
    """Shift every item by `number`."""
    source = f"def solve(items, label):\n    return [item + {number} for item in items]\n"
    tests = tuple(
        TestCase(arguments=[items, "π"], expected=[item + number for item in items])
        for items in ([], [1], [3, -2, 5])
    )
    return Problem(
        domain=Domain.CODING,
        statement=f"Write solve(items, label) that adds {number} to every item.",
        answer=source,
        answer_kind=AnswerKind.PROGRAM,
        composition=(SkillUse(skill="shift-items", parameters={"by": number}),),
        coding=Coding(entry_point="solve", reference=source, tests=tests, mutants=4),
    )
