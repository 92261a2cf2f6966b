"""Numbers that are spelled out: seven, minus twenty-one, two hundred and five, two thirds, one and a half."""

from __future__ import annotations

import re
from fractions import Fraction

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_UNITS = {word: value for value, word in enumerate(_SMALL.split())}
_TWENTIES = {word: 10 * value for value, word in enumerate(_TENS.split(), 2)}
_PARTS = {
    word: value
    for value, words in enumerate(
        ("half halves", "third thirds", "quarter quarters fourth fourths", "fifth fifths", "sixth sixths",
         "seventh sevenths", "eighth eighths", "ninth ninths", "tenth tenths"),
        2,
    )
    for word in words.split()
}  # fmt: skip
CARDINALS = frozenset([*_UNITS, *_TWENTIES, "hundred", *SCALES])
NUMBER_WORDS = (
    CARDINALS
    | _PARTS.keys()
    | {"hundreds", *(f"{word}s" for word in SCALES), "dozen", "dozens", "score", "scores"}
)
"""Words that are, or may change, a number."""
_MOST_WORDS = 24
_WORDS = re.compile(r"[A-Za-z]+(?:[ -]+[A-Za-z]+)*")


def read_spelled(text: str) -> Fraction | None:
    """The number that all of `text` spells, else None. Third and "a third" are none: 1/3, or the 3rd."""
    if not _WORDS.fullmatch(text):
        return None
    words = re.split("[ -]+", text.lower())
    if len(words) > _MOST_WORDS or words[-1] in {"minus", "negative"}:
        return None
    sign = -1 if words[0] in {"minus", "negative"} else 1
    value = _value(words[1:] if sign < 0 else words)
    return None if value is None else sign * value


def _value(words: list[str]) -> Fraction | None:
    if words == ["a"] or (words[0] == "a" and words[-1] in _PARTS and words[-1] not in {"half", "quarter"}):
        return None
    if words == ["half"]:
        return Fraction(1, 2)
    if words[-3:-1] == ["and", "a"] and words[-1] in {"half", "quarter"}:
        whole = _cardinal(words[:-3])
        return None if whole is None else whole + Fraction(1, _PARTS[words[-1]])
    if len(words) > 1 and words[-1] in _PARTS:
        top = _cardinal(words[:-1])
        # "twenty fifth" and "one hundred third" are ordinals.
        fits = top is not None and 0 < top < 20 and words[-1].endswith("s") == (top > 1)
        return Fraction(top, _PARTS[words[-1]]) if top is not None and fits else None
    if "point" in words:
        cut = words.index("point")
        whole, places = _cardinal(words[:cut]), [_UNITS.get(word, 10) for word in words[cut + 1 :]]
        if whole is None or not places or max(places) > 9:
            return None
        return whole + Fraction(int("".join(map(str, places))), 10 ** len(places))
    value = _cardinal(words)
    return None if value is None else Fraction(value)


def _cardinal(words: list[str]) -> int | None:
    """Groups below a thousand, each with a smaller scale than the one before."""
    total, last = 0, 10**15
    while words:
        cut = next((place for place, word in enumerate(words) if word in SCALES), len(words))
        scale = SCALES[words[cut]] if cut < len(words) else 1
        group = words[:cut]
        if total and group[:1] == ["and"]:
            group = group[1:]
        value = _below_a_thousand(group)
        if value is None or scale >= last:
            return None
        total, last, words = total + value * scale, scale, words[cut + 1 :]
        if scale == 1 or not words:
            return total
    return None


def _below_a_thousand(words: list[str]) -> int | None:
    hundreds = 0
    if words[1:2] == ["hundred"]:
        if words[0] != "a" and not 0 < _UNITS.get(words[0], 0) < 20:
            return None
        hundreds, words = _UNITS.get(words[0], 1), words[2:]
        if not words:
            return 100 * hundreds
        words = words[1:] if words[0] == "and" else words
    if words == ["a"]:
        return 1 if not hundreds else None
    match words:
        case [word] if word in _UNITS or word in _TWENTIES:
            small = _UNITS.get(word, 0) + _TWENTIES.get(word, 0)
        case [tens, word] if tens in _TWENTIES and 0 < _UNITS.get(word, 0) < 10:
            small = _TWENTIES[tens] + _UNITS[word]
        case _:
            return None
    return 100 * hundreds + small if small or not hundreds else None
