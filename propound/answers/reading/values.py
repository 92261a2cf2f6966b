"""Reads a text that should be one value: its name, its percent sign and its tree."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from propound.answers.errors import UnreadableError, side
from propound.answers.reading.notation import closing, offers_alternatives, plain, split_name
from propound.answers.reading.numerals import read_numeral
from propound.answers.reading.syntax import parse
from propound.answers.reading.tree import Apply, Node, Number

APPROXIMATELY = re.compile(r"\\(?:approx|simeq)(?![A-Za-z])")
_PERCENT = re.compile(r"%$|(?<![A-Za-z])(?:per ?cent|percentage|pct)$")
_UNITS = re.compile(r"(?<=[0-9)}]) (?:(?:square|cubic|sq\.?|cu\.?) )?units?(?: ?\^ ?\{? ?[23] ?\}?)?$")
"""A unit without a name adds nothing to a number."""


@dataclass(frozen=True, slots=True)
class Label:
    """What the words beside a number say it is a number of."""

    currency: str | None = None
    """Its code, in small letters."""
    unit: Mapping[str, Fraction] | None = None
    words: frozenset[str] = frozenset()
    """Without the endings of plurals."""

    def fits(self, other: Label) -> bool:
        """Whether both say the same, or share a word."""
        return self == other or bool(self.words & other.words)


@dataclass(frozen=True, slots=True)
class Value:
    """One side of a comparison of single values."""

    name: str | None
    """x in "x = 5"."""
    percent: bool
    tree: Node
    """Without the percent sign."""
    half_unit: Fraction | None
    """Half a unit in the last given place of a decimal; None for anything else."""
    label: Label | None = None

    @property
    def fraction_of_one(self) -> Node:
        """The tree with the percent sign in it."""
        return Apply("div", (self.tree, Number(Fraction(100)))) if self.percent else self.tree


class SeveralAnswersError(ValueError):
    """The answer names several values where one is asked."""


def read_value(text: str) -> Value:
    """The one value that `text` is. Raises `UnreadableError`."""
    name, written = split_name(plain(text))
    if written[:1] in {"{", "["} and closing(written) == len(written) - 1:
        raise UnreadableError("a list or a set of one value")
    written = _UNITS.sub("", written)
    number = _PERCENT.sub("", written)
    percent = number != written
    written = number.strip()
    numeral = read_numeral(written)
    if numeral is not None:
        return Value(name, percent, Number(numeral.value), numeral.half_unit)
    return Value(name, percent, parse(written), None)


def read_gold(text: str) -> Value:
    """`read_value`, for the gold answer; of "\\sqrt{2} ≈ 1.41" what is exact."""
    exactly, *rounded = APPROXIMATELY.split(plain(text))
    with side("gold answer"):
        if rounded and re.search("[0-9]|\\\\pi", exactly):
            return read_value(exactly)
        return read_value(text)


def read_answer(text: str) -> Value:
    """`read_value`, for an answer; raises `SeveralAnswersError` for "5 or 6", "5, 6" and "±5"."""
    with side("answer"):
        if text.lstrip(" $").startswith("~"):
            raise UnreadableError("a value that is about right")
        try:
            return read_value(text)
        except UnreadableError:
            if offers_alternatives(plain(text)):
                raise SeveralAnswersError from None
            raise
