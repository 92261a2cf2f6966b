"""A program as it is written: read, and never run; what it says of itself, and what it cannot do to the reader."""

from __future__ import annotations

import ast
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.problem import MAX_PROGRAM
from propound.solving.source import Role, Source, UnreadableSourceError, exact, literal


@pytest.mark.parametrize(
    "program",
    [
        "print(42)",
        "answer = 42\nprint(answer)",
        "def main():\n    print('42 m')\n\nif __name__ == '__main__':\n    main()",
        "def solve():\n    return 42\n\nprint(solve())",
        "total = 3 * 4\nprint(42)",
        "print('The answer is', 42)",
        "print(f'{42} apples')",
        "from fractions import Fraction\nprint(Fraction(1, 3))",
        "x = 7\ny = x\nprint(str(y))",
        "import sympy\nprint(sympy.Rational(3, 4))",
        "GIVEN = {'n': 12}\ndef solve(n):\n    return 42",
        "import sys\nsys.stdout.write('42')",
        "a, b = 3, 4\nprint(a)",
    ],
)
def test_what_is_printed_and_not_computed_is_told(program: str) -> None:
    assert not Source(program).computes()


@pytest.mark.parametrize(
    "program",
    [
        "print(6 * 7)",
        "total = 0\nfor n in range(10):\n    total += n\nprint(total)",
        "import math\nprint(math.comb(12, 5))",
        "print(sum([1, 2, 3]))",
        "values = [2]\nwhile len(values) < 5:\n    values.append(values[-1] + 3)\nprint(values[4])",
        "for n in range(100):\n    if n % 7 == 3:\n        print(n)\n        break",
        "GIVEN = {'n': 12}\ndef solve(n):\n    if n > 3:\n        return 5\n    return 7",
        "GIVEN = {'n': 12}\ndef solve(n):\n    return n * 2",
        "def solve(n):\n    return n * 2\n\nprint(solve(21))",
        "print('yes' if 3 > 2 else 'no')",
        "import sympy as sp\nx = sp.symbols('x')\nprint(sp.solve(x - 3, x)[0])",
    ],
)
def test_what_is_computed_is_not(program: str) -> None:
    assert Source(program).computes()


@pytest.mark.parametrize(
    ("program", "name"),
    [
        ("import random\nprint(sum(random.random() for _ in range(9)))", "random"),
        ("from random import randint\nprint(randint(1, 6))", "random"),
        ("import numpy as np\nprint(np.random.rand())", "random"),
        ("import secrets", "secrets"),
        ("import time\nprint(time.time())", "time()"),
        ("from datetime import date\nprint(date.today().year)", "today()"),
        ("import os\nprint(os.urandom(4))", "urandom()"),
        ("from time import perf_counter", "perf_counter()"),
    ],
)
def test_chance_and_clocks_are_told(program: str, name: str) -> None:
    assert Source(program).chance() == name


def test_dates_and_sums_are_no_chance() -> None:
    assert (
        Source("from datetime import date\nprint((date(2024, 3, 1) - date(2024, 2, 1)).days)").chance() == ""
    )


def test_waiting_for_input_is_told() -> None:
    assert Source("n = int(input())\nprint(n)").reads()
    assert Source("import sys\nprint(sys.stdin.read())").reads()
    assert not Source("print('input')").reads()


def test_numbers_have_roles() -> None:
    program = (
        "speed, time = 60, 3/4\nitems = [5, 7]\n\ndef cost(price, tax=1.19):\n    return price * tax\n\n"
        "print(round(cost(250) + items[1] ** 2 - 9, 2))\nfor n in range(40):\n    pass\n"
    )
    found = {(constant.value, constant.role, constant.name) for constant in Source(program).constants()}
    assert found == {
        (Fraction(60), Role.DATA, "speed"), (Fraction(3, 4), Role.DATA, "time"),
        (Fraction(5), Role.DATA, "items"),
        (Fraction(7), Role.DATA, "items"), (Fraction("1.19"), Role.DATA, "tax"), (Fraction(250), Role.DATA, ""),
        (Fraction(1), Role.FORM, ""), (Fraction(2), Role.FORM, ""), (Fraction(9), Role.PART, ""),
        (Fraction(40), Role.LOOP, ""),
    }  # fmt: skip


def test_docstrings_and_texts_hold_no_numbers() -> None:
    assert Source('"""There are 77 apples."""\nprint("88 apples")\n').constants() == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{'n': 12, 'p': 0.5}", {"n": 12, "p": 0.5}), ("dict(n=12)", {"n": 12}), ("1/4", 0.25),
        ("3 * 10**8", 300_000_000), ("Fraction(1, 3)", Fraction(1, 3)), ("Fraction('2/6')", Fraction(1, 3)),
        ("Decimal('0.1')", Fraction(1, 10)), ("-5", -5),
        ("[(1, 2), 'a', None, True]", [(1, 2), "a", None, True]), ("2**0.5", 2**0.5),
    ],
)  # fmt: skip
def test_literals_are_worked_out(text: str, value: Any) -> None:
    assert literal(ast.parse(text, mode="eval").body) == value


@pytest.mark.parametrize(
    "text",
    [
        "10**10**10", "9**9**9", "2**100000", "10**-100000", "1 << 100", "0x" + "F" * 2_000, "1e999",
        "open('x')", "n + 1", "__import__('os')", "Fraction(1, 0)", "1/0", "(-8)**0.5", "'a' * 10**9",
        "[0] * 10**9", "{**{}}", "float('inf')", "Fraction('1e999999999')", "int('9' * 9999)", "True + 1",
        "1j",
    ],
)  # fmt: skip
def test_what_is_no_small_literal_is_never_worked_out(text: str) -> None:
    with pytest.raises(ValueError, match=r"literal|number|large"):
        literal(ast.parse(text, mode="eval").body)


@pytest.mark.parametrize(
    "program",
    [
        "(" * 3_000, "-" * 11_000 + "1", "x = " + "[" * 150 + "]" * 150, "9" * 11_000,
        "x = " + "1+" * 5_000 + "1", "\0", "def f(" * 500, "lambda:" * 1_500 + "1", "{" * 500, "print(",
        "x" * (MAX_PROGRAM + 1), "f'{" * 300, "if 1:\n" * 2_000, "@" * 4_000, "a." * 5_900 + "b",
        "not " * 2_900 + "1", "x = 5 +* 3",
    ],
)  # fmt: skip
def test_hostile_sources_are_refused_at_once(program: str) -> None:
    with pytest.raises(UnreadableSourceError) as error:
        Source(program)
    assert len(str(error.value)) < 300


@given(st.text(alphabet="abdefilnoprst_ ():=+-*/%[]{}'\"#\n0123456789.,<>", max_size=200))
def test_any_text_is_read_or_refused(program: str) -> None:
    try:
        source = Source(program)
    except UnreadableSourceError:
        return
    assert all(exact(constant.value) is not None for constant in source.constants())
    assert source.computes() in (True, False)
    assert source.reads() in (True, False)
    assert isinstance(source.chance(), str)


def test_roundings_can_be_left_out() -> None:
    source = Source("x = 10 / 3\nprint(round(x, 2), f'{x:.3f}', round(x))")
    assert source.rounded_places() == 2
    assert ast.unparse(ast.parse(source.unrounded())) == "x = 10 / 3\nprint(x, f'{x}', round(x))"
