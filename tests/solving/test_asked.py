"""In which unit a statement asks for its answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.solving.asked import asked_unit, fits


@pytest.mark.parametrize(
    ("statement", "unit"),
    [
        ("How fast is it then, in m/s?", "m/s"),
        ("What is the speed in meters per second?", "meters per second"),
        ("Find the area of the field in square metres.", "square metres"),
        ("A tank in a yard holds water. Give the volume in cm^3.", "cm^3"),
        ("Give your answer in kJ, rounded to three significant figures.", "kJ"),
        ("How many balls are in the urn?", None),
        ("In a year, how many hours does it run?", None),
        ("It moved 5 m in 3 s. How far is it?", None),
        ("What is its volume in $\\mathrm{cm}^3$?", "$\\mathrm{cm}^3"),
    ],
)
def test_the_unit_is_read_where_it_stands(statement: str, unit: str | None) -> None:
    assert asked_unit(statement) == (unit.strip("$") if unit else None)


@pytest.mark.parametrize(
    ("answer", "statement", "does"),
    [
        ("12 m/s", "How fast is it, in km/h?", True),
        ("12 m", "How fast is it, in km/h?", False),
        ("12 J", "What is the work, in N m?", True),
        ("90 rad/s", "What is its angular frequency, in Hz?", True),
        ("12", "How fast is it, in km/h?", True),
        ("12 blorps", "How fast is it, in km/h?", True),
        ("12 m", "How far is it?", True),
    ],
)
def test_a_dimension_fits_or_not(answer: str, statement: str, does: bool) -> None:
    assert fits(answer, statement) is does


@given(st.text(max_size=100), st.text(max_size=40))
def test_any_text_can_be_read(statement: str, answer: str) -> None:
    assert fits(answer, statement) in (True, False)
