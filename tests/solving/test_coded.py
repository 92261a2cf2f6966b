"""Stage 1 for coding: a reference with its generator, by real programs in a real sandbox."""

from __future__ import annotations

from typing import Any

import pytest

from propound.answers import AnswerKind
from propound.domain import Domain
from propound.problem import CodingMode
from propound.sandbox import Sandbox, open_sandbox
from propound.solving.finding import Lint
from propound.solving.grading import AnswerKey, grade_program
from propound.solving.reference import Reference, examine_reference
from tests.factories.drafts import LONGEST_RUN, RUN, RUNS, terms, work

SQUARES = """Read n (1 to 100) on the first line and n integers (from -1000 to 1000) on the second one. Print the sum \
of the squares of the even ones.

Sample Input:
3
1 2 4

Sample Output:
20
"""
SUM = "n = int(input())\nprint(sum(x * x for x in map(int, input().split()) if x % 2 == 0))\n"
LINES = """def generate(rng):
    n = rng.randint(1, 100)
    return f"{n}\\n" + " ".join(str(rng.randint(-1000, 1000)) for _ in range(n)) + "\\n"
"""


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return open_sandbox()


def examined(
    sandbox: Sandbox,
    *,
    statement: str = RUN,
    program: str = LONGEST_RUN,
    generator: str = RUNS,
    claim: str | None = None,
    mode: CodingMode | None = CodingMode.FUNCTION,
) -> Reference:
    draft = work(program, generator=generator)
    return examine_reference(statement, draft, claim, terms(coding=mode), Domain.CODING, sandbox, seed=3)


def rejecting(reference: Reference) -> list[Lint]:
    return [finding.lint for finding in reference.findings if finding.rejects]


def inputs_of(reference: Reference) -> list[list[Any]]:
    return [test.arguments for test in reference.coding.tests] if reference.coding else []


def test_a_function_gets_tests_that_kill_every_mutant(sandbox: Sandbox) -> None:
    found = examined(sandbox, claim="2")
    assert (found.findings, found.answer, found.kind) == ((), "2", AnswerKind.PROGRAM)
    assert found.coding is not None
    assert found.coding.entry_point == "longest_run"
    assert found.coding.killed == found.coding.mutants > 5
    assert [[1, 2, 9], 1] in inputs_of(found)
    key = AnswerKey(answer=LONGEST_RUN, coding=found.coding)
    assert grade_program(LONGEST_RUN, key, sandbox).score == 1
    assert grade_program(LONGEST_RUN.replace("<=", "<"), key, sandbox).score == 0
    assert Reference.model_validate_json(found.model_dump_json()) == found


def test_edges_of_the_bounds_are_among_the_inputs(sandbox: Sandbox) -> None:
    found = examined(sandbox)
    assert found.coding is not None
    inputs = inputs_of(found)
    assert [[-50], 0] in inputs
    assert [[50] * 30, 100] in inputs


def test_a_whole_program_is_examined_too(sandbox: Sandbox) -> None:
    found = examined(
        sandbox, statement=SQUARES, program=SUM, generator=LINES, claim="20", mode=CodingMode.STDIN
    )
    assert (found.findings, found.answer) == ((), "20")
    assert found.coding is not None
    assert found.coding.mode is CodingMode.STDIN
    assert ["3\n1 2 4\n"] in inputs_of(found)
    assert grade_program(SUM, AnswerKey(answer=SUM, coding=found.coding), sandbox).score == 1


@pytest.mark.parametrize(
    ("lint", "change"),
    [
        (Lint.BROKEN, {"program": "def longest_run(values, limit:\n    return 1"}),
        (Lint.BROKEN, {"program": "def longest_run(values, limit):\n    return values[99]"}),
        (Lint.BROKEN, {"program": "def longest_run(values, limit):\n    return {1, 2}"}),
        (Lint.CHANCE, {"program": f"import random\n{LONGEST_RUN}"}),
        (Lint.READS, {"program": "def longest_run(values, limit):\n    return input()"}),
        (
            Lint.UNSTABLE,
            {
                "program": LONGEST_RUN.replace(
                    "return best", "return best if best < 3 else best + hash('x') % 7"
                )
            },
        ),
        (Lint.FUNCTION, {"statement": RUN.replace("longest_run", "longest_chain")}),
        (Lint.FUNCTION, {"program": "print(1)"}),
        (
            Lint.FUNCTION,
            {
                "statement": RUN.replace("`longest_run(values, limit)`", "`longest_run`").replace("(`", "`"),
                "program": LONGEST_RUN.replace("(values, limit)", "(values, limit, third)"),
            },
        ),
        (
            Lint.LIMITS,
            {
                "statement": "Write `longest_run(values, limit)`, which returns the longest run of near neighbours."
            },
        ),
        (Lint.EXAMPLE, {"statement": RUN.replace("returns `2`", "returns `3`")}),
        (Lint.CLAIM, {"claim": "3"}),
        (Lint.GENERATOR, {"generator": ""}),
        (Lint.GENERATOR, {"generator": "def generate(rng):\n    return 5"}),
        (Lint.GENERATOR, {"generator": "def generate(rng):\n    return [[rng.randint(1, 9)]]"}),
        (Lint.GENERATOR, {"generator": "def generate(rng):\n    return [[1, 2], 3]"}),
        (Lint.GENERATOR, {"generator": "def generate(rng):\n    raise ValueError('no')"}),
        (Lint.GENERATOR, {"generator": "import random\n" + RUNS.replace("rng.", "random.")}),
        (Lint.GENERATOR, {"generator": RUNS.replace("-50, 50", "-5000, 5000")}),
        (Lint.GENERATOR, {"generator": "import os\ndef generate(rng):\n    os._exit(0)"}),
        (Lint.GENERATOR, {"generator": "def generate(rng):\n    while True:\n        pass"}),
        (
            Lint.CONSTANT,
            {"generator": "def generate(rng):\n    return [[rng.randint(-50, 50)], rng.randint(0, 100)]"},
        ),
        (
            Lint.GIVES_AWAY,
            {"statement": f"{RUN} Use `run = run + 1 if abs(before - after) <= limit else 1`."},
        ),
        (Lint.ASKS_TWO, {"statement": f"{RUN} Also write a function `shortest_run(values, limit)`."}),
        (Lint.NOT_STATED, {"program": LONGEST_RUN.replace("return best", "return best % 998244353")}),
        (
            Lint.CUT_OFF,
            {"statement": "Write `longest_run(values, limit)`, which takes 1 to 30 integers and gives the"},
        ),
    ],
)
def test_a_typical_fault_is_found(lint: Lint, change: dict[str, str], sandbox: Sandbox) -> None:
    found = examined(sandbox, **change)  # type: ignore[arg-type]
    assert lint in rejecting(found)
    assert found.failure is None
    assert all(len(finding.detail) < 300 and "0x" not in finding.detail for finding in found.findings)


def test_a_function_without_anything_to_get_wrong_is_told(sandbox: Sandbox) -> None:
    statement = (
        "Write `same(value)`, which takes an integer from 0 to 1000 and returns it. `same(7)` returns `7`."
    )
    program = "def same(value):\n    return value\n"
    generator = "def generate(rng):\n    return [rng.randint(0, 1000)]\n"
    found = examined(sandbox, statement=statement, program=program, generator=generator)
    assert rejecting(found) == [Lint.WEAK_TESTS]
    assert found.coding is not None
    assert found.coding.mutants == 0


def test_a_rare_case_gets_a_test_of_its_own(sandbox: Sandbox) -> None:
    """One draw in twelve reaches the last branch; mutants there are killed by inputs beyond the first ones."""
    statement = (
        "Write `grade(score)`: 1 for a score (at most 1000) to 50, 2 to 990, else 3. `grade(7)` returns `1`."
    )
    program = "def grade(score):\n    if score > 990:\n        return 3\n    return 2 if score > 50 else 1\n"
    generator = (
        "def generate(rng):\n    return [rng.choice([rng.randint(0, 100)] * 11 + [rng.randint(985, 995)])]\n"
    )
    found = examined(sandbox, statement=statement, program=program, generator=generator)
    assert found.fault is None
    assert found.coding is not None
    assert found.coding.killed == found.coding.mutants
    assert any(test.expected == 3 for test in found.coding.tests)


def test_a_reference_that_takes_the_harness_over_gains_nothing(sandbox: Sandbox) -> None:
    takes_over = LONGEST_RUN + (
        "\nimport json, os, sys\nif 'toolkit' in sys.modules:\n"
        "    os.write(1, json.dumps({'tests': [[[[1], 1], 77]], 'mutants': 9, 'killed': 9, 'operators': {},"
        " 'time_limit_s': 1, 'memory_limit_mb': 128}).encode())\n    os._exit(0)\n"
    )
    found = examined(sandbox, program=takes_over)
    assert rejecting(found)
