"""Literal numbers: exact values and the precision that they state."""

from __future__ import annotations

from fractions import Fraction

import pytest

from propound.answers.errors import UnreadableError
from propound.answers.reading.numerals import read_numeral


@pytest.mark.parametrize(
    ("text", "value", "half_unit"),
    [
        ("12", Fraction(12), None),
        ("1,200", Fraction(1200), Fraction(1, 2)),
        ("-12.50", Fraction(-25, 2), Fraction(1, 200)),
        (".5", Fraction(1, 2), None),
        (".50", Fraction(1, 2), Fraction(1, 200)),
        ("1,234.5", Fraction(2469, 2), Fraction(1, 20)),
        ("1 234", Fraction(1234), Fraction(1, 2)),
        ("1.5e3", Fraction(1500), Fraction(50)),
        ("1.50 * 10^{-3}", Fraction(3, 2000), Fraction(1, 200_000)),
        ("2*10^(4)", Fraction(20_000), None),
        ("2.0*10^(4)", Fraction(20_000), Fraction(500)),
        ("3/4", Fraction(3, 4), None),
        (r"-\frac{3}{4}", Fraction(-3, 4), None),
        (r"\frac34", Fraction(3, 4), None),
        ("1 1/2", Fraction(3, 2), None),
        (r"-2\frac{1}{3}", Fraction(-7, 3), None),
        (r"0.1\overline{6}", Fraction(1, 6), None),
        (r".\overline{9}", Fraction(1), None),
    ],
)
def test_reads(text: str, value: Fraction, half_unit: Fraction | None) -> None:
    found = read_numeral(text)
    assert found is not None
    assert (found.value, found.half_unit) == (value, half_unit)


def test_every_decimal_has_a_last_place() -> None:
    found = read_numeral("746"), read_numeral("3/4"), read_numeral("1.5 million")
    assert [numeral and numeral.half_place for numeral in found] == [Fraction(1, 2), None, Fraction(50_000)]


@pytest.mark.parametrize("text", ["", ".", "1,23", "1.2.3", "3 5/2", "x", "1e", "e5", "٣", "0x10", "1_000"])
def test_refuses_what_is_no_literal(text: str) -> None:
    assert read_numeral(text) is None


@pytest.mark.parametrize("text", ["1/0", r"\frac{1}{0}", "1e5001", "1e-99999"])
def test_refuses_what_has_no_value_within_bounds(text: str) -> None:
    with pytest.raises(UnreadableError):
        read_numeral(text)
