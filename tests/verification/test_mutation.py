"""Mutants and the tests that kill them."""

from __future__ import annotations

from propound.skills.toolkit.coding import _differs, compile_program
from propound.skills.toolkit.mutation import mutants

SOURCE = """
def solve(values):
    best = 0
    for value in values:
        if value > 3 and value % 2 == 1:
            best = max(best, value - 1)
    return best
"""


def test_mutants_by_hand() -> None:
    found = mutants(SOURCE)
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


def test_every_mutant_is_a_program() -> None:
    for mutant in mutants(SOURCE):
        compile(mutant, "mutant", "exec")


def test_a_mutant_that_never_ends_differs() -> None:
    endless = "def solve(values):\n    while True:\n        pass\n"
    assert _differs(endless, [[1]], {"[1]": 0}) == [1]


def test_programs_run_on_a_copy_of_their_input() -> None:
    run = compile_program("def solve(values):\n    values.append(1)\n    return (values, {2: 3})\n")
    value: list[int] = []
    assert run(value) == [[1], {"2": 3}]
    assert value == []
