"""What a program is given: read, changed within bounds, drawn anew, and run on."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given as drawn_from
from hypothesis import strategies as st

from propound.problem import Work
from propound.sandbox import Sandbox, open_sandbox
from propound.solving.given import (
    CHANGES,
    Given,
    GivenError,
    SlotError,
    changed,
    fill,
    given_of,
    outputs_on,
    read_given,
    redraw,
    slots,
)  # fmt: skip
from propound.solving.source import Source
from tests.factories.drafts import COUNTED


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return open_sandbox()


def test_given_and_bounds_are_read() -> None:
    assert given_of(Source(COUNTED)) == Given({"balls": 12, "drawn": 5}, {"balls": (6, 40), "drawn": (2, 6)})
    assert read_given(COUNTED) == {"balls": 12, "drawn": 5}
    assert given_of(Source("print(6 * 7)")) is None
    assert read_given("GIVEN = {'n': open('x')}") == {}
    assert read_given("GIVEN = (") == {}


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("GIVEN = [1, 2]", "dictionary"),
        ("GIVEN = {}", "1 to 24"),
        ("GIVEN = {'n': 10**10**10}", "plain values"),
        ("GIVEN = {1: 2}", "names"),
        ("GIVEN = {'n': 1}\ndef solve(n, k):\n    return n", "takes k"),
        ("GIVEN = {'n': 1, 'k': 2}\ndef solve(n):\n    return n", "names k"),
        ("GIVEN = {'n': 1}\nBOUNDS = {'k': (1, 2)}\ndef solve(n):\n    return n", "names k"),
        ("GIVEN = {'n': 1}\nBOUNDS = {'n': (2, 5)}\ndef solve(n):\n    return n", "around its value"),
        ("GIVEN = {'n': 1}\nBOUNDS = {'n': (1, 1)}\ndef solve(n):\n    return n", "different"),
        ("GIVEN = {'n': 'a'}\nBOUNDS = {'n': (1, 2)}\ndef solve(n):\n    return n", "number"),
        ("GIVEN = {'n': 1}\nBOUNDS = {'n': 5}\ndef solve(n):\n    return n", "lowest, highest"),
    ],
)
def test_what_does_not_fit_together_is_told(program: str, said: str) -> None:
    with pytest.raises(GivenError, match=said):
        given_of(Source(program))


def test_defaults_and_named_rest_fit() -> None:
    program = "GIVEN = {'n': 1, 'k': 2}\ndef solve(n, m=3, **rest):\n    return n"
    assert given_of(Source(program)) == Given({"n": 1, "k": 2}, {})


VALUES = st.one_of(
    st.integers(-(10**6), 10**6),
    st.floats(-(10**6), 10**6, allow_nan=False).map(lambda number: round(number, 3)),
    st.fractions(-100, 100, max_denominator=60),
)


@drawn_from(VALUES, st.integers(0, 10**6), st.integers(1, 1000))
def test_a_change_never_leaves_the_bounds_and_keeps_the_form(value: Any, seed: int, width: int) -> None:
    low, high = value - width, value + width
    found = changed(Given({"n": value}, {"n": (low, high)}), "n", random.Random(seed))
    assert found
    for other in found:
        assert low <= other["n"] <= high
        assert other["n"] != value
        assert type(other["n"]) is type(value)


@drawn_from(
    st.recursive(
        st.one_of(VALUES, st.text(max_size=20), st.booleans(), st.none()),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.tuples(inner, inner)
            | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    st.integers(0, 10**6),
)
def test_any_value_has_at_most_five_other_ones_of_its_form(value: Any, seed: int) -> None:
    found = changed(Given({"v": value}), "v", random.Random(seed))
    assert len(found) <= CHANGES
    for other in found:
        assert other["v"] != value
        assert type(other["v"]) is type(value)


def test_without_bounds_a_positive_number_stays_positive_and_a_share_a_share() -> None:
    for value in (1, 2, 12, 0.25, 0.9, Fraction(1, 3), 2.5):
        for seed in range(40):
            for other in changed(Given({"n": value}), "n", random.Random(seed)):
                assert other["n"] > 0
                assert (other["n"] < 1) is (value < 1) or value >= 1


def test_the_same_seed_gives_the_same_changes() -> None:
    given = Given({"n": 12, "word": "level"}, {"n": (2, 50)})
    for name in given.values:
        assert changed(given, name, random.Random(5)) == changed(given, name, random.Random(5))


def test_slots_are_filled_and_braces_of_latex_stay() -> None:
    template = r"There are {n:,} balls, $x^{n}$ and $\frac{n}{2}$, of {names}; \{m\} and {other} stay."
    values = {"n": 1200, "names": ["Ann", "Ben"], "m": 3}
    assert (
        fill(template, values)
        == r"There are 1,200 balls, $x^{1200}$ and $\frac{1200}{2}$, of Ann, Ben; \{m\} and {other} stay."
    )
    assert slots(template) == ("n", "names", "other")
    for value in (None, {"a": 1}, [], [None], True):
        with pytest.raises(SlotError, match="slot"):
            fill("{n}", {"n": value})


def test_a_sibling_has_other_numbers_within_bounds() -> None:
    work = Work(
        program=COUNTED, template="An urn holds {balls} balls. In how many ways can {drawn} be drawn?"
    )
    seen = set()
    for seed in range(30):
        redrawn = redraw(work, random.Random(seed))
        assert redrawn is not None
        statement, given = redrawn
        assert 6 <= given["balls"] <= 40
        assert 2 <= given["drawn"] <= 6
        assert (
            statement
            == f"An urn holds {given['balls']} balls. In how many ways can {given['drawn']} be drawn?"
        )
        seen.add(statement)
    assert len(seen) > 20


@pytest.mark.parametrize(
    ("program", "template"),
    [
        (COUNTED, ""),
        (COUNTED, "An urn holds 12 balls. How many ways are there to draw 5?"),
        (COUNTED, "An urn holds {balls} balls. How many of the 12 are red?"),
        (COUNTED, "An urn holds {bowls} balls and {balls} more. How many?"),
        (COUNTED.replace("BOUNDS", "LIMITS"), "An urn holds {balls} balls. How many?"),
        ("print(12 * 5)", "An urn holds {balls} balls. How many?"),
        ("GIVEN = (", "An urn holds {balls} balls. How many?"),
    ],
)
def test_without_slots_and_bounds_there_are_no_siblings(program: str, template: str) -> None:
    assert redraw(Work(program=program, template=template), random.Random(1)) is None


def test_a_program_runs_on_other_values(sandbox: Sandbox) -> None:
    givens = [{"balls": balls, "drawn": 2} for balls in (6, 10)]
    assert outputs_on(COUNTED, givens, sandbox) == ["15", "45"]
    head = "from __future__ import annotations\nGIVEN = {'balls': 12, 'drawn': 5}\n"
    printing = f"{head}print(GIVEN['balls'] - GIVEN['drawn'])\n"
    assert outputs_on(printing, givens, sandbox) == ["4", "8"]
    noisy = COUNTED + "\nprint('never mind')\nprint(solve(**GIVEN))\n"
    assert outputs_on(noisy, givens, sandbox) == ["15", "45"]
    shown = "from fractions import Fraction\nGIVEN = {'n': 2}\ndef solve(n):\n    return [Fraction(1, n), (n, {n})]\n"
    assert outputs_on(shown, [{"n": 4}], sandbox) == ["[1/4, (4, {4})]"]


def test_values_of_every_form_reach_the_program(sandbox: Sandbox) -> None:
    value = {"a": [Fraction(1, 3), (2.5, "x\n'\"")], "b": None, "c": True}
    program = "GIVEN = {'v': {}}\nprint(repr(GIVEN['v']))\n"
    assert outputs_on(program, [{"v": value}], sandbox) == [repr(value)]


def test_a_program_that_fails_gives_nothing_and_the_others_run(sandbox: Sandbox) -> None:
    program = "GIVEN = {'n': 1}\ndef solve(n):\n    if n == 0:\n        raise SystemExit(3)\n    return 10 // (n - 2)\n"
    assert outputs_on(program, [{"n": 0}, {"n": 2}, {"n": 4}], sandbox) == [None, None, "5"]
    assert outputs_on("print(1)", [{"n": 1}], sandbox) == [None]
    assert outputs_on("GIVEN = (", [{"n": 1}], sandbox) == [None]
    assert outputs_on(program, [], sandbox) == []


@pytest.mark.parametrize(
    "body",
    [
        "while True:\n    pass",
        "import os\nos._exit(0)",
        "import os\nos.write(1, b'\"forged\"\\n' * 99)\nos._exit(0)",
        "print('x' * 10**7)",
        "x = [0] * 10**9",
        "import sys\nsys.setrecursionlimit(10**9)\ndef f():\n    f()\nf()",
    ],
)
def test_a_hostile_program_costs_a_bounded_time_and_no_result_of_ours(body: str, sandbox: Sandbox) -> None:
    found = outputs_on(f"GIVEN = {{'n': 1}}\n{body}\n", [{"n": n} for n in range(6)], sandbox, seconds=0.1)
    assert len(found) == 6
    assert all(output is None or len(output) <= 20_000 for output in found)
