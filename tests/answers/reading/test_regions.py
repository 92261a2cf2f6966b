"""Sets of real numbers in brackets and inequalities."""

from __future__ import annotations

from fractions import Fraction

import pytest

from propound.answers.errors import UnreadableError
from propound.answers.reading.regions import (
    INFINITE,
    NOTHING,
    REALS,
    Combined,
    Piece,
    read_region,
)
from propound.answers.reading.tree import Number


def piece(low: int, high: int, ends: str) -> Piece:
    """The interval with integer ends; `ends` are its brackets."""
    return Piece(Number(Fraction(low)), Number(Fraction(high)), ends[0] == "[", ends[1] == "]")


@pytest.mark.parametrize(
    ("text", "letter", "region"),
    [
        ("(1, 2]", None, piece(1, 2, "(]")),
        ("]1; 2[", None, piece(1, 2, "()")),
        (r"x \in [1, 2)", "x", piece(1, 2, "[)")),
        ("t > 1", "t", Piece(Number(Fraction(1)), INFINITE, closed_low=False, closed_high=False)),
        (r"(1,2) \cup [3,4]", None, Combined("or", (piece(1, 2, "()"), piece(3, 4, "[]")))),
        ("{1, 2}", None, Combined("or", (piece(1, 1, "[]"), piece(2, 2, "[]")))),
        ("|x| ≤ 2", "x", piece(-2, 2, "[]")),
        ("x ≠ 1", "x", Combined("without", (REALS, piece(1, 1, "[]")))),
        (r"\mathbb{R}", None, REALS),
        ("∅", None, NOTHING),
    ],
)
def test_reads(text: str, letter: str | None, region: object) -> None:
    assert read_region(text) == (letter, region)


@pytest.mark.parametrize(
    "text",
    [
        *("", "1", "x", "(1, 2, 3)", "(1)", "1 < 2", "x > y", "x < 1, x > 2", "x < 1 < 2", "1 < x > 2"),
        *(
            "x > 1 or y > 2",
            "[1, ∞]",
            "(1,2) and (3,4)",
            "x > __import__",
            "x = 1 = 1",
            "|x| < -1",
            "x > 1\x00",
        ),
        *("[1,2] \\cup " * 300, "x < " * 300, "(" * 900),
    ],
)
def test_refuses(text: str) -> None:
    with pytest.raises(UnreadableError):
        read_region(text)
