"""Exact values and their bounds."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.answers.algebra.exact import exact, power, root
from propound.answers.errors import UnreadableError
from propound.answers.reading.syntax import parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1/2+1/3", Fraction(5, 6)),
        ("2^{10}", Fraction(1024)),
        ("2^{-2}", Fraction(1, 4)),
        ("-2^2", Fraction(-4)),
        ("4^{1/2}", Fraction(2)),
        ("8^{2/3}", Fraction(4)),
        (r"\sqrt{9/4}", Fraction(3, 2)),
        (r"\sqrt[3]{-27}", Fraction(-3)),
        ("5!", Fraction(120)),
        (r"\binom{5}{2}", Fraction(10)),
        (r"\log_2{1/8}", Fraction(-3)),
        (r"\log_{1/2} 8", Fraction(-3)),
        (r"\lfloor -7/2 \rfloor", Fraction(-4)),
        ("|-3|", Fraction(3)),
        (r"\sqrt{2}", None),
        ("(-8)^{1/3}", None),
        (r"\pi", None),
        ("x-x", None),
        (r"\log_2 3", None),
    ],
)
def test_value(text: str, value: Fraction | None) -> None:
    assert exact(parse(text)) == value


@pytest.mark.parametrize(
    "text",
    [
        *("1/0", "0^0", "0^{-1}", "10^{10^{10}}", "9^{9^{9}}", "(3^5000+1)^5", r"\log_1 2", r"\log_2 0"),
        *("2000!", "(1/2)!", "(-1)!", r"\binom{2000}{3}", r"\sqrt[100]{2}"),
    ],
)
def test_undefined_or_over_a_limit(text: str) -> None:
    with pytest.raises(UnreadableError):
        exact(parse(text))


@given(st.fractions(min_value=0, max_value=10**9), st.integers(1, 12))
def test_a_root_undoes_a_power(value: Fraction, n: int) -> None:
    raised = power(value, Fraction(n))
    assert raised is not None
    assert root(raised, Fraction(n)) == value


@given(st.integers(2, 10**30), st.integers(2, 9))
def test_a_root_is_only_given_where_it_is_exact(number: int, n: int) -> None:
    assert root(Fraction(number) ** n + 1, Fraction(n)) is None
