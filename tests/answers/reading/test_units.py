"""Spellings of units; every one is a unit that pint knows."""

from __future__ import annotations

from fractions import Fraction

import pytest

from propound.answers.algebra.worth import worth
from propound.answers.errors import UnreadableError
from propound.answers.reading.notation import plain
from propound.answers.reading.units import SPELLINGS, read_unit


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("m/s^2", {"meter": 1, "second": -2}),
        ("m/s/s", {"meter": 1, "second": -2}),
        ("m s^{-2}", {"meter": 1, "second": -2}),
        ("m s⁻²", {"meter": 1, "second": -2}),
        (r"\frac{\text{m}}{\text{s}^2}", {"meter": 1, "second": -2}),
        ("meters per second squared", {"meter": 1, "second": -2}),
        ("J/(kg K)", {"joule": 1, "kilogram": -1, "kelvin": -1}),
        (r"\mathrm{J\,kg^{-1}\,K^{-1}}", {"joule": 1, "kilogram": -1, "kelvin": -1}),
        ("kg*m/s", {"kilogram": 1, "meter": 1, "second": -1}),
        ("square metres", {"meter": 2}),
        ("1/s", {"second": -1}),
        (r"k\Omega", {"kiloohm": 1}),
        (r"\mu\text{m}", {"micrometer": 1}),
        (r"^\circ\text{C}", {"degree_Celsius": 1}),
        ("ms^{-1}", {"millisecond": -1}),
        ("min", {"minute": 1}),
        ("cd", {"candela": 1}),
        ("m^(1/2)", {"meter": Fraction(1, 2)}),
        ("m/m", {}),
    ],
)
def test_reads(text: str, unit: dict[str, Fraction]) -> None:
    assert read_unit(plain(text)) == unit


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "J/kg K",
            "J/kg*K",
            "furlong",
            "m^",
            "m^99",
            "m^x",
            "(m",
            "m)",
            "m//s",
            "5",
            "m 5",
            "km^30*km^30",
        ),
        *("m" * 500, "(" * 40 + "m" + ")" * 40, "__import__", "m^(1/0)", "m\x00"),
    ],
)
def test_refuses(text: str) -> None:
    with pytest.raises(UnreadableError):
        read_unit(text)


def test_every_spelling_has_a_worth() -> None:
    for spelling, unit in SPELLINGS.items():
        assert worth(unit).factor > 0, spelling


@pytest.mark.parametrize(
    ("spelling", "factor"),
    [
        ("km", Fraction(1000)),
        ("mL", Fraction(1, 10**6)),
        ("kWh", Fraction(3_600_000)),
        ("atm", Fraction(101_325)),
        ("inch", Fraction(254, 10_000)),
        ("ha", Fraction(10_000)),
        ("Pa", Fraction(1)),
        ("ms", Fraction(1, 1000)),
        ("eV", Fraction(1_602_176_634, 10**28)),
        ("cal", Fraction(4184, 1000)),
        ("yr", Fraction(31_557_600)),
    ],
)
def test_worth_by_hand(spelling: str, factor: Fraction) -> None:
    assert worth(read_unit(spelling)).factor == factor
