"""Equations and inequalities, one by one and in systems."""

from __future__ import annotations

import pytest

from propound.answers.errors import UnreadableError
from propound.answers.reading.relations import read_relations


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("y = 2x", "="),
        ("y ≥ 2x", "≤"),
        (r"y \lt 2x", "<"),
        (r"y \ne 2x", "≠"),
        ("x + y = 1, x - y = 3", "=="),
        ("x + y = 1 and x > 3", "=<"),
        (r"\begin{cases} x + y = 1 \\ x - y = 3 \end{cases}", "=="),
    ],
)
def test_reads(text: str, signs: str) -> None:
    assert "".join(relation.sign for relation in read_relations(text)) == signs


def test_solved_for() -> None:
    assert [read_relations(text)[0].solved_for for text in ("y = 2x", "2x = y", "y = 2y")] == [
        "y",
        None,
        None,
    ]


@pytest.mark.parametrize(
    "text", ["", "x", "x = ", "= x", "x == y", "x = y = z", "x < y < z", "x = y," * 9 + "x = y"]
)
def test_refuses(text: str) -> None:
    with pytest.raises(UnreadableError):
        read_relations(text)
