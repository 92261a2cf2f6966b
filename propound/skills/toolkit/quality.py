"""What makes a composition a poor problem, whatever its wording: trivial, idle or given-away.

Standard library only; runs inside the sandbox, for the agent's own checks and for the verifiers'.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import islice
from typing import Any

from .composition import DrawError, Skill, arguments, evaluate, shown
from .values import write_polynomial

SAMPLES = 40
"""Inputs on which a coding composition is tried."""

MAX_CANDIDATES = 20_000
"""Values tried, at most, in the search for a second answer."""
SECOND_ANSWER = "a second answer"

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_EDGE_TEXTS = ("a", "z", "aa", "ab", "a b", "abcba", "zzz zzz", "the quick brown fox", "aaaaabbbbb")
_EDGE_LISTS = (
    (0,),
    (1,),
    (-1,),
    (100,),
    (-100,),
    (0, 0),
    (1, -1),
    (3, 3, 3),
    (5, 4, 3, 2, 1),
    (1, 2, 3, 4, 5),
    (-100, 100, -100, 100),
    (0,) * 5,
)


def weaknesses(skills: Sequence[Skill], composition: Sequence[Mapping[str, Any]]) -> list[str]:
    """Why the composition is degenerate; empty when it is sound."""
    if skills[0].domain == "coding":
        return _coding_weaknesses(skills, composition)
    found: list[str] = []
    results = evaluate(skills, composition, "solve")
    value: Any = None
    for skill, use, result in zip(skills, composition, results, strict=True):
        given = arguments(skill, use["parameters"], value)
        reason = skill.call("degenerate", given, result)
        if reason:
            found.append(f"{skill.name}: {reason}")
        found += _implausible(skill, result) + _second_answer(skill, given, result)
        value = result
    if isinstance(results[-1], int | float | Fraction) and results[-1] == 0:
        found.append("the answer is 0")
    return found + _idle_steps(skills, composition, results)


def _implausible(skill: Skill, result: Any) -> list[str]:
    bounds = skill.bounds
    if bounds is None or bounds.low <= result <= bounds.high:
        return []
    plausible = f"{float(bounds.low):g}..{float(bounds.high):g} {skill.unit}".strip()
    return [f"{skill.name}: the result {float(result):.4g} lies outside the plausible range {plausible}"]


def _second_answer(skill: Skill, given: Mapping[str, Any], result: Any) -> list[str]:
    """Another value that is an answer too, where the skill says which values to try; or that the result is none."""
    if not skill.offers("satisfies"):
        return []
    tried = islice(skill.call("candidates", dict(given), result), MAX_CANDIDATES)
    answers = {value for value in tried if skill.call("satisfies", dict(given), value)}
    expected = set(result) if skill.gives == "set" else {result}
    if answers - expected:
        return [f"{skill.name}: {min(answers - expected)} is {SECOND_ANSWER} beside {shown(result)}"]
    if expected - answers:
        return [f"{skill.name}: {shown(result)} does not satisfy what is asked"]
    return []


def _idle_steps(
    skills: Sequence[Skill], composition: Sequence[Mapping[str, Any]], results: Sequence[Any]
) -> list[str]:
    """Steps whose result does not matter: changing it leaves the answer as it is."""
    found = []
    for index in range(len(results) - 1):
        outcomes = set()
        for delta in (1, 2, 3, 5, 7):

            def moved(at: int, value: Any, index: int = index, delta: int = delta) -> Any:
                return _moved(value, delta) if at == index else value

            try:
                outcomes.add(str(evaluate(skills, composition, "solve", after=moved)[-1]))
            except (ValueError, ArithmeticError, DrawError):
                continue
        if outcomes and outcomes == {str(results[-1])}:
            found.append(f"the answer does not depend on the result of {skills[index].name}")
    return found


def _moved(value: Any, delta: int) -> Any:
    """A slightly different result of the same kind."""
    if isinstance(value, float):
        return value * (1 + delta / 20)
    return value + Fraction(delta, value.denominator) if isinstance(value, Fraction) else value + delta


def _coding_weaknesses(skills: Sequence[Skill], composition: Sequence[Mapping[str, Any]]) -> list[str]:
    kind = input_type(skills)
    rng = random.Random(20_011)
    inputs = [sample_input(kind, rng) for _ in range(SAMPLES)]
    runs = [evaluate(skills, composition, "solve", start=value) for value in inputs]
    found = []
    finals = [str(run[-1]) for run in runs]
    if max(map(finals.count, finals)) > 0.5 * SAMPLES:
        found.append("the result is the same for most inputs")
    for index, skill in enumerate(skills):
        before = inputs if index == 0 else [run[index - 1] for run in runs]
        if sum(value == run[index] for value, run in zip(before, runs, strict=True)) >= 0.9 * SAMPLES:
            found.append(f"{skill.name} changes nothing for most inputs")
    return found


def input_type(skills: Sequence[Skill]) -> str:
    """The type of the function's argument: `ints` or `text`."""
    port = next(iter(skills[0].ports))
    return skills[0].parameters[port].name


def sample_input(kind: str, rng: random.Random, *, short: bool = False) -> Any:
    """A random input within the bounds that every coding statement gives (see the frames); `short` to be shown."""
    if kind == "text":
        words = [
            "".join(rng.choice(_LETTERS[: rng.choice((5, 26))]) for _ in range(rng.randint(1, 7)))
            for _ in range(rng.randint(1, 6))
        ]
        return " ".join(words)
    size = rng.choice((3, 5, 8) if short else (3, 5, 8, 12, 20, 30, 40))
    span = rng.choice((3, 10, 50, 100))
    low = rng.choice((-span, -span, 0))
    return [rng.randint(low, span) for _ in range(size)]


def edge_inputs(kind: str) -> list[Any]:
    """Inputs at the edges of the stated bounds."""
    if kind == "text":
        return [*_EDGE_TEXTS, " ".join(["abcdefghi"] * 6)[:59], "z" * 60]
    return [*map(list, _EDGE_LISTS), list(range(-20, 20)), [7] * 40]


def given_away(statement: str, answer: str) -> bool:
    """Whether the answer stands in the statement as a number of its own."""
    number = re.escape(answer.split(" ", maxsplit=1)[0])
    return re.search(rf"(?<![\w.-]){number}(?!\w|\.\d)", statement) is not None


def show_answer(skill: Skill, result: Any, digits: int = 3) -> str:
    """The result of the last step in the plain notation of its answer kind.

    Raises:
        DrawError: the result has no such notation (not finite, or half-way between two roundings).
    """
    if skill.gives == "integer":
        return str(int(result))
    if skill.gives == "rational":
        return str(Fraction(result))
    if skill.gives == "polynomial":
        return write_polynomial(list(result))
    if skill.gives == "set":
        return "{" + ", ".join(map(str, sorted(result))) + "}"
    if skill.gives == "tuple":
        return "(" + ", ".join(map(str, result)) + ")"
    return f"{round_to(float(result), digits)} {skill.unit}"


def round_to(value: float, digits: int) -> str:
    """`value` to `digits` significant figures, without an exponent between 1e-4 and 1e6.

    Raises:
        DrawError: not finite, zero, or so close to half-way that two methods may round apart.
    """
    if not math.isfinite(value) or value == 0:
        raise DrawError("the result is not a finite number other than 0")
    exponent = math.floor(math.log10(abs(value)))
    scaled = abs(value) / 10.0 ** (exponent - digits + 1)
    if abs(scaled - math.floor(scaled) - 0.5) < 0.02:
        raise DrawError("the result lies half-way between two roundings")
    mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
    if -4 <= int(power) < 6:
        return f"{float(mantissa + 'e' + power):.{max(digits - 1 - int(power), 0)}f}"
    return f"{mantissa}e{int(power)}"
