"""A science problem; equal numbers give equal problems."""

from __future__ import annotations

from propound.answers.kinds import AnswerKind
from propound.domain import Domain
from propound.problem import Problem, SkillUse


def problem(number: int = 1) -> Problem:
    """The kinetic energy of 2 kg at `number` m/s."""
    return Problem(
        domain=Domain.SCIENCE,
        statement=f"A cart of 2 kg rolls at {number} m/s. Give its kinetic energy in joules.",
        answer=f"{number**2} J",
        answer_kind=AnswerKind.QUANTITY,
        composition=(SkillUse(skill="kinetic-energy", parameters={"mass": 2, "speed": number}),),
        relative_tolerance=0.01,
    )
