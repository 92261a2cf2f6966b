"""Parameter types: how each is written in a statement and read back, exactly.

Values are JSON: integers and lists of integers as they are, rationals and decimals as strings ("3/4",
"2.50"), polynomials as coefficient lists from the highest power down. Standard library only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

MAX_DIGITS = 40
"""Longest number that a statement may hold, in digits."""

_PATTERNS = {
    "integer": r"-?\d+",
    "decimal": r"-?\d+(?:\.\d+)?",
    "rational": r"-?\d+(?:/\d+)?",
    "integers": r"-?\d+(?:, -?\d+)*",
    "polynomial": r"-?[0-9x][0-9x^{}]*(?: [-+] [0-9x][0-9x^{}]*)*",
    "letter": r"[a-z]",
}
_COMPILED = {name: re.compile(pattern) for name, pattern in _PATTERNS.items()}
_TERM = re.compile(r"(-?\d*)(x?)(?:\^(?:(\d)|\{(\d\d)\}))?")


@dataclass(frozen=True)
class ParameterType:
    """A declared type: its name and, for `word(...)`, the words it allows."""

    name: str
    words: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> ParameterType:
        """From `integer`, `decimal`, `rational`, `integers`, `polynomial`, `letter`, `word(a/b/c)`, `ints`, `text`.

        `ints` and `text` are the list of integers and the string that a coding problem's function handles:
        always references, never written as values.

        Raises:
            ValueError: unknown type.
        """
        if text.startswith("word(") and text.endswith(")"):
            words = tuple(word.strip() for word in text[5:-1].split("/"))
            if not all(re.fullmatch(r"[A-Za-z][A-Za-z -]*", word) for word in words):
                raise ValueError(f"words are letters, spaces and hyphens: {text}")
            return cls("word", tuple(sorted(words, key=len, reverse=True)))
        if text in _PATTERNS or text in ("ints", "text"):
            return cls(text)
        raise ValueError(f"unknown parameter type {text!r}")

    def write(self, value: Any) -> str:
        """The value as a statement shows it."""
        if self.name == "integers":
            return ", ".join(str(int(item)) for item in value)
        if self.name == "polynomial":
            return write_polynomial(value)
        return str(value)

    def read(self, text: str, position: int) -> tuple[int, Any] | None:
        """The longest value that stands at `position`, as (end, value), if it is in the one canonical notation."""
        if self.name == "word":
            for word in self.words:
                if text.startswith(word, position):
                    return position + len(word), word
            return None
        pattern = _COMPILED.get(self.name)
        match = pattern.match(text, position) if pattern else None
        if match is None or len(match.group(0)) > 400:
            return None
        found = match.group(0)
        try:
            value = self.value(found)
        except (ValueError, ZeroDivisionError):
            return None
        if value is None or self.write(value) != found:
            return None
        return match.end(), value

    def value(self, found: str) -> Any:
        """The JSON value of a token, or None when it is out of bounds."""
        if any(len(digits) > MAX_DIGITS for digits in re.findall(r"\d+", found)):
            return None
        if self.name == "integer":
            return int(found)
        if self.name == "integers":
            return [int(item) for item in found.split(", ")]
        if self.name == "rational":
            return str(Fraction(found))
        if self.name == "polynomial":
            return read_polynomial(found)
        return found

    def accepts(self, value: Any) -> bool:
        """Whether `value` is a JSON value of this type in its canonical form (references are not values)."""
        if self.name == "integer":
            return (
                isinstance(value, int) and not isinstance(value, bool) and len(str(abs(value))) <= MAX_DIGITS
            )
        if self.name in ("integers", "polynomial"):
            return (
                isinstance(value, list)
                and 0 < len(value) <= 60
                and all(isinstance(item, int) and not isinstance(item, bool) for item in value)
                and self.read(self.write(value), 0) == (len(self.write(value)), value)
            )
        return isinstance(value, str) and self.read(value, 0) == (len(value), value)


def write_polynomial(coefficients: list[int]) -> str:
    """[3, 0, -1] -> "3x^2 - 1"; the zero polynomial is "0"."""
    terms: list[str] = []
    degree = len(coefficients) - 1
    for index, coefficient in enumerate(coefficients):
        power = degree - index
        if coefficient == 0:
            continue
        size = abs(coefficient)
        symbol = "" if power == 0 else "x" if power == 1 else f"x^{power}" if power < 10 else f"x^{{{power}}}"
        body = str(size) + symbol if size != 1 or power == 0 else symbol
        if not terms:
            terms.append(("-" if coefficient < 0 else "") + body)
        else:
            terms.append(("- " if coefficient < 0 else "+ ") + body)
    return " ".join(terms) or "0"


def read_polynomial(text: str) -> list[int]:
    """The coefficients, highest power first, of a polynomial in the notation of `write_polynomial`.

    Raises:
        ValueError: not such a polynomial.
    """
    found: dict[int, int] = {}
    for term in text.replace(" + ", " ").replace(" - ", " -").split(" "):
        match = _TERM.fullmatch(term)
        if match is None or not term:
            raise ValueError(f"not a term: {term!r}")
        digits, symbol, short, long = match.groups()
        power = 0 if not symbol else int(short or long or 1)
        coefficient = int(digits + "1" if digits in ("", "-") else digits)
        if power in found:
            raise ValueError("a power occurs twice")
        found[power] = coefficient
    degree = max(found)
    return [found.get(power, 0) for power in range(degree, -1, -1)]
