"""A mathematics problem; equal numbers give equal problems."""

from __future__ import annotations

from propound.answers.kinds import AnswerKind
from propound.domain import Domain
from propound.problem import Problem, SkillUse


def problem(number: int = 1, *, wording: str = "Find the sum of the first {n} positive integers.") -> Problem:
    """The sum 1 + 2 + ... + number; the wording changes the statement, and not what is asked."""
    return Problem(
        domain=Domain.MATHEMATICS,
        statement=wording.format(n=number),
        answer=str(number * (number + 1) // 2),
        answer_kind=AnswerKind.INTEGER,
        composition=(SkillUse(skill="arithmetic-sum", parameters={"n": number}),),
    )
