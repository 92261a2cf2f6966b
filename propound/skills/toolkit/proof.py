"""A skill proves itself: many instances, two methods, every wording read back. Standard library only.

Run over a package before it enters the library and by the tests over all of it, alone and in every pair
that declares itself compatible.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from . import quality, statement, streams, wording
from .composition import DrawError, Skill, conflict, draw, evaluate, feeds
from .statement import Frames

MINIMUM_VARIANTS = 60
"""Fewest texts (numbers masked) that a skill's own wording must be able to say."""

ENOUGH = 24
"""Draws from which shares mean something."""

RELATIVE = 2e-6
"""Largest relative difference between two methods for a quantity: far below any rounding that is asked for."""


def agree(first: Any, second: Any) -> bool:
    """Whether two methods' results are the same: exactly, or within `RELATIVE` for real numbers."""
    if isinstance(first, float) or isinstance(second, float):
        return bool(abs(first - second) <= RELATIVE * max(abs(first), abs(second), 1e-12))
    if isinstance(first, int | Fraction) and isinstance(second, int | Fraction):
        return first == second
    return type(first) is type(second) and bool(first == second)


def prove(frames: Frames, skills: Sequence[Skill], *, draws: int, seed: int = 0) -> list[str]:
    """What is wrong with these skills together over `draws` seeds; empty when nothing is.

    A draw may fail (the agent then tries another), but some must be sound; over `ENOUGH` draws at least a quarter
    must succeed, and a third of those be sound.
    """
    faults: list[str] = []
    drawn = sound = 0
    for index in range(draws):
        rng = random.Random(seed * 100_003 + index)
        try:
            composition = draw(skills, rng, index % 3 + 1)
        except DrawError:
            continue
        drawn += 1
        ordered = [next(skill for skill in skills if skill.name == use["skill"]) for use in composition]
        fault = _instance(frames, ordered, composition, rng)
        if fault:
            faults.append(f"seed {seed * 100_003 + index}, {composition}: {fault}")
        elif not quality.weaknesses(ordered, composition):
            sound += 1
    names = " + ".join(skill.name for skill in skills)
    if sound == 0:
        faults.append(f"{names}: none of {draws} draws gives a sound problem")
    elif draws >= ENOUGH and drawn * 4 < draws:
        faults.append(f"{names}: only {drawn} of {draws} draws succeed")
    elif draws >= ENOUGH and sound * 3 < drawn:
        faults.append(f"{names}: only {sound} of {drawn} draws are not degenerate")
    return faults


def _instance(
    frames: Frames, skills: Sequence[Skill], composition: list[dict[str, Any]], rng: random.Random
) -> str | None:
    for skill, use in zip(skills, composition, strict=True):
        for name, kind in skill.parameters.items():
            value = use["parameters"].get(name)
            is_reference = isinstance(value, str) and value.startswith("@") and name in skill.ports
            if not is_reference and not kind.accepts(value):
                return f"{skill.name} draws {value!r} for {name}, which is no canonical {kind.name}"
    example = None
    if frames.code:
        argument = quality.input_type(skills)
        for value in [quality.sample_input(argument, rng) for _ in range(12)] + quality.edge_inputs(argument):
            first = evaluate(skills, composition, "solve", start=value)
            second = evaluate(skills, composition, "recompute", start=value)
            if first != second:
                return f"the methods differ on {value}: {first} and {second}"
            example = (value, first[-1])
    else:
        try:
            first = evaluate(skills, composition, "solve")
            second = evaluate(skills, composition, "recompute")
        except DrawError:
            return None
        if not all(agree(one, two) for one, two in zip(first, second, strict=True)):
            return f"the methods differ: {first} and {second}"
        try:
            quality.show_answer(skills[-1], first[-1])
        except DrawError:
            return None
    modes = [streams.FUNCTION]
    if example is not None and all(map(streams.presentable, example)):
        modes.append(streams.STDIN)
    for mode in modes:
        text = statement.write(frames, skills, composition, rng, example=example, mode=mode)
        try:
            reading = statement.read(frames, skills, text)
        except ValueError as error:
            return f"{error}: {text}"
        if (reading.composition, reading.mode, reading.example) != (composition, mode, example):
            return f"reads back as {reading}: {text}"
    return None


def prove_wording(skill: Skill) -> list[str]:
    """What is wrong with the skill's wording as such: too few texts, or a parameter that a form never says."""
    faults = []
    node = wording.load_forms(skill.forms, frozenset(skill.parameters))
    count = wording.variants(node)
    if count < MINIMUM_VARIANTS:
        faults.append(f"{skill.name}: its wording has {count} variants, fewer than {MINIMUM_VARIANTS}")
    for number, form in enumerate(skill.forms, start=1):
        for setup in form.get("setup", []) or [""]:
            for quantity in form["quantity"]:
                slots = wording.slots_of(wording.parse(f"{setup} {quantity}", frozenset(skill.parameters)))
                if slots != set(skill.parameters):
                    faults.append(
                        f"{skill.name}: form {number} says {sorted(slots)}, not all parameters: {quantity!r}"
                    )
    return faults


def compatible(first: Skill, second: Skill) -> bool:
    """Whether the pair declares itself composable: one can feed the other and neither excludes the other."""
    return (
        first.domain == second.domain
        and conflict([first, second]) is None
        and (feeds(first, second) or feeds(second, first))
    )
