"""A number with its unit, or with several units side by side."""

from __future__ import annotations

from fractions import Fraction

import pytest

from propound.answers.errors import UnreadableError
from propound.answers.reading.quantities import read_quantity, reads_as_quantity
from propound.answers.reading.tree import Number


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("5 cm", Fraction(5), "centimeter"),
        ("3 h 20 min", Fraction(200), "minute"),
        ("3h 20m 30s", Fraction(12_030), "second"),
        ("2 weeks, 3 days and 4 hours", Fraction(412), "hour"),
        ("5 feet 6 inches", Fraction(66), "inch"),
        ("2 kg 50 g", Fraction(2_050), "gram"),
        ("five minutes", Fraction(5), "minute"),
        ("5 cm in length", Fraction(5), "centimeter"),
    ],
)
def test_reads(text: str, number: Fraction, unit: str) -> None:
    found = read_quantity(text)
    assert found.number == Number(number)
    assert found.unit == {unit: Fraction(1)}
    assert reads_as_quantity(text)


@pytest.mark.parametrize("text", ["5 m 3 s", "3 cm 4 m", "2 h 3 h", "5 cm of 7", "5 apples", "cm", ""])
def test_refuses(text: str) -> None:
    with pytest.raises(UnreadableError):
        read_quantity(text)
