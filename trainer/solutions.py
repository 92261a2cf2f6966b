"""Worked solutions: short programs that answer a composition, put together from `solutions.toml`.

A program is what a solver can learn to write: it says where the statement's numbers belong and which steps follow each
other, and leaves the calculation to Python.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from propound.skills.toolkit.composition import Reference, Skill
from propound.skills.toolkit.streams import FUNCTION

_SHOWN = {"polynomial": "print(f'{R[0]}x{R[1]:+}')", "ints": "print(*R)"}
_READ = {"ints": "R=list(map(int,input().split()))", "text": "R=input()"}


def solution(skills: Sequence[Skill], composition: Sequence[Mapping[str, Any]], mode: str = FUNCTION) -> str:
    """A program that prints the answer; for coding the function `solve`, or a whole program in mode `stdin`.

    `skills` are those of the composition, in its order.

    Raises:
        KeyError: a skill has no solution.
    """
    first, last = skills[0], skills[-1]
    before = ["", *(skill.gives for skill in skills)]
    parts = zip(skills, composition, before, strict=False)
    steps = [line for skill, use, fed in parts for line in _step(skill, use, fed)]
    if first.domain != "coding":
        shown = f"print(R,{last.unit!r})" if last.gives == "quantity" else _SHOWN.get(last.gives, "print(R)")
        return "\n".join([_table()["preludes"][first.domain], *steps, shown])
    if mode == FUNCTION:
        return "\n ".join(["def solve(R):", *steps, "return R"])
    port = next(iter(first.ports))
    return "\n".join([_READ[first.parameters[port].name], *steps, _SHOWN.get(last.gives, "print(R)")])


def _step(skill: Skill, use: Mapping[str, Any], fed: str) -> list[str]:
    """The lines of one skill: what becomes of the result before it, of kind `fed`; its parameters; its method."""
    links: list[str] = []
    values: list[str] = []
    for name, kind in skill.parameters.items():
        given = use["parameters"][name]
        reference = Reference.parse(given)
        if skill.domain == "coding" and name in skill.ports:
            continue
        if reference is not None:
            links += _converted(reference)
            whole = fed == "rational" and kind.name == "integer" and not reference.lowest_terms
            values.append(f"{name}=int(R)" if whole else f"{name}=R")
        elif kind.name in ("word", "letter"):
            values.append(f"{name}={given!r}")
        else:
            values.append(f"{name}={str(given).replace(' ', '')}")
    method: str = _table()[skill.domain][skill.name]
    return [*links, *values, *method.strip().split("\n")]


def _converted(reference: Reference) -> list[str]:
    lines = ["R=R.numerator+R.denominator"] if reference.lowest_terms else []
    if reference.modulus is not None:
        lines.append(f"R=R%{reference.modulus}" + (f"+{reference.offset}" if reference.offset else ""))
    if reference.factor is not None:
        factor = float(reference.factor)
        lines.append(f"R=R*{100 * factor:g}/100" if factor < 1 else f"R=R*{factor:g}")
    return lines


@cache
def _table() -> dict[str, dict[str, str]]:
    return tomllib.loads(files(__package__).joinpath("solutions.toml").read_text(encoding="utf-8"))
