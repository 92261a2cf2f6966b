"""Changes of a statement's text, each a pure function of the text and a random generator; all give None where they
find no place.

Nothing here knows whether a change matters: `propound.verification.canaries.making` makes sure that it does.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w]|\.\d)")
_LETTERS = ("k", "m", "t", "w", "h")
_ASKS = re.compile(
    r"\b(?:find|determine|compute|calculate|work out|what|give|state|print|prints|return|returns|output|looking for|"
    r"want to know|asked for|answer|result|round|express|write)\b",
    re.IGNORECASE,
)
"""Words of sentences that ask for something, or say in what form."""
_NEXT = re.compile(r" ([a-z]+)\b")
_FUNCTION_WORDS = (
    "and or is are was has have in on at to of by for from with without if when that which who as than more less "
    "places times points per it the a an"
)
_NO_NOUNS = frozenset(_FUNCTION_WORDS.split())


@dataclass(frozen=True)
class Place:
    """A number in a text."""

    start: int
    end: int
    number: str
    in_formula: bool
    """Whether it stands between dollar signs or backticks."""


def numbers(text: str) -> list[Place]:
    """The numbers of a text, in order."""
    return [
        Place(found.start(), found.end(), found.group(0), _in_formula(text, found.start()))
        for found in _NUMBER.finditer(text)
    ]


def _in_formula(text: str, position: int) -> bool:
    before = text[:position]
    return before.count("$") % 2 == 1 or before.count("`") % 2 == 1


def put(text: str, place: Place, words: str) -> str:
    """The text with other words in that place."""
    return text[: place.start] + words + text[place.end :]


def another(rng: random.Random, number: str) -> str:
    """Another number of the same look, not far away: how people misread or misprint one."""
    whole, point, places = number.partition(".")
    if point:
        moved = str(int(whole + places) + rng.choice((1, 2, 3, 5, 7, 20))).zfill(len(places) + 1)
        return f"{moved[: -len(places)]}.{moved[-len(places) :]}"
    value = int(whole)
    step = rng.choice((1, 1, 2, 3, 10) if value >= 20 else (1, 1, 2, 3))
    return str(value + step if value <= step or rng.random() < 0.6 else value - step)


def sentences(text: str) -> list[str]:
    """The sentences of a text; joined by spaces they are the text."""
    return re.split(r"(?<=[.?!]) (?=[A-Z])", text)


def without_letter(text: str, place: Place) -> str | None:
    """A letter, which is nowhere said to be anything, in place of the number."""
    letter = next(
        (each for each in _LETTERS if not re.search(rf"(?<![A-Za-z]){each}(?![A-Za-z])", text)), None
    )
    if letter is None:
        return None
    return put(text, place, letter if place.in_formula else f"${letter}$")


def without_value(text: str, place: Place) -> str | None:
    """Words in place of the number that say no value; None where no noun follows."""
    after = _NEXT.match(text, place.end)
    if place.in_formula or after is None or after.group(1) in _NO_NOUNS:
        return None
    return put(text, place, "some" if "." in place.number else "a certain number of")


def without_sentence(text: str, place: Place) -> str | None:
    """The text without the sentence in which the number stands; None where that sentence asks for something."""
    start = 0
    parts = sentences(text)
    for index, part in enumerate(parts):
        if start <= place.start < start + len(part):
            left = [*parts[:index], *parts[index + 1 :]]
            return None if _ASKS.search(part) or not any(map(_ASKS.search, left)) else " ".join(left)
        start += len(part) + 1
    return None


def either(text: str, place: Place, other: str) -> str | None:
    """The number or another one."""
    return None if place.in_formula else put(text, place, f"{place.number} or {other}")


def two_sources(text: str, place: Place, other: str) -> str | None:
    """The number, and another one that somebody else says."""
    return (
        None
        if place.in_formula
        else put(text, place, f"{place.number} (or {other}, as another source has it)")
    )


def twice_told(text: str, place: Place, other: str) -> str | None:
    """The sentence with the number, and once more with another one; None where it asks for something."""
    start = 0
    parts = sentences(text)
    for index, part in enumerate(parts):
        if start <= place.start < start + len(part):
            if _ASKS.search(part) or not re.match(r"(?:A|An|The|At|In|One|There|It) ", part):
                return None
            at = place.start - start
            again = part[:at] + other + part[at + len(place.number) :]
            again = f"All of this is certain: {again[0].lower()}{again[1:]}"
            return " ".join([*parts[: index + 1], again, *parts[index + 1 :]])
        start += len(part) + 1
    return None


def without_scale(text: str) -> str | None:
    """Temperatures in degrees of no scale; None where there is none in kelvins."""
    found = re.sub(r"(\d) K\b", r"\1 degrees", text)
    return found if found != text else None


def warmer(text: str) -> str:
    """What a text with temperatures in kelvins says where those were degrees Celsius: 273 K more."""
    return re.sub(r"\d+(?= K\b)", lambda found: str(int(found.group(0)) + 273), text)


def with_sentence(text: str, sentence: str, rng: random.Random) -> str:
    """The text with one more sentence, at its beginning or its end."""
    return f"{sentence} {text}" if rng.random() < 0.3 else f"{text} {sentence}"


def spelled(number: int) -> str:
    """An integer in English words.

    Raises:
        ValueError: its absolute value is a million or more.
    """
    if abs(number) >= 1_000_000:
        raise ValueError(f"{number} is too large to be spelled")
    if number < 0:
        return f"minus {spelled(-number)}"
    if number >= 1_000:
        rest = number % 1_000
        tail = f" {spelled(rest)}" if rest >= 100 else f" and {spelled(rest)}" if rest else ""
        return f"{spelled(number // 1_000)} thousand{tail}"
    if number >= 100:
        rest = number % 100
        return f"{_ONES[number // 100]} hundred" + (f" and {spelled(rest)}" if rest else "")
    if number >= 20:
        rest = number % 10
        return _TENS[number // 10] + (f"-{_ONES[rest]}" if rest else "")
    return _ONES[number]


_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TIES = "- - twenty thirty forty fifty sixty seventy eighty ninety"
_ONES, _TENS = _SMALL.split(), _TIES.split()


def in_random_order(places: Sequence[Place], rng: random.Random) -> Iterator[Place]:
    """The places, shuffled."""
    yield from rng.sample(places, len(places))
