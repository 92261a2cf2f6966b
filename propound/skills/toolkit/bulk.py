"""Many statements of given skills at once, without an agent: what solvers learn from. Standard library only.

What is drawn is written as it comes; only what has no answer is left out.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Mapping
from typing import Any

from . import coding, quality, statement, streams
from .composition import DrawError, Skill, chains, conflict, draw, evaluate

TESTS = 8
"""Random inputs of a coding problem, beside those at the edges."""


def main() -> None:
    """Read {"catalogue", "tasks"} from standard input, and print a line of JSON for each task, null for none.

    A task is {"skills", "level", "seed"}. Its line has statement, composition and mode; then answer and digits, or for
    coding a reference and tests.
    """
    given = json.loads(sys.stdin.read())
    skills = {name: Skill.from_catalogue(entry) for name, entry in given["catalogue"]["skills"].items()}
    frames = {
        domain: statement.Frames.from_catalogue(entry)
        for domain, entry in given["catalogue"]["frames"].items()
    }
    for task in given["tasks"]:
        print(json.dumps(_problem(skills, frames, task)))


def _problem(
    known: Mapping[str, Skill], frames: Mapping[str, statement.Frames], task: Mapping[str, Any]
) -> dict[str, Any] | None:
    skills = [known[name] for name in task["skills"]]
    if conflict(skills) or not chains(skills):
        return None
    rng = random.Random(task["seed"])
    try:
        composition = draw(skills, rng, task["level"])
        ordered = [known[use["skill"]] for use in composition]
        if ordered[0].domain == "coding":
            return _coding(ordered, frames["coding"], composition, rng)
        digits = rng.choice((3, 3, 4))
        answer = quality.show_answer(ordered[-1], evaluate(ordered, composition, "solve")[-1], digits)
    except DrawError:
        return None
    text = statement.write(frames[ordered[0].domain], ordered, composition, rng, digits=digits)
    if quality.given_away(text, answer):
        return None
    return {
        "statement": text,
        "composition": composition,
        "mode": streams.FUNCTION,
        "answer": answer,
        "digits": digits if ordered[-1].gives == "quantity" else None,
    }


def _coding(
    skills: list[Skill], frames: statement.Frames, composition: list[dict[str, Any]], rng: random.Random
) -> dict[str, Any]:
    kind = quality.input_type(skills)
    value = quality.sample_input(kind, rng, short=True)
    output = evaluate(skills, composition, "solve", start=value)[-1]
    mode = rng.choice(streams.MODES)
    if not (streams.presentable(value) and streams.presentable(output)):
        mode = streams.FUNCTION
    text = statement.write(frames, skills, composition, rng, example=(value, output), mode=mode)
    inputs = [*quality.edge_inputs(kind), *(quality.sample_input(kind, rng) for _ in range(TESTS))]
    tests = [(each, evaluate(skills, composition, "solve", start=each)[-1]) for each in inputs]
    if mode == streams.STDIN:
        tests = [
            (streams.write_line(given) + "\n", streams.write_line(found) + "\n") for given, found in tests
        ]
    reference = coding.program(skills, composition, "solve", mode)
    return {
        "statement": text,
        "composition": composition,
        "mode": mode,
        "reference": reference,
        "tests": tests,
    }
