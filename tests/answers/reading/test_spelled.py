"""Numbers that are spelled out."""

from __future__ import annotations

from fractions import Fraction

import pytest

from propound.answers.reading.spelled import read_spelled


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("zero", Fraction(0)),
        ("Twenty-One", Fraction(21)),
        ("nineteen hundred", Fraction(1900)),
        ("one hundred and five", Fraction(105)),
        ("a thousand", Fraction(1000)),
        ("two thousand three hundred and one", Fraction(2301)),
        ("five hundred thousand", Fraction(500_000)),
        ("one million two hundred thousand", Fraction(1_200_000)),
        ("minus seven", Fraction(-7)),
        ("negative two thirds", Fraction(-2, 3)),
        ("one half", Fraction(1, 2)),
        ("a half", Fraction(1, 2)),
        ("two and a half", Fraction(5, 2)),
        ("three point one four", Fraction(157, 50)),
    ],
)
def test_reads(text: str, value: Fraction) -> None:
    assert read_spelled(text) == value


@pytest.mark.parametrize(
    "text",
    ["", "a", "and", "minus", "point", "hundred", "third", "a third", "twenty fifth", "one hundred third", "two three",
     "two and three", "one halves", "one million million", "seven apples", "7", "one " * 40],
)  # fmt: skip
def test_refuses(text: str) -> None:
    assert read_spelled(text) is None
