"""Coding problems: the reference program, a second one, tests, and the mutants that the tests must kill.

Runs inside the sandbox; the programs are put together from the skills' own sources. Standard library only.
"""

from __future__ import annotations

import ast
import json
import random
import re
import signal
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from . import quality
from .composition import Skill
from .execution import ENTRY_POINT, compile_program, limits
from .mutation import mutants
from .streams import STDIN, write_line

MAX_MUTANTS = 48
MAX_TESTS = 24
EXTRA_TESTS = 8
"""Tests that may be added for mutants which the others do not kill."""
EXTRA_INPUTS = 100
"""Further random inputs that tell a surviving mutant from an equivalent one."""
MEASURED_INPUTS = 5
"""How many of the longest inputs are run to learn what the reference costs."""
MUTANT_SECONDS = 0.1
"""CPU time of one mutant on one input; one that runs longer behaves differently."""

_READ_LINE = {
    "solve": {"ints": "[int(item) for item in input().split()]", "text": "input()"},
    "recompute": {
        "ints": "list(map(int, sys.stdin.readline().split()))",
        "text": 'sys.stdin.readline().rstrip("\\n")',
    },
}
_PRINT_LINE = {
    "solve": {"ints": "print(*{})", "text": "print({})", "integer": "print({})"},
    "recompute": {
        "ints": 'sys.stdout.write(" ".join(str(item) for item in {}) + "\\n")',
        "text": 'sys.stdout.write({} + "\\n")',
        "integer": 'sys.stdout.write(str({}) + "\\n")',
    },
}


class _TooLongError(Exception):
    """A mutant ran over its time."""


def program(
    skills: Sequence[Skill], composition: Sequence[Mapping[str, Any]], method: str, mode: str = "function"
) -> str:
    """Source of a program whose `solve` composes the skills' functions named `method`.

    In mode `stdin` it is a whole program, which reads its input and prints the result on one line each.
    """
    functions, body = [], []
    names = ["values", *[f"step_{index + 1}" for index in range(len(skills))]]
    for index, (skill, use) in enumerate(zip(skills, composition, strict=True)):
        name = skill.name.replace("-", "_")
        functions.append(_function(skill.script, method, name))
        port = next(iter(skill.ports))
        others = [f"{key}={value!r}" for key, value in use["parameters"].items() if key != port]
        body.append(f"    {names[index + 1]} = {name}({', '.join([names[index], *others])})")
    last = body.pop().partition(" = ")[2]
    body.append(f"    return {last}")
    parts = [*functions, "\n".join([f"def {ENTRY_POINT}({names[0]}):", *body])]
    if mode == STDIN:
        reads = _READ_LINE[method][quality.input_type(skills)]
        prints = _PRINT_LINE[method][skills[-1].gives].format(f"{ENTRY_POINT}({names[0]})")
        parts += [f"def main():\n    {names[0]} = {reads}\n    {prints}", "main()"]
        if method == "recompute":
            parts.insert(0, "import sys")
    return "\n\n\n".join(parts) + "\n"


def _function(script: str, function: str, name: str) -> str:
    for node in ast.parse(script).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            source = ast.get_source_segment(script, node)
            assert source is not None
            return re.sub(rf"\b{function}\b", name, source)
    raise ValueError(f"the script defines no {function}")


def build_tests(
    skills: Sequence[Skill], composition: Sequence[Mapping[str, Any]], example: Any, mode: str = "function"
) -> dict[str, Any]:
    """Tests on which both programs agree, chosen so that every mutant that differs from the reference fails.

    Returns `mode`, `reference`, `second`, `tests` (pairs of input and output; texts in mode `stdin`), `mutants`
    (differing ones), `killed` (of those, by the tests), `survivors` (the rest), `equivalent`, `operators` (killed
    mutants by operator), `weaknesses` of the tests, the limits for submissions, and `disagreement` (an input
    on which the programs differ, or None).
    """
    kind = quality.input_type(skills)
    reference = program(skills, composition, "solve", mode)
    second = program(skills, composition, "recompute", mode)
    rng = random.Random(reference)

    def inputs(values: Sequence[Any]) -> list[Any]:
        given = [write_line(value) + "\n" for value in values] if mode == STDIN else values
        return list({json.dumps(value): value for value in given}.values())

    pool = inputs(
        [example, *quality.edge_inputs(kind), *(quality.sample_input(kind, rng) for _ in range(24))]
    )
    extra = inputs([quality.sample_input(kind, rng) for _ in range(EXTRA_INPUTS)])
    run, again = compile_program(reference, mode), compile_program(second, mode)
    expected = {json.dumps(value): run(value) for value in [*pool, *extra]}
    report: dict[str, Any] = {"mode": mode, "reference": reference, "second": second, "disagreement": None}
    for value in [*pool, *extra]:
        if again(value) != expected[json.dumps(value)]:
            report["disagreement"] = value
            return report
    return report | pick_tests(reference, pool, extra, expected=expected, mode=mode, rng=rng)


def pick_tests(
    reference: str,
    pool: Sequence[Any],
    extra: Sequence[Any],
    *,
    expected: Mapping[str, Any],
    mode: str,
    rng: random.Random,
    tail: str = "",
) -> dict[str, Any]:
    """Tests out of `pool`, and as many of `extra` as are needed, so that mutants of the reference fail.

    `expected` is the reference's output for each input, by its JSON. `tail` is source that stands below the reference
    and is not mutated. Returns `tests`, `mutants`, `killed`, `survivors`, `equivalent`, `operators`, `weaknesses` and
    the limits, as `build_tests` does.
    """
    report: dict[str, Any] = {}
    candidates = mutants(reference, limit=MAX_MUTANTS, rng=rng)
    tests, survivors = _telling(pool, expected)[:MAX_TESTS], 0
    operators: Counter[str] = Counter()
    for operator, mutant in candidates:
        source = mutant + tail
        if _differs(source, tests, expected, mode) is None:
            witness = _differs(source, extra, expected, mode)
            if witness is None:
                continue
            if len(tests) >= MAX_TESTS + EXTRA_TESTS:
                survivors += 1
                continue
            tests = [*tests, witness]
        operators[operator] += 1
    killed = operators.total()
    report["tests"] = [[value, expected[json.dumps(value)]] for value in tests]
    report |= {"mutants": killed + survivors, "killed": killed, "survivors": survivors}
    report["equivalent"] = len(candidates) - killed - survivors
    report["operators"] = dict(sorted(operators.items()))
    report["weaknesses"] = low_information([output for _, output in report["tests"]])
    longest = sorted(tests, key=lambda value: len(json.dumps(value)))[-MEASURED_INPUTS:]
    return report | limits(compile_program(reference + tail, mode), longest)


def _telling(inputs: Sequence[Any], expected: Mapping[str, Any]) -> list[Any]:
    """The inputs, those first whose output no input before them has, then those that share it with one, and so on."""
    earlier: Counter[str] = Counter()
    ranked = []
    for value in inputs:
        output = json.dumps(expected[json.dumps(value)])
        ranked.append((earlier[output], value))
        earlier[output] += 1
    return [value for _, value in sorted(ranked, key=lambda pair: pair[0])]


def low_information(outputs: Sequence[Any]) -> list[str]:
    """Why tests with these expected outputs say little about a program; empty when they say enough."""
    counts = Counter(map(json.dumps, outputs))
    if counts.most_common(1)[0][1] * 2 > len(outputs):
        return ["most tests expect the same output"]
    if len(counts) * 4 < len(outputs):
        return [f"the tests expect only {len(counts)} different outputs"]
    return []


def _differs(source: str, inputs: Sequence[Any], expected: Mapping[str, Any], mode: str = "function") -> Any:
    """The first input on which a mutant does something else than expected, or None."""

    def stop(*_: object) -> None:
        raise _TooLongError

    previous = signal.signal(signal.SIGVTALRM, stop)
    try:
        run = compile_program(source, mode)
        for value in inputs:
            signal.setitimer(signal.ITIMER_VIRTUAL, MUTANT_SECONDS)
            try:
                if run(value) != expected[json.dumps(value)]:
                    return value
            except (Exception, _TooLongError):  # noqa: BLE001  # whatever a mutant raises, it differs
                return value
            finally:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        return None
    finally:
        signal.signal(signal.SIGVTALRM, previous)
