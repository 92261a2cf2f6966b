"""What a program reads and prints: one line, and nothing that merely resembles it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.skills.toolkit.streams import presentable, read_line, write_line


@given(st.lists(st.integers(-(10**12), 10**12)))
def test_lists_are_read_as_they_were_written(values: list[int]) -> None:
    assert read_line("ints", write_line(values)) == values


@given(st.integers(-(10**12), 10**12))
def test_integers_are_read_as_they_were_written(value: int) -> None:
    assert read_line("integer", write_line(value)) == value


@pytest.mark.parametrize(
    "line", ["1  2", " 1", "1 ", "01", "+1", "-0", "1_0", "1.0", "x", "\u0661", "9" * 200]
)
def test_other_notations_are_not_read(line: str) -> None:
    with pytest.raises(ValueError, match="is no ints"):
        read_line("ints", line)


@pytest.mark.parametrize("line", ["", "1 2"])
def test_an_integer_is_one_integer(line: str) -> None:
    with pytest.raises(ValueError, match="is no integer"):
        read_line("integer", line)


def test_what_running_text_would_lose_is_not_shown() -> None:
    assert presentable([1, 2])
    assert presentable(0)
    assert not presentable([])
    assert not presentable("")
    assert not presentable("a  b")
    assert not presentable(" a")
