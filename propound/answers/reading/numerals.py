"""Literal numbers, read exactly and with the precision that they state."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from propound.answers.errors import UnreadableError
from propound.answers.limits import MAX_DECIMAL_EXPONENT
from propound.answers.reading.notation import join_thousands
from propound.answers.reading.spelled import SCALES, read_spelled

_DECIMAL = re.compile(
    r"([+-]?) ?(?:([0-9]+|[0-9]{1,3}(?: [0-9]{3})+)(?:\.([0-9]*))?|\.([0-9]+))"
    r"(?:[eE]([+-]?[0-9]{1,6})"
    r"| ?\* ?10 ?\^ ?(?:\{ ?([+-]?[0-9]{1,6}) ?\}|\( ?([+-]?[0-9]{1,6}) ?\)|([+-]?[0-9]{1,6})))?"
)
_REPEATING = re.compile(r"([+-]?) ?([0-9]*)\.(?:([0-9]*)\\overline ?\{([0-9]+)\}|\(([0-9]+)\))")
_RATIO = re.compile(r"([+-]?) ?([0-9]+) ?/ ?([0-9]+)")
_LATEX_RATIO = re.compile(r"([+-]?) ?\\frac ?(?:\{ ?(-?[0-9]+) ?\}|([0-9])) ?(?:\{ ?([0-9]+) ?\}|([0-9]))")
_MIXED = re.compile(
    r"([+-]?) ?([0-9]+)"
    r"(?: ?\\frac ?(?:\{ ?([0-9]+) ?\}|([0-9])) ?(?:\{ ?([0-9]+) ?\}|([0-9]))| ([0-9]+) ?/ ?([0-9]+))"
)
_SCALED = re.compile(r"(.*[0-9]) ?(thousand|million|billion|trillion)", re.IGNORECASE)
_PRECISE_INTEGER = 4
"""Digits from which an integer counts as rounded to its last place, where its kind allows for that at all."""


@dataclass(frozen=True, slots=True)
class Numeral:
    """A literal number."""

    value: Fraction
    half_unit: Fraction | None
    """Half a unit in the last given place; None for what states no precision: a ratio, one digit, a short integer."""
    half_place: Fraction | None = None
    """The same for every decimal, whether it states a precision or not."""


def read_numeral(text: str) -> Numeral | None:
    """The number that all of `text` (in plain notation) is: 12, -1,234, 0.50, 1.5e3, \\frac{3}{4}, 1 1/2, five.

    None where it is no literal. Raises `UnreadableError` for a denominator 0 and an exponent over the limit.
    """
    text = join_thousands(text)
    spelled = read_spelled(text)
    if spelled is not None:
        return Numeral(spelled, None)
    scaled = _SCALED.fullmatch(text)
    if scaled:
        number = _DECIMAL.fullmatch(scaled[1])
        return _scaled(_decimal(number), SCALES[scaled[2].lower()]) if number else None
    decimal = _DECIMAL.fullmatch(text)
    if decimal:
        return _decimal(decimal)
    repeating = _REPEATING.fullmatch(text)
    if repeating:
        return _repeating(repeating)
    for pattern in (_RATIO, _LATEX_RATIO):
        ratio = pattern.fullmatch(text)
        if ratio:
            sign, top, bottom = (part for part in (ratio[1] or "+", *ratio.groups()[1:]) if part)
            return Numeral(_signed(sign, _ratio(int(top), int(bottom))), None)
    mixed = _MIXED.fullmatch(text)
    if mixed:
        sign, whole, top, bottom = (part for part in (mixed[1] or "+", *mixed.groups()[1:]) if part)
        if int(top) < int(bottom):
            return Numeral(_signed(sign, int(whole) + _ratio(int(top), int(bottom))), None)
    return None


def _decimal(found: re.Match[str]) -> Numeral:
    sign, whole, places, only_places, *exponents = found.groups()
    places = places or only_places or ""
    digits = (whole or "").replace(" ", "") + places
    exponent = next((int(one) for one in exponents if one), 0)
    if abs(exponent) > MAX_DECIMAL_EXPONENT:
        raise UnreadableError("the exponent is over the limit")
    unit = Fraction(10) ** (exponent - len(places))
    figures = len(digits.lstrip("0"))
    precise = figures >= _PRECISE_INTEGER or (figures > 1 and (places or exponent))
    return Numeral(_signed(sign, int(digits) * unit), unit / 2 if precise else None, unit / 2)


def _scaled(number: Numeral, scale: int) -> Numeral:
    half_unit, half_place = (half and half * scale for half in (number.half_unit, number.half_place))
    return Numeral(number.value * scale, half_unit, half_place)


def _repeating(found: re.Match[str]) -> Numeral:
    sign, whole, start, period, only_period = found.groups(default="")
    period = period or only_period
    scale = 10 ** len(start)
    tail = Fraction(int(period), (10 ** len(period) - 1) * scale)
    return Numeral(_signed(sign, Fraction(int(whole + start or "0"), scale) + tail), None)


def _ratio(top: int, bottom: int) -> Fraction:
    if bottom == 0:
        raise UnreadableError("division by zero")
    return Fraction(top, bottom)


def _signed(sign: str, value: Fraction) -> Fraction:
    return -value if sign == "-" else value
