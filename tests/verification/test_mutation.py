"""Mutants and the tests that kill them."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from propound.skills import default_library
from propound.skills.toolkit.coding import _differs, build_tests, low_information
from propound.skills.toolkit.composition import draw
from propound.skills.toolkit.execution import compile_program, count_steps, limits
from propound.skills.toolkit.mutation import OPERATORS, mutants

SOURCE = """
def solve(values):
    best = 0
    for value in values:
        if value > 3 and value % 2 == 1:
            best = max(best, value - 1)
    return best
"""


def test_mutants_by_hand() -> None:
    found = [mutant.source for mutant in mutants(SOURCE)]
    for fragment in (
        "value >= 3",
        "value < 3",
        "or value % 2",
        "value // 2",
        "== 2",
        "!= 1",
        "value > 4",
        "value > 2",
        "min(best",
        "value + 1",
        "best = 1",
        "if not",
    ):
        assert any(fragment in mutant for mutant in found), fragment
    assert len(found) == len(set(found))
    assert SOURCE.strip() not in found


@pytest.mark.parametrize(
    ("operator", "program", "fragment"),
    [
        ("comparison", "a = b < c", "b <= c"),
        ("arithmetic", "a = b // c", "b % c"),
        ("arithmetic", "a += b", "a -= b"),
        ("constant", "a = 7", "a = 8"),
        ("boolean", "a = True", "a = False"),
        ("logic", "a = b and c", "b or c"),
        ("negation", "a = not b", "a = b"),
        ("condition", "a = [b for b in c if b]", "if not b"),
        ("condition", "a = b if c else d", "if not c"),
        ("condition", "while a:\n    b()", "while not a"),
        ("function", "a = max(b)", "min(b)"),
        ("unwrapped", "a = sorted(b)", "a = b"),
        ("arguments", "a = pow(b, c)", "pow(c, b)"),
        ("range", "a = range(b)", "range(b - 1)"),
        ("range", "a = range(b, c, d)", "range(b, c + 1, d)"),
        ("slice", "a = b[:c]", "b[c:]"),
        ("index", "a = b[c]", "b[c - 1]"),
        ("assignment", "a += b", "a = b"),
        ("deletion", "a.append(b)", "pass"),
        ("jump", "while a:\n    break", "continue"),
    ],
)
def test_every_operator_by_hand(operator: str, program: str, fragment: str) -> None:
    assert any(mutant.operator == operator and fragment in mutant.source for mutant in mutants(program))


def test_drawn_mutants_take_turns_over_the_operators() -> None:
    everything = {mutant.operator for mutant in mutants(SOURCE)}
    drawn = mutants(SOURCE, limit=len(everything), rng=random.Random(1))
    assert {mutant.operator for mutant in drawn} == everything <= set(OPERATORS)
    assert drawn == mutants(SOURCE, limit=len(everything), rng=random.Random(1))


def test_every_mutant_is_a_program() -> None:
    for mutant in mutants(SOURCE):
        compile(mutant.source, "mutant", "exec")


def test_a_mutant_that_never_ends_differs() -> None:
    endless = "def solve(values):\n    while True:\n        pass\n"
    assert _differs(endless, [[1]], {"[1]": 0}) == [1]


def test_a_whole_program_reads_and_prints() -> None:
    run = compile_program("def main():\n    print(input()[::-1])\n\n\nmain()\n", "stdin")
    assert run("abc\n") == "cba\n"
    assert run("x\n") == "x\n"
    with pytest.raises(EOFError):
        run("")


@pytest.mark.parametrize("mode", ["function", "stdin"])
@pytest.mark.parametrize(
    ("names", "example"),
    [
        (["letter-shift"], "ab c"),
        (["letter-positions", "running-totals"], "ab c"),
        (["count-inversions"], [3, 1]),
    ],
)
def test_both_programs_agree_in_both_modes_and_no_mutant_survives(
    mode: str, names: list[str], example: Any
) -> None:
    skills = default_library().skills(names)
    composition = draw(skills, random.Random(8), 2)
    report = build_tests(skills, composition, example, mode)
    assert report["disagreement"] is None
    assert report["survivors"] == 0
    assert report["killed"] == report["mutants"] >= 3
    inputs = [value for value, _ in report["tests"]]
    assert len(inputs) == len(set(map(json.dumps, inputs))) >= 20
    if mode == "stdin":
        assert all(text.endswith("\n") and text.count("\n") == 1 for test in report["tests"] for text in test)
        assert "import sys" in report["second"]
        assert "import sys" not in report["reference"]
    assert build_tests(skills, composition, example, mode) == report


def test_programs_run_on_a_copy_of_their_input() -> None:
    run = compile_program("def solve(values):\n    values.append(1)\n    return (values, {2: 3})\n")
    value: list[int] = []
    assert run(value) == [[1], {"2": 3}]
    assert value == []


def test_tests_that_expect_the_same_say_little() -> None:
    assert low_information([0] * 13 + list(range(1, 12))) == ["most tests expect the same output"]
    assert low_information([0, 1, 2] * 8) == ["the tests expect only 3 different outputs"]
    assert low_information([[], [1], [2], [3], [], [4]]) == []


def test_limits_come_from_counted_steps_and_grow_with_them() -> None:
    cheap = compile_program("def solve(values):\n    return sum(values)\n")
    squares = "def solve(values):\n    return sum(a * b for a in values for b in range(a))\n"
    dear = compile_program(squares)
    inputs = [[1, 2, 3], list(range(400))]
    assert count_steps(dear, inputs[0]) == count_steps(compile_program(squares), inputs[0])
    assert count_steps(cheap, inputs[0]) < count_steps(dear, inputs[0])
    assert limits(cheap, inputs) == {"time_limit_s": 1, "memory_limit_mb": 128}
    assert limits(dear, inputs) == {"time_limit_s": 2, "memory_limit_mb": 128}
    assert limits(dear, [list(range(2_000))])["time_limit_s"] == 5
    hungry = compile_program("def solve(values):\n    return len([0] * 4_000_000)\n")
    assert limits(hungry, inputs)["memory_limit_mb"] == 1024
