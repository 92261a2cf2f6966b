"""Coding problems: the reference program, a second one, tests, and the mutants that the tests must kill.

Runs inside the sandbox; the programs are put together from the skills' own sources. Standard library only.
"""

from __future__ import annotations

import ast
import builtins
import json
import random
import re
import signal
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from . import quality
from .composition import Skill
from .mutation import mutants

ENTRY_POINT = "solve"
MAX_MUTANTS = 40
MAX_TESTS = 24
EXTRA_INPUTS = 100
"""Further random inputs that tell a surviving mutant from an equivalent one."""
MUTANT_SECONDS = 0.1
"""CPU time of one mutant on one input; one that runs longer behaves differently."""


class _TooLongError(Exception):
    """A mutant ran over its time."""


def program(skills: Sequence[Skill], composition: Sequence[Mapping[str, Any]], method: str) -> str:
    """Source of a program whose `solve` composes the skills' functions named `method`."""
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
    return "\n\n\n".join([*functions, "\n".join([f"def {ENTRY_POINT}({names[0]}):", *body])]) + "\n"


def _function(script: str, function: str, name: str) -> str:
    for node in ast.parse(script).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            source = ast.get_source_segment(script, node)
            assert source is not None
            return re.sub(rf"\b{function}\b", name, source)
    raise ValueError(f"the script defines no {function}")


def compile_program(source: str) -> Callable[[Any], Any]:
    """The `solve` of a program, on a copy of its input and with its result as plain JSON values."""
    namespace: dict[str, Any] = {"__name__": "program", "__builtins__": builtins}
    exec(compile(source, "program", "exec"), namespace)  # noqa: S102  # inside the sandbox

    def run(value: Any) -> Any:
        return json.loads(json.dumps(namespace[ENTRY_POINT](json.loads(json.dumps(value)))))

    return run


def build_tests(
    skills: Sequence[Skill], composition: Sequence[Mapping[str, Any]], example: Any
) -> dict[str, Any]:
    """Tests on which both programs agree, chosen so that every mutant that differs from the reference fails.

    Returns `reference`, `second`, `tests` (pairs of input and output), `mutants` (differing ones), `survivors`
    (of those, not killed by the tests), `equivalent`, and `disagreement` (an input on which the programs
    differ, or None).
    """
    kind = quality.input_type(skills)
    reference = program(skills, composition, "solve")
    second = program(skills, composition, "recompute")
    rng = random.Random(reference)
    pool = _distinct(
        [example, *quality.edge_inputs(kind), *(quality.sample_input(kind, rng) for _ in range(16))]
    )
    extra = _distinct([quality.sample_input(kind, rng) for _ in range(EXTRA_INPUTS)])
    run, again = compile_program(reference), compile_program(second)
    expected = {json.dumps(value): run(value) for value in [*pool, *extra]}
    report: dict[str, Any] = {"reference": reference, "second": second, "disagreement": None}
    for value in [*pool, *extra]:
        if again(value) != expected[json.dumps(value)]:
            report["disagreement"] = value
            return report
    candidates = mutants(reference, limit=MAX_MUTANTS, rng=rng)
    tests, killed, survivors = pool[:MAX_TESTS], 0, 0
    for source in candidates:
        if _differs(source, tests, expected) is not None:
            killed += 1
            continue
        witness = _differs(source, extra, expected)
        if witness is None:
            continue
        if len(tests) < MAX_TESTS + 8:
            tests = [*tests, witness]
            killed += 1
        else:
            survivors += 1
    report["tests"] = [[value, expected[json.dumps(value)]] for value in tests]
    report["mutants"] = killed + survivors
    report["survivors"] = survivors
    report["equivalent"] = len(candidates) - killed - survivors
    return report


def _distinct(values: Sequence[Any]) -> list[Any]:
    return list({json.dumps(value): value for value in values}.values())


def _differs(source: str, inputs: Sequence[Any], expected: Mapping[str, Any]) -> Any:
    """The first input on which a mutant does something else than expected, or None."""

    def stop(*_: object) -> None:
        raise _TooLongError

    previous = signal.signal(signal.SIGVTALRM, stop)
    try:
        run = compile_program(source)
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
