"""One spelling for many."""

from __future__ import annotations

import pytest

from propound.answers.errors import UnreadableError
from propound.answers.reading.notation import (
    check_depth,
    join_thousands,
    offers_alternatives,
    plain,
    split_name,
    split_top,
)


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("−3×4÷2", "-3*4/2"),
        ("x²y⁻¹", "x^{2}y^{-1}"),
        ("x₁", "x_{1}"),
        ("½", r"\frac{1}{2}"),
        (r"\left( x \right)", "( x )"),
        (r"\dfrac12 \cdot 3", r"\frac12 * 3"),
        (r"5\,\text{m}", "5 m"),
        (r"1\,000{,}000", "1000000"),
        (r"30^\circ", "30°"),
        (r"\leftarrow", r"\leftarrow"),
        (r"\$5", "5"),
    ],
)
def test_plain(text: str, spelled: str) -> None:
    assert plain(text) == spelled


def test_thousands_join_only_in_whole_groups() -> None:
    assert join_thousands("1,234,567 + 12,34 + 1,000.5") == "1234567 + 12,34 + 1000.5"


@pytest.mark.parametrize("text", ["5 or 6", "5, 6", "5; 6", r"\pm 5", "5 and 6"])
def test_alternatives(text: str) -> None:
    assert offers_alternatives(text)


@pytest.mark.parametrize("text", ["1,000", "order", "factorial", "sandy", r"\pmod"])
def test_no_alternatives(text: str) -> None:
    assert not offers_alternatives(text)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("x = 5", "x", "5"),
        (r"\theta_{1} = 5", "theta_1", "5"),
        ("f(x) = x", "f(x)", "x"),
        ("(x, y) = (1, 2)", "(x,y)", "(1, 2)"),
        ("x == 5", None, "x == 5"),
        ("2x = 5", None, "2x = 5"),
        ("sin(x) = 1", None, "sin(x) = 1"),
        ("5", None, "5"),
    ],
)
def test_names(text: str, name: str | None, value: str) -> None:
    assert split_name(text) == (name, value)


def test_split_keeps_what_stands_in_brackets() -> None:
    assert split_top("(1,2), {3, 4}, f[5,6]") == ["(1,2)", "{3, 4}", "f[5,6]"]


@pytest.mark.parametrize("text", ["(", ")(", "(]", "(" * 25 + ")" * 25])
def test_brackets_must_pair_and_stay_shallow(text: str) -> None:
    with pytest.raises(UnreadableError):
        check_depth(text)
