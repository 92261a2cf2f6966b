"""How a statement asks for a rounded number, and the number rounded so."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.solving.precision import Precision, precision_of


@pytest.mark.parametrize(
    ("text", "precision"),
    [
        ("Round to two decimal places.", Precision(places=2)),
        ("Give it to 3 significant figures.", Precision(figures=3)),
        ("to the nearest hundredth", Precision(places=2)),
        ("to the nearest tenth of a percent", Precision(places=1)),
        ("to the nearest cent", Precision(places=2)), ("to the nearest whole number", Precision(places=0)),
        ("to the nearest dollar", Precision(places=0)), ("to the nearest m/s", Precision(places=0)),
        ("to the nearest thousand", Precision(places=-3)), ("to the nearest 0.01", Precision(places=2)),
        ("to the nearest 10", Precision(places=-1)), ("correct to 4 d.p.", Precision(places=4)),
        ("to 2 s.f.", Precision(figures=2)), ("auf zwei Nachkommastellen", Precision(places=2)),
        ("arrondi au centième", Precision(places=2)), ("con dos decimales", Precision(places=2)),
        ("保留两位小数", Precision(places=2)), ("保留3位有效数字", Precision(figures=3)),
        ("rounded to 3 significant figures, then to one decimal place", Precision(places=1)),
        ("the nearest tree is 5 m away", None), ("What is 1/3?", None),
    ],
)  # fmt: skip
def test_what_a_statement_asks_for(text: str, precision: Precision | None) -> None:
    assert precision_of(text) == precision


@pytest.mark.parametrize(
    ("precision", "value", "shown"),
    [
        (Precision(places=2), "12345.6789", "12345.68"), (Precision(places=2), "0.005", "0.01"),
        (Precision(places=2), "-0.004", "0.00"), (Precision(places=0), "2.5", "3"),
        (Precision(places=-3), "12345", "12000"), (Precision(places=2), "45.5", "45.50"),
        (Precision(figures=3), "12345.6", "12300"), (Precision(figures=3), "0.0045678", "0.00457"),
        (Precision(figures=3), "999.95", "1000"),
        (Precision(figures=3), "602214076000000000000000", "6.02e23"),
        (Precision(figures=2), "0.000000123", "1.2e-7"), (Precision(figures=3), "0", "0.00"),
        (Precision(places=4), "1/3", "0.3333"),
    ],
)  # fmt: skip
def test_a_number_is_shown_with_the_digits_that_are_asked_for(
    precision: Precision, value: str, shown: str
) -> None:
    assert precision.shown(Fraction(value)) == shown


@given(st.fractions(), st.integers(-3, 8))
def test_what_is_shown_is_no_further_off_than_half_a_unit(value: Fraction, places: int) -> None:
    precision = Precision(places=places)
    assert abs(Fraction(precision.shown(value)) - value) <= precision.half_unit(value)


@given(st.fractions().filter(bool), st.integers(1, 8))
def test_so_it_is_with_figures(value: Fraction, figures: int) -> None:
    precision = Precision(figures=figures)
    assert abs(Fraction(precision.shown(value)) - value) <= precision.half_unit(value)


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    precision_of(text)
