"""Dimensional analysis of a statement: every number stands with a unit that the skill's method expects.

It looks at the text, not at the wording's templates: each given number must be followed somewhere by a unit
worth what the skill declares, each result must feed a port of its own unit, and the answer must be asked for
in a unit of the result's dimension.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import Any

from propound.answers.algebra.worth import Worth, worth
from propound.answers.errors import UnreadableError
from propound.answers.reading.units import read_unit
from propound.skills import Library
from propound.skills.toolkit import wording
from propound.skills.toolkit.composition import Reference, Skill
from propound.skills.toolkit.statement import Reading

_UNIT = r"([A-Za-z°%Ω][^\s,;:?!$]*)"


@cache
def _worth(unit: str) -> Worth | None:
    """What a unit is worth; the sentence's full stop or closing bracket may stand at its end."""
    unit = unit.rstrip(".")
    while unit.count(")") > unit.count("("):
        unit = unit.rpartition(")")[0].rstrip(".")
    try:
        return worth(read_unit(unit))
    except UnreadableError:
        return None


class Dimensions:
    """The check, with what it learned of each skill."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._declared: dict[str, dict[str, str]] = {}

    def fault(self, reading: Reading, text: str) -> str | None:
        """What is wrong with the units of the statement, or None."""
        skills = self.library.skills([use["skill"] for use in reading.composition])
        for skill, use in zip(skills, reading.composition, strict=True):
            fault = self._given(skill, use["parameters"], text)
            if fault:
                return fault
        for (first, second), use in zip(pairwise(skills), reading.composition[1:], strict=True):
            for name, value in use["parameters"].items():
                if Reference.parse(value) and first.unit != second.port_unit.get(name, first.unit):
                    return f"{second.name}: {name} is in {second.port_unit[name]}, the result before in {first.unit}"
        return _asked(skills[-1], reading)

    def _given(self, skill: Skill, parameters: Mapping[str, Any], text: str) -> str | None:
        declared = self.declared(skill)
        for name, value in parameters.items():
            if name not in declared or Reference.parse(value):
                continue
            wanted = _worth(declared[name])
            found = re.findall(rf"(?<![\w.]){re.escape(str(value))} {_UNIT}", text)
            if wanted is None or all(_worth(unit) != wanted for unit in found):
                return f"{skill.name}: {name} = {value} does not stand in {declared[name]}"
        return None

    def declared(self, skill: Skill) -> dict[str, str]:
        """The unit of each of the skill's quantities: its port's, or else the one that its wording writes."""
        if skill.name not in self._declared:
            forms = wording.load_forms(skill.forms, frozenset(skill.parameters))
            ports = {name: unit for name, unit in skill.port_unit.items() if unit}
            self._declared[skill.name] = dict(sorted(wording.units_of(forms))) | ports
        return self._declared[skill.name]


def inconsistent_units(skill: Skill) -> list[str]:
    """Where the wording of a skill writes a quantity in a unit of another worth than the skill declares."""
    forms = wording.load_forms(skill.forms, frozenset(skill.parameters))
    first: dict[str, str] = {name: unit for name, unit in skill.port_unit.items() if unit}
    faults = []
    for name, unit in sorted(wording.units_of(forms)):
        declared = first.setdefault(name, unit)
        if _worth(unit) is None or _worth(unit) != _worth(declared):
            faults.append(f"{skill.name}: {name} is written in {unit}, declared in {declared}")
    if skill.unit and _worth(skill.unit) is None:
        faults.append(f"{skill.name}: its result has no known unit: {skill.unit}")
    return faults


def _asked(skill: Skill, reading: Reading) -> str | None:
    if not skill.unit:
        return None
    wanted, asked = _worth(skill.unit), _worth(reading.unit or "1")
    if wanted is None or asked is None or wanted.dimension != asked.dimension:
        return (
            f"{skill.name}: the answer is asked for in {reading.unit}, it has the dimension of {skill.unit}"
        )
    return None
