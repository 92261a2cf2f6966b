"""Reads a number with its unit: 5 cm, 3 hours 20 minutes, 9.8\\,m/s^2."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from propound.answers.doubt import HEDGED
from propound.answers.errors import UnreadableError
from propound.answers.reading.alphabet import pairs
from propound.answers.reading.notation import check_depth, plain, split_name, without_about
from propound.answers.reading.numerals import read_numeral
from propound.answers.reading.spelled import read_spelled
from propound.answers.reading.syntax import parse
from propound.answers.reading.tree import Node, Number, names
from propound.answers.reading.units import SPELLINGS, read_unit

_NUMBER = re.compile(
    r"(?:[-+0-9.,/*^(){}! ]|\\(?:frac|sqrt|surd|pi|overline)(?![A-Za-z])|(?<=[0-9.])[eE](?=[+-]?[0-9]))*"
)
_MOST_CUTS = 24
_TAIL = re.compile(
    r"(?<=[A-Za-z0-9°%})]) (?:long|tall|high|wide|deep|thick|away|apart|old|heavy|fast|of|in (?:length|height|width"
    r"|depth|diameter|total|all)|total|altogether|each)(?![A-Za-z])[A-Za-z ,]*$"
)
"""What may follow a unit without a meaning of its own: 5 cm long, 5 g of salt."""

_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]+)\.?(?: ?,? ?and |, ?| |(?=[0-9])|$)")
_MOST_PARTS = 5
_SHORT = pairs("m=min s=sec")
"""What m and s are beside hours."""
_LADDERS: tuple[dict[str, int], ...] = (
    {"week": 604_800, "day": 86_400, "hour": 3_600, "minute": 60, "second": 1},
    {"mile": 63_360, "yard": 36, "foot": 12, "inch": 1},
    {"kilometer": 1_000_000, "meter": 1_000, "decimeter": 100, "centimeter": 10, "millimeter": 1},
    {"pound": 16, "ounce": 1},
    {"metric_ton": 1_000_000, "kilogram": 1_000, "gram": 1},
    {"liter": 1_000, "milliliter": 1},
)
"""Units that people write side by side, the larger one first, in the smallest of them."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and its unit."""

    name: str | None
    number: Node
    half_unit: Fraction | None
    half_place: Fraction | None
    unit: dict[str, Fraction] | None
    """None where no unit is written."""
    largest: tuple[Number, dict[str, Fraction]] | None = None
    """Of several units side by side (3 h 20 min, kept in minutes) the same in the first one."""


def read_quantity(text: str) -> Quantity:
    """The one number with its unit that `text` is. Raises `UnreadableError`."""
    name, written = split_name(plain(without_about(text)))
    try:
        return _read(name, written)
    except UnreadableError:
        found = _side_by_side(name, written) or _spelled(name, written)
        if found is not None:
            return found
        tail = _TAIL.search(written)
        if tail is None or HEDGED.search(tail[0]):
            raise
        return _side_by_side(name, written[: tail.start()]) or _read(name, written[: tail.start()])


def reads_as_quantity(text: str) -> bool:
    """Whether a text is a number and its unit, and not 2h or 5m^2, where the letter may be a variable."""
    found = read_quantity(text)
    if not found.unit or names(found.number):
        return False
    bare = plain(text)
    return (
        found.largest is not None
        or re.search(
            r"[0-9)}] [A-Za-zμΩÅ°/]|\\mu|\\Omega|[°%]|[A-Za-zμΩÅ]{2,}[^A-Za-z]*$|[a-zA-ZμΩ]/[a-zA-Z]", bare
        )
        is not None
    )


def _read(name: str | None, written: str) -> Quantity:
    """Splits at the longest start that is a number and leaves a unit."""
    check_depth(written)
    start = _NUMBER.match(written)
    end = start.end() if start else 0
    reason = "no number before the unit"
    for cut in range(end, max(0, end - _MOST_CUTS), -1):
        try:
            unit = _unit(written[cut:].strip())
            number = _number(written[:cut].strip())
        except UnreadableError as error:
            reason = str(error) if cut == end else reason
            continue
        return Quantity(name, *number, unit)
    raise UnreadableError(reason)


def _spelled(name: str | None, written: str) -> Quantity | None:
    """Five centimeters; None where the text begins with no number word."""
    words = written.split(" ")
    for cut in range(min(len(words) - 1, _MOST_PARTS), 0, -1):
        number = read_spelled(" ".join(words[:cut]))
        if number is not None:
            return Quantity(name, Number(number), None, None, read_unit(" ".join(words[cut:])))
    return None


def _side_by_side(name: str | None, written: str) -> Quantity | None:
    """3 h 20 min, 5 feet 6 inches, 2 weeks, 3 days and 4 hours: in the last unit, which is the smallest."""
    parts: list[tuple[Fraction, str]] = []
    position = 0
    while position < len(written):
        part = _PART.match(written, position)
        if part is None or len(parts) == _MOST_PARTS:
            return None
        is_after_hours = bool(parts) and parts[-1][1] in {"hour", "minute"}
        spelling = _SHORT.get(part[2], part[2]) if is_after_hours else part[2]
        unit = SPELLINGS.get(spelling, {})
        if len(unit) != 1:
            return None
        parts.append((Fraction(part[1]), next(iter(unit))))
        position = part.end()
    units = [unit for _, unit in parts]
    ladder = next((one for one in _LADDERS if one.keys() >= {*units}), None)
    if len(parts) < 2 or ladder is None:
        return None
    steps = [ladder[unit] for unit in units]
    if steps != sorted({*steps}, reverse=True):
        return None
    total = sum((number * step for (number, _), step in zip(parts, steps, strict=True)), Fraction(0))
    first, last = ({unit: Fraction(1)} for unit in (units[0], units[-1]))
    return Quantity(name, Number(total / steps[-1]), None, None, last, (Number(total / steps[0]), first))


def _unit(text: str) -> dict[str, Fraction] | None:
    if not text:
        return None
    return read_unit(f"1{text}" if text.startswith("/") else text.removeprefix("*"))


def _number(text: str) -> tuple[Node, Fraction | None, Fraction | None]:
    numeral = read_numeral(text)
    if numeral is not None:
        return Number(numeral.value), numeral.half_unit, numeral.half_place
    return parse(text), None, None
