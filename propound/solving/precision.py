"""How a statement asks for a rounded number: to so many decimals, or so many significant figures."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from fractions import Fraction

_WORDS = (
    "zero no null",
    "one a an ein eine einer un une uno una um uma",
    "two zwei deux dos due duas dois",
    "three drei trois tres tre três",
    "four vier quatre cuatro quattro quatro",
    "five fünf cinq cinco cinque",
    "six sechs seis sei",
)
_COUNTS = {word: number for number, words in enumerate(_WORDS) for word in words.split()}
_COUNT = r"(?P<count>\d{1,2}|" + "|".join(sorted(_COUNTS, key=len, reverse=True)) + r")"
_DECIMALS = re.compile(
    rf"\b{_COUNT}[ -](?:decimals?\b|decimal[ -](?:places?|digits?|points?)|places? (?:of|after the) "
    rf"decimals?|digits? after the (?:decimal )?(?:point|comma)"
    r"|d\.?p\.?\b|Nachkommastellen?|Dezimalstellen?|décimales?|chiffres? après la virgule|decimales?\b"
    r"|cifras? decimales|cifre decimali"
    r"|casas? decimais)",
    re.IGNORECASE,
)
_FIGURES = re.compile(
    rf"\b{_COUNT}[ -](?:significant[ -](?:figures?|digits?)|sig\.? ?figs?\.?|s\.?f\.?\b|figures?\b|gültige "
    rf"Ziffern|signifikante Stellen|chiffres? significatifs?"
    r"|cifras? significativas?|cifre significative|algarismos significativos)",
    re.IGNORECASE,
)
_CHINESE = re.compile(r"(?:保留|精确到)(?:小数点后)?([一二三四五六两\d])位(?:小数|有效数字)?")
_CHINESE_COUNTS = {sign: number for number, sign in enumerate("零一二三四五六")} | {"两": 2}
_NEAREST = re.compile(
    r"\bnearest[ -](?:(?P<one>whole|integer|unit|full|dollar|euro|pound|degree|percent|per cent|second"
        r"|minute|hour|day|year|meter|metre|gram|kilogram|kilometer|liter|litre"
    r"|joule|newton|watt|volt|ohm|kelvin|cm|mm|km|kg|g|m|s|J|N|W|K|Hz|centimeter|millimeter|mile|foot|inch"
        r"|number|person|unit|point|%)"
    r"|(?P<place>tenths?|hundredths?|thousandths?|ten[ -]thousandths?|cents?\b|penny)|(?P<tens>ten|hundred"
        r"|thousand|million)\b|(?P<literal>0?\.\d{1,6})|(?P<power>10{0,6})\b)",
    re.IGNORECASE,
)  # fmt: skip
_PLACES = {
    "tenth": 1,
    "hundredth": 2,
    "thousandth": 3,
    "ten-thousandth": 4,
    "ten thousandth": 4,
    "cent": 2,
    "penny": 2,
}
_TENS = {"ten": -1, "hundred": -2, "thousand": -3, "million": -6}
_WHOLE = re.compile(
    r"\bround(?:ed)?(?: (?:up|down|off))? to (?:the |a |an )?(?:whole|integer)|\bto (?:the|a) whole "
    r"(?:number|percent)|als ganze Zahl gerundet"
    r"|auf (?:eine )?ganze Zahl|à l['’]unité|al entero más cercano",
    re.IGNORECASE,
)
_NAMED_PLACES = (
    (re.compile(r"au dixième|a la décima|auf Zehntel", re.IGNORECASE), 1),
    (re.compile(r"au centième|a la centésima|auf Hundertstel|au centime", re.IGNORECASE), 2),
)


@dataclass(frozen=True, slots=True)
class Precision:
    """One of the two: decimals after the point (negative: zeros before it), or significant figures."""

    places: int | None = None
    figures: int | None = None

    def shown(self, value: Fraction) -> str:
        """The value rounded, half away from zero, with all the digits that are asked for."""
        places = self.places if self.places is not None else self._places_of_figures(value)
        with localcontext(Context(prec=400)):
            decimal = Decimal(value.numerator) / Decimal(value.denominator)
            rounded = decimal.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
            power = rounded.adjusted()
            if self.figures is not None and rounded and not -5 < power < 7:
                mantissa = rounded.scaleb(-power)
                return f"{mantissa:.{self.figures - 1}f}e{power}"
            return f"{rounded or abs(rounded):f}"

    def half_unit(self, value: Fraction) -> Fraction:
        """Half a unit in the last place that is asked for."""
        places = self.places if self.places is not None else self._places_of_figures(value)
        return Fraction(10) ** -places / 2

    def _places_of_figures(self, value: Fraction) -> int:
        assert self.figures is not None
        if not value:
            return self.figures - 1
        size = abs(value)
        power = math.floor(_log10(size))
        power += (size >= Fraction(10) ** (power + 1)) - (size < Fraction(10) ** power)
        return self.figures - 1 - power


def _log10(size: Fraction) -> float:
    return math.log10(size.numerator) - math.log10(size.denominator)


def precision_of(statement: str) -> Precision | None:
    """What the statement asks for; the last place that says it counts. None where nothing is said."""
    found = [
        *((match, Precision(places=_count(match["count"]))) for match in _DECIMALS.finditer(statement)),
        *(
            (match, Precision(figures=max(1, _count(match["count"]))))
            for match in _FIGURES.finditer(statement)
        ),
        *((match, _in_chinese(match)) for match in _CHINESE.finditer(statement)),
        *((match, _nearest(match)) for match in _NEAREST.finditer(statement)),
        *((match, Precision(places=0)) for match in _WHOLE.finditer(statement)),
        *(
            (match, Precision(places=places))
            for pattern, places in _NAMED_PLACES
            for match in pattern.finditer(statement)
        ),
    ]
    return max(found, key=lambda one: one[0].start())[1] if found else None


def _count(text: str) -> int:
    return min(int(text), 30) if text.isdigit() else _COUNTS[text.casefold()]


def _in_chinese(match: re.Match[str]) -> Precision:
    count = int(match[1]) if match[1].isdigit() else _CHINESE_COUNTS[match[1]]
    return Precision(figures=max(1, count)) if "有效" in match[0] else Precision(places=count)


def _nearest(match: re.Match[str]) -> Precision:
    if match["one"]:
        return Precision(places=0)
    if match["place"]:
        return Precision(places=_PLACES[re.sub("s$", "", match["place"].casefold())])
    if match["tens"]:
        return Precision(places=_TENS[match["tens"].casefold()])
    if match["literal"]:
        digits = match["literal"].partition(".")[2]
        return Precision(places=len(digits.rstrip("0")) or len(digits))
    return Precision(places=1 - len(match["power"]))
