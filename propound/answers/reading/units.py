"""Units of measurement: a fixed list of spellings and a strict grammar for their products and quotients.

What each unit is worth stands in pint; which names are known, and what `ms` or `min` mean, is decided here,
so that no guess at a prefix (`cd` as centi-day) can enter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from propound.answers.errors import UnreadableError
from propound.answers.limits import MAX_DEPTH
from propound.answers.reading.alphabet import pairs

Unit = Mapping[str, Fraction]
"""pint's unit names with their exponents; empty for a pure number."""

_PREFIXES = pairs(
    "f=femto p=pico n=nano μ=micro u=micro m=milli c=centi d=deci h=hecto k=kilo M=mega G=giga T=tera"
)
_PREFIXED = pairs(
    "m=meter g=gram s=second A=ampere K=kelvin mol=mole cd=candela Hz=hertz N=newton Pa=pascal J=joule W=watt "
    "C=coulomb V=volt F=farad Ω=ohm ohm=ohm S=siemens Wb=weber T=tesla H=henry lm=lumen lx=lux Bq=becquerel Gy=gray "
    "Sv=sievert L=liter l=liter eV=electron_volt bar=bar cal=calorie Wh=watt_hour M=molar rad=radian"
)
_WORDS = pairs(
    "meter=meter metre=meter gram=gram second=second ampere=ampere amp=ampere kelvin=kelvin mole=mole hertz=hertz "
    "newton=newton pascal=pascal joule=joule watt=watt coulomb=coulomb volt=volt farad=farad siemens=siemens "
    "weber=weber tesla=tesla henry=henry liter=liter litre=liter electronvolt=electron_volt calorie=calorie "
    "radian=radian"
)
_ALONE = pairs(
    "min=minute minute=minute h=hour hr=hour hrs=hour hour=hour d=day day=day days=day mins=minute "
    "week=week yr=year yrs=year year=year sec=second secs=second t=metric_ton tonne=metric_ton "
    "u=unified_atomic_mass_unit amu=unified_atomic_mass_unit Da=unified_atomic_mass_unit atm=atmosphere "
    "mmHg=mmHg torr=torr Torr=torr psi=pound_force_per_square_inch Å=angstrom angstrom=angstrom "
    "au=astronomical_unit AU=astronomical_unit ly=light_year ft=foot foot=foot feet=foot inch=inch "
    "inches=inch in=inch yd=yard yard=yard mi=mile mile=mile lb=pound lbs=pound pound=pound oz=ounce "
    "hp=horsepower ha=hectare hectare=hectare acre=acre gal=gallon gallon=gallon °=degree deg=degree "
    "degree=degree rev=turn revolution=turn turn=turn °C=degree_Celsius degC=degree_Celsius "
    "celsius=degree_Celsius °F=degree_Fahrenheit degF=degree_Fahrenheit fahrenheit=degree_Fahrenheit "
    "%=percent percent=percent ohms=ohm sr=steradian"
)
_COMPOUND = {
    "Nm": {"newton": 1, "meter": 1},
    "Ns": {"newton": 1, "second": 1},
    "Js": {"joule": 1, "second": 1},
    "Ah": {"ampere": 1, "hour": 1},
    "mAh": {"milliampere": 1, "hour": 1},
    "rpm": {"turn": 1, "minute": -1},
    "mph": {"mile": 1, "hour": -1},
    "cc": {"centimeter": 3},
    "kph": {"kilometer": 1, "hour": -1},
}


def _spellings() -> dict[str, dict[str, Fraction]]:
    found: dict[str, str] = {}
    for symbol, unit in _PREFIXED.items():
        found |= {prefix + symbol: name + unit for prefix, name in _PREFIXES.items()}
    found |= _PREFIXED
    for word, unit in _WORDS.items():
        for prefix in {"", *_PREFIXES.values()}:
            found[prefix + word] = found[f"{prefix}{word}s"] = prefix + unit
    for name, unit in _ALONE.items():
        found[name] = unit
        if len(name) > 3 and not name.endswith("s"):
            found[f"{name}s"] = unit
    known = {name: {unit: Fraction(1)} for name, unit in found.items()}
    return known | {
        name: {unit: Fraction(power) for unit, power in parts.items()} for name, parts in _COMPOUND.items()
    }


_LARGEST_POWER = 30

SPELLINGS = _spellings()
"""Every known spelling; what stands alone (`min`, `h`, `cd`) wins over a prefix (milli-inch)."""

_SCANNER = re.compile(
    r" ?(?:(?P<name>°[CF]?(?![A-Za-z])|[A-Za-zμΩÅ%]+)|(?P<number>[+-]?[0-9]+)|(?P<sign>\*\*|[*/^(){}]))"
)
_LATEX = (
    (re.compile(r"\\frac\s*\{((?:[^{}]|\{[^{}]*\})*)\}\s*\{((?:[^{}]|\{[^{}]*\})*)\}"), r"(\1)/(\2)"),
    (re.compile(r"\\[mM]u(?![A-Za-z])\s*"), "μ"),
    (re.compile(r"\\Omega(?![A-Za-z])\s*"), "Ω"),
    (re.compile(r"\{\}\s*°"), "°"),
    (re.compile(r"°\s+(?=[CF](?![A-Za-z]))"), "°"),
    (re.compile(r"\bdegrees?\s+(?=[Cc]elsius|[Ff]ahrenheit)"), ""),
    (re.compile(r"\b(?:degrees?|deg\.?)\s+(?=[CF](?![A-Za-z]))"), "°"),
    (re.compile(r"\b[Cc]elsius\b"), "celsius"),
    (re.compile(r"\b[Ff]ahrenheit\b"), "fahrenheit"),
    (re.compile(r"\belectron[ -](?=volts?\b)"), "electron"),
    (re.compile(r"\bper\b"), "/"),
    (
        re.compile(r"\b(square|sq\.?|cubic|cu\.?)\s+([A-Za-z]+)"),
        lambda found: found[2] + ("^2" if found[1].startswith("sq") else "^3"),
    ),
    (re.compile(r"\s+squared\b"), "^2"),
    (re.compile(r"\s+cubed\b"), "^3"),
)


def read_unit(text: str) -> dict[str, Fraction]:
    """The unit that `text` (in plain notation) spells: m/s^2, J/(kg K), kg*m/s, km h^{-1}.

    After a slash a product without parentheses (J/kg K) has two readings: `UnreadableError`.
    """
    for pattern, replacement in _LATEX:
        text = pattern.sub(replacement, text)
    return _Parser(_tokens(text.strip())).whole()


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    position = 0
    while position < len(text):
        match = _SCANNER.match(text, position)
        if match is None:
            raise UnreadableError("a sign outside the notation of units")
        found.append("^" if match["sign"] == "**" else match[0].strip())
        position = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._position = 0
        self._depth = 0

    def whole(self) -> dict[str, Fraction]:
        unit = self._product()
        if self._position < len(self._tokens):
            raise UnreadableError("text after the unit")
        return unit

    @property
    def _next(self) -> str:
        return self._tokens[self._position] if self._position < len(self._tokens) else ""

    def _skip(self, *signs: str) -> bool:
        found = self._next != "" and self._next in signs
        self._position += found
        return found

    def _product(self) -> dict[str, Fraction]:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise UnreadableError("nested too deeply")
        unit: dict[str, Fraction] = {}
        divided = False
        _add(unit, self._factor(), 1)
        while self._next not in {"", ")", "}"}:
            if self._skip("/"):
                divided = True
                _add(unit, self._factor(), -1)
                continue
            self._skip("*")
            if divided:
                raise UnreadableError("ambiguous: a unit after a slash, as in J/kg K")
            _add(unit, self._factor(), 1)
        self._depth -= 1
        return {name: power for name, power in unit.items() if power}

    def _factor(self) -> dict[str, Fraction]:
        closing = {"(": ")", "{": "}"}.get(self._next)
        if closing:
            self._position += 1
            unit = self._product()
            if not self._skip(closing):
                raise UnreadableError("a bracket is missing")
        elif self._position == 0 and self._skip("1"):
            unit = {}
        else:
            name = self._next
            self._position += 1
            if name not in SPELLINGS:
                raise UnreadableError("an unknown unit")
            unit = dict(SPELLINGS[name])
        power = self._exponent() if self._skip("^") else Fraction(1)
        raised: dict[str, Fraction] = {}
        _add(raised, unit, power)
        return raised

    def _exponent(self) -> Fraction:
        closing = {"(": ")", "{": "}"}.get(self._next)
        self._position += closing is not None
        top = self._integer()
        bottom = self._integer() if closing and self._skip("/") else 1
        if (closing and not self._skip(closing)) or not 0 < bottom < 10:
            raise UnreadableError("an exponent outside the notation of units")
        return Fraction(top, bottom)

    def _integer(self) -> int:
        text = self._next
        self._position += 1
        if not re.fullmatch(r"[+-]?[0-9]{1,3}", text):
            raise UnreadableError("an exponent outside the notation of units")
        return int(text)


def _add(unit: dict[str, Fraction], factor: Mapping[str, Fraction], times: Fraction | int) -> None:
    for name, power in factor.items():
        unit[name] = unit.get(name, Fraction(0)) + times * power
        if abs(unit[name]) > _LARGEST_POWER:
            raise UnreadableError("an exponent outside the notation of units")
