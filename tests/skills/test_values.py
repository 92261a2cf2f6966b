"""Parameter types: one canonical notation each, written and read back."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.skills.toolkit.values import ParameterType, read_polynomial, write_polynomial

INTEGERS = st.integers(min_value=-(10**12), max_value=10**12)


@pytest.mark.parametrize(
    ("coefficients", "text"),
    [
        ([3, 0, -1], "3x^2 - 1"),
        ([-1, 1, 0], "-x^2 + x"),
        ([5], "5"),
        ([0], "0"),
        ([1, *[0] * 11, 2], "x^{12} + 2"),
    ],
)
def test_polynomials_have_one_notation(coefficients: list[int], text: str) -> None:
    assert write_polynomial(coefficients) == text
    assert read_polynomial(text) == coefficients


@given(st.lists(st.integers(-99, 99), min_size=1, max_size=14).filter(lambda found: found[0] != 0))
def test_polynomials_are_read_back(coefficients: list[int]) -> None:
    assert read_polynomial(write_polynomial(coefficients)) == coefficients


@given(
    st.one_of(
        st.tuples(st.just("integer"), INTEGERS),
        st.tuples(st.just("integers"), st.lists(INTEGERS, min_size=1, max_size=9)),
        st.tuples(st.just("rational"), st.fractions(max_denominator=500).map(str)),
    )
)
def test_values_are_read_back(case: tuple[str, Any]) -> None:
    kind, value = ParameterType.parse(case[0]), case[1]
    text = kind.write(value)
    assert kind.read(f"{text}. Next", 0) == (len(text), value)
    assert kind.accepts(value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("integer", "007"),
        ("integer", "+3"),
        ("rational", "2/4"),
        ("rational", "1/0"),
        ("integer", "9" * 60),
        ("integers", "x"),
    ],
)
def test_other_notations_are_not_read(kind: str, text: str) -> None:
    assert ParameterType.parse(kind).read(text, 0) is None


def test_a_number_ends_before_the_full_stop() -> None:
    assert ParameterType.parse("decimal").read("2.5.", 0) == (3, "2.5")
    assert ParameterType.parse("decimal").read("2.", 0) == (1, "2")


def test_words_prefer_the_longer() -> None:
    assert ParameterType.parse("word(iron/iron oxide)").read("iron oxide", 0) == (10, "iron oxide")


@pytest.mark.parametrize("value", [True, "3", 2.5, None, [1], Fraction(1)])
def test_an_integer_accepts_integers_only(value: Any) -> None:
    assert not ParameterType.parse("integer").accepts(value)


@pytest.mark.parametrize("text", ["number", "word(a;b)", ""])
def test_unknown_types_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"unknown parameter type|words are letters"):
        ParameterType.parse(text)
