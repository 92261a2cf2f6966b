"""The problem that an episode would have given in one shot: its first draft, neither checked nor repaired."""

from __future__ import annotations

import json
from typing import Any

from propound.answers.kinds import AnswerKind
from propound.domain import Domain
from propound.draft import DraftError, Drawn, expand, read_draw
from propound.problem import Coding, CodingMode, Problem, SkillUse, TestCase
from propound.skills import Library
from propound.skills.toolkit.execution import ENTRY_POINT
from propound.skills.toolkit.streams import write_line
from propound.trajectory import ActionKind, Trajectory


def one_shot(trajectory: Trajectory, library: Library) -> Problem | None:
    """The first statement that the agent wrote, with the answer that it claimed, whether they are right or not.

    The composition is what the agent had drawn last, and none where it had drawn nothing. None where no draft was
    written, or one that quotes what was not drawn: an agent without tools to tell it so has nothing to hand in.
    """
    drawn = Drawn()
    for step in trajectory.steps:
        given = step.action.arguments
        if step.action.kind is ActionKind.DRAW and step.observation.ok:
            drawn = read_draw(step.observation.text)
        elif step.action.kind in (ActionKind.CHECK, ActionKind.SUBMIT) and given.get("statement"):
            try:
                statement, answer = (expand(given[part], drawn) for part in ("statement", "answer"))
            except DraftError:
                return None
            return _claimed(trajectory.spec.domain, statement, answer, drawn, library)
    return None


def _claimed(domain: Domain, statement: str, answer: str, drawn: Drawn, library: Library) -> Problem | None:
    coding = _coding(answer, drawn) if domain is Domain.CODING else None
    if domain is Domain.CODING and coding is None:
        return None
    kind = AnswerKind.TEXT
    if drawn.composition:
        (last,) = library.skills([drawn.composition[-1]["skill"]])
        kind = AnswerKind.PROGRAM if coding else AnswerKind(last.gives)
    digits = drawn.facts.get("digits")
    return Problem(
        domain=domain,
        statement=statement,
        answer=answer,
        answer_kind=kind,
        composition=tuple(SkillUse.model_validate(use) for use in drawn.composition),
        relative_tolerance=0.5 * 10.0 ** (1 - digits) if digits else None,
        coding=coding,
    )


def _coding(answer: str, drawn: Drawn) -> Coding | None:
    """The drawn example as the only test, with the claimed output; None where nothing was drawn, or none is claimed."""
    try:
        mode, example, output = CodingMode(drawn.facts["mode"]), drawn.facts["example"], json.loads(answer)
    except (KeyError, ValueError, RecursionError):
        return None
    texts: tuple[Any, Any] = (write_line(example) + "\n", write_line(output) + "\n")
    given, expected = texts if mode is CodingMode.STDIN else (example, output)
    return Coding(
        mode=mode,
        entry_point=ENTRY_POINT if mode is CodingMode.FUNCTION else "",
        reference="",
        tests=(TestCase(arguments=[given], expected=expected),),
        mutants=0,
    )
