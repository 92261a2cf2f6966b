"""What the statement of a coding problem says: its examples, its bounds, and what goes beyond them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.solving.task import beyond, call_arguments, example_texts, examples, states_bounds


@pytest.mark.parametrize(
    ("text", "arguments", "expected"),
    [
        ("For example, `f([1, 2, 9], 1)` returns `2`.", [[1, 2, 9], 1], 2),
        ("f([1, 2], k=3) -> [3, 4]", [[1, 2], 3], [3, 4]),
        ("f('a, (b', 2) should return \"x.y\"", ["a, (b", 2], "x.y"),
        ("calling `f((1, 2), 0)` gives `True`", [(1, 2), 0], True),
        (">>> f([], 5) == {'a': 1}", [[], 5], {"a": 1}),
        ("f([2], 1) evaluates to 1,200", [[2], 1], 1200),
        ("f(-1, 0.5) => -3.5", [-1, 0.5], -3.5),
        ("Example 1:\nInput: v = [2, 7], k = 9\nOutput: [0, 1]", [[2, 7], 9], [0, 1]),
        ("The result of f(1, 2) is null.", [1, 2], None),
    ],
)
def test_an_example_of_a_function_is_read(text: str, arguments: list[Any], expected: Any) -> None:
    assert examples(text, "f", ["v", "k"]) == [(arguments, expected)]


@pytest.mark.parametrize(
    "text", [
        "f(v, k) returns the sum", "f([1, 2], 3", "f(open('x'), 1) returns 2", "f(1, 2, 3) returns 2",
        "g.f(1, 2) returns 3", "none",
    ]
)  # fmt: skip
def test_what_is_no_example_is_none(text: str) -> None:
    assert examples(text, "f", ["v", "k"]) == []


def test_an_example_of_a_whole_program_is_read() -> None:
    text = "Print the sum.\n\nSample Input:\n3\n1 2 4\n\nSample Output:\n7\n"
    assert example_texts(text) == [(["3\n1 2 4\n"], "7")]
    fenced = "### Example input\n```\n3\n1 2 4\n```\n\n### Example output\n```\n7\n```\n"
    assert example_texts(fenced) == [(["3\n1 2 4\n"], "7")]


def test_arguments_are_parted_at_commas_outside_of_brackets() -> None:
    assert list(call_arguments("f(a, b), f([1, 2], 'x,y'), f(), f(1", "f")) == [
        ["a", "b"],
        ["[1, 2]", "'x,y'"],
        [],
        None,
    ]


@pytest.mark.parametrize(
    ("text", "does"),
    [
        ("a list of 1 to 30 integers", True), ("with 1 ≤ n ≤ 10^5", True), (r"$1 \le n \le 100$", True),
        ("at most 40 characters", True), ("n is between 2 and 9", True), ("a string of length up to 50", True),
        ("a list of integers", False), ("returns the two largest", False),
    ],
)  # fmt: skip
def test_bounds_are_stated_or_not(text: str, does: bool) -> None:
    assert states_bounds(text) is does


@pytest.mark.parametrize(
    ("text", "inputs", "is_beyond"),
    [
        ("1 to 30 integers between 0 and 50", [[[50, 0]], [[1] * 30]], False),
        ("1 to 30 integers between 0 and 50", [[[51]]], True),
        ("1 to 30 integers between 0 and 50", [[[1] * 60]], True),
        ("1 to 30 integers between 0 and 50", [[[-1]]], True),
        ("1 to 30 integers between -50 and 50", [[[-1]]], False),
        ("1 to 30 non-negative integers up to 50", [[[-1]]], True),
        ("numbers up to 10^5", [["3\n99999 1\n"]], False),
        ("numbers up to 10^5", [["3\n100001 1\n"]], True),
    ],
)
def test_inputs_beyond_the_bounds_are_told(text: str, inputs: list[Any], is_beyond: bool) -> None:
    assert (beyond(text, inputs) is not None) is is_beyond


@given(st.text(alphabet="f()[]{},'\"` =->.12abinputoutput:\n", max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    examples(text, "f", ["v", "k"])
    example_texts(text)
    states_bounds(text)
