"""Which numbers stand in a statement, however they are written, so that a program's numbers can be looked for there.

Words, fractions, per cent, prefixes of units, separators of thousands, dates, times of the day and LaTeX count: a
number that a reader finds in the statement is found here. It is a test for what is missing, and generous on purpose.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from propound.answers.reading.notation import join_thousands, plain
from propound.answers.reading.spelled import CARDINALS, NUMBER_WORDS, read_spelled
from propound.answers.reading.units import SPELLINGS
from propound.solving.knowledge import ABROAD, SAYS

MAX_EXPONENT = 60
"""Largest exponent that is worked out; a larger power is no number of a statement."""
_CLOSE = Fraction(1, 10**6)
"""How far two numbers may be apart, relatively, and still be one: 0.333333 is 1/3."""

_LARGEST = Fraction(10**120)
_PARTS = (60, 3600, 24, 7, 1440, 86400, 12, Fraction(18, 5))
_FACTORS = tuple(
    {Fraction(10) ** power for power in range(-12, 13)}
    | {Fraction(part) for part in _PARTS}
    | {1 / Fraction(part) for part in _PARTS}
)
"""Powers of ten, and what parts hours, minutes and seconds: 5 km is 5000, 90 min is 1.5, and 36 km/h is 10."""

_TIME = re.compile(
    r"(?<![\d.:])([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?(?![\d:])(?: ?([ap])\.? ?m\b)?", re.IGNORECASE
)
_HOUR = re.compile(r"(?<![\d.:])(1[0-2]|0?[1-9]) ?(?:([ap])\.? ?m\b|o['’]clock)", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?P<whole>\d{1,3}(?:[.,]\d{3}){1,8}(?!\d)|\d{1,60})?(?P<places>[.,]\d{1,60})?"
    r"(?:(?P<e>[eE][+-]?\d{1,3}\b)| ?[*x×] ?10 ?\^ ?[{(]? ?(?P<ten>[+-]? ?\d{1,3}) ?[)}]?)?"
)
_RATIO = re.compile(r"(?<![\d.,/])(?:(\d{1,9}) +)?(\d{1,15}) ?/ ?(\d{1,15})(?![\d/])")
_LATEX_RATIO = re.compile(r"(\d{1,9})? ?\\frac ?(?:\{ ?(\d{1,15}) ?\}|(\d)) ?(?:\{ ?(\d{1,15}) ?\}|(\d))")
_POWER = re.compile(r"(?<![\d.,])(\d{1,15}(?:\.\d{1,15})?) ?(?:\^|\*\*) ?[{(]? ?([+-]?\d{1,3}) ?[)}]?")
_AFTER = re.compile(
    r" ?-?(?:(?P<percent>%|per ?cent\b|percentage|pct\b|Prozent|pour ?cent|por ciento|per cento)"
    r"|(?P<scale>thousand|million|billion|trillion|[kK](?![A-Za-z])|[mM]illion\w*|[mM]il\b|mille\b"
    r"|[tT]ausend\b)"
    r"|(?P<unit>[A-Za-zµμΩÅ°]+))"
)
_MONEY = "dollar dollars cent cents euro euros pound pounds pence rupee rupees yen yuan"
_CURRENCIES = frozenset(_MONEY.split())
_OTHERS = re.compile(
    r"\b(?:with|and) (?:the )?(?:other )?(\d{1,2}|[a-z]+)(?: of (?:his|her|their|my|our))?(?: other)? "
    r"(?:friend|brother|sister|colleague|cousin|adult|kid|child|classmate|other|people|person|guest"
    r"|roommate|neighbor)",
    re.IGNORECASE,
)
"""Henry and 3 of his friends are 4."""
_BEYOND = re.compile(
    r"\b(?:more|less|fewer|greater|larger|smaller|bigger|older|younger|higher|lower) than |\b(?:over|above"
    r"|below|under|exceed\w*|before|after) "
    r"|\b(?:between|from|at least|at most) |\bto $|[<>] ?$",
    re.IGNORECASE,
)
"""Before a number: where a search begins or ends one beside it."""
_PRICE = re.compile(r"\$ ?(\d{1,12}(?:,\d{3}){0,4}(?:\.\d{1,2})?)(?![\d.]*\d)")
"""A price in dollars, which a program may count in cents; a formula between dollar signs looks the same."""
_PHRASES = (
    *(
        (re.compile(rf"\bhalf a {scale}\b", re.IGNORECASE), (Fraction(value, 2),))
        for scale, value in (("hundred", 100), ("thousand", 1_000), ("million", 10**6), ("billion", 10**9))
    ),
    (re.compile(r"\bhalf(?: a|-a)?[ -]dozen\b", re.IGNORECASE), (Fraction(6),)),
    (re.compile(r"\bhalf(?: an)?[ -]hour\b", re.IGNORECASE), (Fraction(30), Fraction(1, 2))),
    (re.compile(r"\bhalf (?:of )?(?:a|the) year\b", re.IGNORECASE), (Fraction(6), Fraction(26))),
    (re.compile(r"\bquarter(?: of an)?[ -]hour\b", re.IGNORECASE), (Fraction(15),)),
    (re.compile(r"\b(?:an?|one) \w+ and a half\b", re.IGNORECASE), (Fraction(3, 2), Fraction(90))),
)
_SPACED = re.compile(r"(?<![\d.,])(\d{1,3}(?: \d{3}){1,5})(?![\d])")
_SCALES = {
    "thousand": 3,
    "million": 6,
    "billion": 9,
    "trillion": 12,
    "k": 3,
    "mil": 3,
    "mille": 3,
    "tausend": 3,
}
_WORD = re.compile(r"[^\W\d_]+")
_JOINED = re.compile(r"[A-Za-z]+(?:[ -]+[A-Za-z]+){0,9}")
_MOST_WORDS = 10

_CHINESE = {sign: value for value, sign in enumerate("零一二三四五六七八九十")} | {
    "两": 2,
    "兩": 2,
    "百": 100,
    "千": 1000,
    "半": 2,
}
_CHINESE_RUN = re.compile("[零一二三四五六七八九十百千两兩半]+")


@dataclass(frozen=True, slots=True)
class Stated:
    """A number at one place of a text."""

    value: Fraction
    written: str
    also: tuple[Fraction, ...] = ()
    """What else a reader may take from this place: 0.05, 1.05 and 0.95 from 5 %."""
    scalable: bool = False
    """It has a unit or a currency, so that a program may use it in another one."""
    spelled: bool = False
    """In words."""
    part: bool = False
    """Of another number at the same place: the 3 of 3/4."""


class Numbers:
    """The numbers of a text."""

    def __init__(self, text: str) -> None:
        self.found = stated(text)
        self._values: set[Fraction] = set()
        for one in self.found:
            self._values |= {abs(one.value), *map(abs, one.also)}
        for word in _WORD.findall(text.casefold()):
            self._values.update((*SAYS.get(word, ()), *ABROAD.get(word, ())))
        self._scalable = {abs(one.value) for one in self.found if one.scalable}
        self._sorted = sorted(map(float, self._values))

    def hold(self, value: Fraction) -> bool:
        """Whether a number stands in the text, whatever its sign, or in another unit of the same kind."""
        size = abs(value)
        if size in self._values or (size.denominator > 1 and self._has_near(size)):
            return True
        return bool(size and self._scalable) and any(size * factor in self._scalable for factor in _FACTORS)

    def _has_near(self, size: Fraction) -> bool:
        """0.333333 is 1/3; whole numbers are never rounded."""
        if size > _LARGEST:
            return False
        place = bisect_left(self._sorted, float(size * (1 - _CLOSE)))
        return place < len(self._sorted) and self._sorted[place] <= float(size * (1 + _CLOSE))


def stated(text: str) -> tuple[Stated, ...]:
    """The numbers of a text in order: those in digits, then those in words. Total."""
    shown = plain(text)
    prices = [Fraction(price.replace(",", "")) * 100 for price in _PRICE.findall(text)]
    phrases = [
        Stated(value, match[0], spelled=True)
        for pattern, values in _PHRASES
        for match in pattern.finditer(text)
        for value in values
    ]
    in_cents = [Stated(price, str(price), part=True) for price in prices]
    return (*_in_digits(shown), *_in_words(shown), *phrases, *in_cents)


@lru_cache(maxsize=64)
def numbers_of(text: str) -> Numbers:
    """The numbers of a text, kept for the last few texts."""
    return Numbers(text)


def _in_digits(text: str) -> Iterator[Stated]:
    yield from _composed(text)
    within = bytearray(len(text) + 1)
    for pattern in (_TIME, _HOUR, _RATIO, _LATEX_RATIO, _POWER, _SPACED):
        for match in pattern.finditer(text):
            within[match.start() : match.end()] = b"\1" * (match.end() - match.start())
    position = 0
    while position < len(text):
        literal = _NUMBER.match(text, position)
        if literal is None or not _is_number(literal, text):
            position += 1
            continue
        before = text[max(0, position - 16) : position]
        beyond = any(match.end() >= len(before) - 1 for match in _BEYOND.finditer(before))
        for one in _literal(literal, _AFTER.match(text, literal.end()), before[-2:]):
            also = (*one.also, one.value + 1, one.value - 1) if beyond else one.also
            yield replace(one, also=also, part=bool(within[position]))
        position = literal.end()


def _composed(text: str) -> Iterator[Stated]:
    """Times, ratios, powers, spaced thousands: what is written as several numbers and read as one."""
    for hours, minutes, seconds, half in _TIME.findall(text):
        yield _time(int(hours), int(minutes), int(seconds or 0), half)
    for hour, half in _HOUR.findall(text):
        yield _time(int(hour), 0, 0, half)
    for found in (*_RATIO.finditer(text), *_LATEX_RATIO.finditer(text)):
        parts = [part for part in found.groups() if part is not None]
        whole, top, bottom = ("0", *parts)[-3:]
        if int(bottom):
            ratio = Fraction(int(top), int(bottom))
            mixed = int(whole) + ratio
            yield Stated(
                mixed, found[0].strip(), (ratio, Fraction(bottom), 1 - ratio, 1 + ratio), scalable=True
            )
    for base, exponent in _POWER.findall(text):
        if abs(int(exponent)) <= MAX_EXPONENT and float(base) != 0:
            yield Stated(Fraction(base) ** int(exponent), f"{base}^{exponent}")
    for count in _OTHERS.findall(text):
        others = Fraction(count) if count.isdigit() else read_spelled(count)
        if others is not None:
            yield Stated(others, count, (others + 1,))
    for spaced in _SPACED.findall(text):
        yield Stated(Fraction(spaced.replace(" ", "")), spaced, scalable=True)


def _is_number(found: re.Match[str], text: str) -> bool:
    """Whether it has digits before its point, or is .5 and not the end of a word or of another number."""
    start = found.start()
    return bool(found["whole"]) or (bool(found["places"]) and (start == 0 or not text[start - 1].isalnum()))


def _literal(found: re.Match[str], after: re.Match[str] | None, before: str) -> Iterator[Stated]:
    whole, places = found["whole"] or "0", found["places"] or ""
    plainly = join_thousands(whole).replace(",", "").replace(".", "") if _is_grouped(whole) else whole
    mantissa = Fraction(f"{plainly}.{places[1:] or 0}")
    exponent = int((found["e"] or "e0")[1:]) + int((found["ten"] or "0").replace(" ", ""))
    if abs(exponent) > MAX_EXPONENT:
        return
    value = mantissa * Fraction(10) ** exponent
    also: list[Fraction] = [mantissa]
    if _is_grouped(whole) and "." in whole:
        also.append(Fraction(whole) if whole.count(".") == 1 and "," not in whole else value)
    if places.startswith(","):  # 3,5 is a decimal in some languages and two numbers in others
        also += [Fraction(plainly), Fraction(places[1:])]
    if "€" in before or "£" in before or (after is not None and after["unit"] in _CURRENCIES):
        also += [value * 100, value / 100]
    percent = after is not None and after["percent"] is not None
    if percent:
        part = value / 100
        also += [part, 1 + part, 1 - part, 100 + value, 100 - value]
    if after is not None and after["scale"]:
        scale = after["scale"].casefold()
        power = _SCALES.get(scale, 6 if scale.startswith("million") else 0)
        also.append(value * 10**power)
    unit = after is not None and after["unit"] in SPELLINGS
    yield Stated(value, found[0], tuple(also), scalable=unit)


def _is_grouped(whole: str) -> bool:
    return re.fullmatch(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*", whole) is not None


def _time(hours: int, minutes: int, seconds: int, half: str) -> Stated:
    """3:45 p.m. is 15:45, a quarter to four, and 225 minutes."""
    later = 12 if half.casefold() == "p" and hours < 12 else 0
    also = [hours, minutes, seconds, hours + 12, 60 - minutes]
    totals = [60 * (hour % 24) + minutes for hour in (hours, hours + later, hours + 12)]
    exact = [Fraction(60 * total + seconds, 3600) for total in totals]
    also += [*totals, *(60 * total + seconds for total in totals)]
    value = Fraction(3600 * (hours + later) + 60 * minutes + seconds, 3600)
    return Stated(value, f"{hours}:{minutes:02}", (*map(Fraction, also), *exact), scalable=True)


def _in_words(text: str) -> Iterator[Stated]:
    for run in _JOINED.finditer(text):
        words = re.split("[ -]+", run[0])
        place = 0
        while place < len(words):
            width = _longest(words, place)
            if width:
                spelled = " ".join(words[place : place + width])
                value = read_spelled(spelled)
                assert value is not None
                also = [value * 12] if words[place + width : place + width + 1] == ["dozen"] else []
                unit = words[place + width] if place + width < len(words) else ""
                yield Stated(value, spelled, tuple(also), scalable=unit in SPELLINGS, spelled=True)
            place += width or 1
    for run in _CHINESE_RUN.findall(text):
        singles = tuple(Fraction(_CHINESE[sign]) for sign in run)
        yield Stated(_chinese(run), run, (*singles, Fraction(1, 2)) if "半" in run else singles, spelled=True)


def _longest(words: list[str], place: int) -> int:
    """How many words from `place` on spell one number."""
    if words[place].lower() not in NUMBER_WORDS and words[place].lower() not in {"a", "half"}:
        return 0
    for width in range(min(_MOST_WORDS, len(words) - place), 0, -1):
        part = [word.lower() for word in words[place : place + width]]
        if part[-1] in NUMBER_WORDS and read_spelled(" ".join(part)) is not None:
            return width
        if width == 1 and part[0] in CARDINALS:
            return 1 if read_spelled(part[0]) is not None else 0
    return 0


def _chinese(run: str) -> Fraction:
    total, last = 0, 0
    for sign in run:
        value = _CHINESE[sign]
        if sign in "十百千":
            total, last = total + max(last, 1) * value, 0
        else:
            last = value
    return Fraction(total + last)
