"""Curves told apart by their points."""

from __future__ import annotations

import pytest

from propound.answers.algebra.rational import rational_function
from propound.answers.algebra.roots import differ_in_roots
from propound.answers.reading.syntax import parse


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("x^2+y^2-25", "x^2+y^2-24", True),
        ("x^2+y^2+1", "x^2+y^2+2", True),
        ("x^2-y", "x^2-y", False),
        ("x^2-y", "(x^2-y)^2", False),
        ("x-1", "(x-1)(x-2)", True),
        ("x - 1", "x - 1 - 1/10^{30}", False),
        (r"x-\pi", "x-3", True),
        (r"x-\pi", r"2x-2\pi", False),
        ("x^{13}-1", "x^{13}-2", False),
    ],
)
def test_differ(one: str, other: str, differ: bool) -> None:
    left, right = rational_function(parse(one)), rational_function(parse(other))
    assert left is not None
    assert right is not None
    assert differ_in_roots(left.top, right.top) is differ
