"""The toolkit that programs in the sandbox import: `from toolkit import draw, check`.

`draw` composes skills with concrete numbers; `check` recomputes a composition by the second, independent
methods of its skills and reads the statement back. Both print what they found or raise with a reason. The
catalogue of active skills lies beside the program as `skills.json`. Standard library only.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from . import quality, statement, streams, wording
from .composition import CheckError, DrawError, Reference, Skill, chains, conflict, evaluate
from .composition import draw as compose

CATALOGUE = "skills.json"

CASE = "case.json"

__all__ = ["CheckError", "DrawError", "check", "draw", "examine", "judge"]


def _active() -> list[str]:
    return list(json.loads(Path(CATALOGUE).read_text(encoding="utf-8"))["skills"])


def _load(names: Sequence[str]) -> tuple[list[Skill], statement.Frames]:
    catalogue = json.loads(Path(CATALOGUE).read_text(encoding="utf-8"))
    missing = [name for name in names if name not in catalogue["skills"]]
    if missing or not names or len(set(names)) != len(names):
        raise DrawError(f"not an active skill, or named twice: {', '.join(missing) or list(names)}")
    skills = [Skill.from_catalogue(catalogue["skills"][name]) for name in names]
    if len({skill.domain for skill in skills}) != 1:
        raise DrawError("the skills belong to different domains")
    return skills, statement.Frames.from_catalogue(catalogue["frames"][skills[0].domain])


def draw(skills: Sequence[str], seed: int, level: int = 2) -> None:
    """Print a composition of the skills with drawn numbers and wordings, and its answer by the skills' main methods.

    For each skill in the order of the chain a line of JSON, what leads to it from the result before (`link N: ...`,
    where its plain value is not used), and one of its wordings (`setup N: ...`, where it has one, and
    `quantity N: ...`, what it leads to); then the form of the answer (`closing: ...`) and a line of JSON with the
    answer and what belongs to it.

    Raises:
        DrawError: why these skills and this seed give no problem.
    """
    loaded, frames = _load(skills)
    rng = random.Random(seed)
    composition = compose(loaded, rng, level)
    ordered = [next(skill for skill in loaded if skill.name == use["skill"]) for use in composition]
    drawn: dict[str, Any] = {}
    example = None
    if ordered[0].domain == "coding":
        value, output = _example(ordered, composition, rng)
        mode = rng.choice(streams.MODES)
        if not (streams.presentable(value) and streams.presentable(output)):
            mode = streams.FUNCTION
        if mode == streams.STDIN:
            assert frames.stdin is not None
            frames = frames.stdin
        example = (value, output)
        drawn |= {"mode": mode, "example": value, "answer": json.dumps(output)}
    else:
        drawn["digits"] = rng.choice((3, 3, 4))
        result = evaluate(ordered, composition, "solve")[-1]
        drawn["answer"] = quality.show_answer(ordered[-1], result, drawn["digits"])
        if ordered[-1].gives != "quantity":
            del drawn["digits"]
    wordings = random.Random(f"wording:{seed}")
    for number, (use, skill) in enumerate(zip(composition, ordered, strict=True), 1):
        print(json.dumps({"skill": use["skill"], **use["parameters"]}))
        for reference in filter(None, map(Reference.parse, use["parameters"].values())):
            for text in statement.link_sentences(frames, reference, wordings):
                print(f"link {number}: {text}")
        for part, text in _wording(skill, use["parameters"], wordings).items():
            print(f"{part} {number}: {text}")
    digits = drawn.get("digits", 3)
    closing = ""
    while not closing:  # packages for whose results there is none are not loaded
        closing = statement.closing_text(frames, ordered[-1], wordings, digits=digits, example=example)
    print(f"closing: {closing}")
    print(json.dumps(drawn))


def _wording(skill: Skill, parameters: Mapping[str, Any], rng: random.Random) -> dict[str, str]:
    """One of the skill's wordings with the numbers in it; slots for results of earlier skills stay open."""
    form = rng.choice(skill.forms)
    parts = {part: rng.choice(form[part]) for part in ("setup", "quantity") if form.get(part)}

    def fill(_: str, slot: wording.Slot) -> str:
        value, unit = parameters[slot.name], f" {slot.unit}" if slot.unit else ""
        if slot.name in skill.ports and Reference.parse(value) is not None:
            return f"{{{slot.name}{unit}}}"
        return skill.parameters[slot.name].write(value) + unit

    slots = frozenset(skill.parameters)
    texts = {part: wording.render(wording.parse(text, slots), rng, fill) for part, text in parts.items()}
    return {part: " ".join(text.split()) for part, text in texts.items()}


def _example(
    skills: Sequence[Skill], composition: Sequence[Mapping[str, Any]], rng: random.Random
) -> tuple[Any, Any]:
    """An input to show with its result: the first of a few random ones whose result is neither empty nor 0."""
    for _ in range(6):
        value = quality.sample_input(quality.input_type(skills), rng, short=True)
        output = evaluate(skills, composition, "solve", start=value)[-1]
        if output:
            break
    return value, output


def check(statement: str, answer: str, composition: Sequence[Mapping[str, Any]] | None = None) -> None:
    """Print "sound: ANSWER" when the problem stands up: read back, recomputed, not degenerate.

    Without a composition the statement is read with all active skills, in any order that forms a chain.

    Raises:
        CheckError: what is wrong with it.
    """
    report = examine([use["skill"] for use in composition] if composition else None, statement)
    if composition and report["composition"] != list(map(dict, composition)):
        raise CheckError(f"the statement reads back as {json.dumps(report['composition'])}")
    if report["recomputed"] != report["direct"]:
        raise CheckError(f"the second method gives {report['recomputed']}, the first {report['direct']}")
    if report["direct"] != answer:
        raise CheckError(f"the answer to this statement is {report['direct']}, not {answer}")
    if report["weaknesses"]:
        raise CheckError("; ".join(report["weaknesses"]))
    print(f"sound: {answer}")


def examine(skills: Sequence[str] | None, text: str) -> dict[str, Any]:
    """What the statement says, its answer by both methods, and its weaknesses; None: all active skills, in any order.

    Raises:
        CheckError: the statement cannot be read, or a method fails on it.
    """
    try:
        loaded, frames = _load(skills if skills is not None else _active())
        pair = conflict(loaded)
        if pair:
            raise CheckError(f"{pair[0]} and {pair[1]} cannot be combined")
        orders = [loaded] if skills is not None else chains(loaded)
        reading = statement.read_any(frames, orders, text)
        by_name = {skill.name: skill for skill in loaded}
        return report([by_name[use["skill"]] for use in reading.composition], reading, text)
    except (statement.UnreadableError, statement.AmbiguousError, DrawError) as error:
        raise CheckError(str(error)) from error


def judge() -> None:
    """For the verifiers: print a report on the reading that lies beside the program as `case.json`.

    The reading was made outside; a case that a method cannot handle is reported under `error`.
    """
    case = json.loads(Path(CASE).read_text(encoding="utf-8"))
    skills, _ = _load([use["skill"] for use in case["composition"]])
    example = case["example"]
    reading = statement.Reading(
        case["composition"], case["digits"], tuple(example) if example else None, case["mode"]
    )
    try:
        found = report(skills, reading, case["statement"])
        if skills[0].domain == "coding" and not found["weaknesses"]:
            from . import coding  # only the verifiers need it

            found["coding"] = coding.build_tests(skills, reading.composition, example[0], reading.mode)
            found["weaknesses"] += found["coding"].get("weaknesses", [])
    except (DrawError, CheckError) as error:
        found = {"error": str(error)}
    print(json.dumps(found))


def report(skills: Sequence[Skill], reading: statement.Reading, text: str) -> dict[str, Any]:
    """Both answers to a reading and its weaknesses, as JSON.

    Raises:
        DrawError: a method has no result for it.
    """
    composition = reading.composition
    found: dict[str, Any] = {"composition": composition}
    if skills[0].domain == "coding":
        assert reading.example is not None
        for name, method in (("direct", "solve"), ("recomputed", "recompute")):
            found[name] = json.dumps(evaluate(skills, composition, method, start=reading.example[0])[-1])
        found["stated"] = json.dumps(reading.example[1])
        if found["stated"] != found["direct"]:
            raise CheckError(f"the example in the statement should give {found['direct']}")
        found["weaknesses"] = quality.weaknesses(skills, composition)
        return found
    for name, method in (("direct", "solve"), ("recomputed", "recompute")):
        result = evaluate(skills, composition, method)[-1]
        found[name] = quality.show_answer(skills[-1], result, reading.digits or 3)
    found["weaknesses"] = quality.weaknesses(skills, composition)
    if quality.given_away(text, found["direct"]):
        found["weaknesses"].append(f"the statement gives its answer {found['direct']} away")
    return found
