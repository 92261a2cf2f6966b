"""Reads sets of real numbers - brackets, unions, inequalities, points - into small trees of intervals.

Endpoints stay trees of numbers: which of them are the same is for the comparison to decide.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from propound.answers.errors import UnreadableError
from propound.answers.limits import MAX_ITEMS
from propound.answers.reading.notation import plain, split_top
from propound.answers.reading.numerals import read_numeral
from propound.answers.reading.syntax import parse
from propound.answers.reading.tree import Apply, Constant, Name, Node, Number, names

INFINITE = Constant("infinity")
MINUS_INFINITE = Apply("neg", (INFINITE,))


@dataclass(frozen=True, slots=True)
class Piece:
    """The numbers between two endpoints; a point is closed and has the same one twice."""

    low: Node
    high: Node
    closed_low: bool
    closed_high: bool


@dataclass(frozen=True, slots=True)
class Combined:
    """Regions joined by "or" (their union), "and" (what they share) or "without" (the first less the others)."""

    operation: str
    parts: tuple[Region, ...]


Region = Piece | Combined

REALS = Piece(MINUS_INFINITE, INFINITE, closed_low=False, closed_high=False)
NOTHING = Combined("or", ())

_WHOLES: dict[str, Region] = {
    **dict.fromkeys(("ℝ", "all real numbers", "all reals", "real numbers", "the real numbers"), REALS),
    **dict.fromkeys((r"\emptyset", "{}", r"\{\}", r"\{ \}", "empty set", "the empty set"), NOTHING),
    **dict.fromkeys(("no solution", "no solutions", "no real solution", "no real solutions"), NOTHING),
}
_MEMBER = re.compile(r"^([A-Za-z])\s*\\in(?![A-Za-z])\s*")
_BUILDER = re.compile(
    r"^\\?\{\s*([A-Za-z])\s*(?:\\in(?![A-Za-z])\s*ℝ\s*)?(?:[|:]|\\mid(?![A-Za-z]))([^{}]*?)\\?\}$"
)
_OR = re.compile(
    r"\\(?:cup|bigcup|lor|vee)(?![A-Za-z])|(?<![A-Za-z])(?:or|union)(?![A-Za-z])|(?<=[\])}\[])\s*[Uu]\s*(?=[\[({\\\]])"
)
_AND = re.compile(r"\\(?:land|wedge)(?![A-Za-z])|(?<![A-Za-z])and(?![A-Za-z])")
_MEET = re.compile(r"\\cap(?![A-Za-z])")
_WITHOUT = re.compile(r"\\(?:setminus|backslash)(?![A-Za-z])|(?<=ℝ)\s*[-\\]\s*(?=\\?\{)")
_RELATION = re.compile("([<>≤≥≠=])")
_INF = re.compile(r"(?<![A-Za-z\\])inf(?![A-Za-z])")
_MIRRORED = {"<": ">", ">": "<", "≤": "≥", "≥": "≤", "=": "=", "≠": "≠"}


def read_region(text: str) -> tuple[str | None, Region]:
    """The letter that is bounded, where one is written, and its values.

    (1, 2] \\cup {5}, x > 3, 1 ≤ x < 2, x ≠ 0, |x| < 2, {x | x > 1}, ℝ \\setminus {0}, ]1, 2[.
    """
    written = _INF.sub(r"\\infty", plain(text))
    reader = _Reader()
    member = _MEMBER.match(written)
    if member:
        reader.named(member[1])
        written = written[member.end() :]
    builder = _BUILDER.match(written)
    if builder:
        reader.named(builder[1])
        written = builder[2]
    region = reader.union(written)
    return next(iter(reader.letters), None), region


class _Reader:
    def __init__(self) -> None:
        self.letters: set[str] = set()
        self._pieces = 0

    def named(self, letter: str) -> None:
        self.letters.add(letter)
        if len(self.letters) > 1:
            raise UnreadableError("inequalities in several letters")

    def union(self, text: str) -> Region:
        return _combined("or", [self._meet(part) for part in _OR.split(text)])

    def _meet(self, text: str) -> Region:
        both = _AND.split(text)
        if len(both) > 1 and not all(_RELATION.search(part) for part in both):
            raise UnreadableError('ambiguous: intervals joined by "and"')
        parts = [inner for part in both for inner in _MEET.split(part)]
        return _combined("and", [self._difference(part) for part in parts])

    def _difference(self, text: str) -> Region:
        return _combined("without", [self._atom(part.strip()) for part in _WITHOUT.split(text)])

    def _atom(self, text: str) -> Region:
        self._pieces += 1
        if self._pieces > MAX_ITEMS:
            raise UnreadableError("too many intervals")
        if text.casefold() in _WHOLES or text in _WHOLES:
            return _WHOLES.get(text) or _WHOLES[text.casefold()]
        if _RELATION.search(text):
            return self._relations(text)
        if text[:1] + text[-1:] == "{}" or (text.startswith(r"\{") and text.endswith(r"\}")):
            inner = text.strip("\\{}").strip()
            return _combined("or", [_point(_number(part)) for part in split_top(inner)])
        if text[:1] in "([]" and text[-1:] in ")[]" and len(text) > 2:
            return _bracketed(text)
        raise UnreadableError("no interval")

    def _relations(self, text: str) -> Region:
        parts = split_top(text)
        if len(parts) == 1:
            return self._chain(text)
        if "≠" not in parts[0]:
            raise UnreadableError("ambiguous: inequalities parted by a comma")
        # In "x ≠ 1, 2" the letter stands once.
        lead = parts[0].split("≠")[0] + "≠"
        return _combined("and", [self._chain(part if "≠" in part else lead + part) for part in parts])

    def _chain(self, text: str) -> Region:
        terms = _RELATION.split(text)
        trees, signs = [_number(term) for term in terms[::2]], terms[1::2]
        if len(signs) == 1:
            if _letter(trees[0]) is None:
                trees, signs = trees[::-1], [_MIRRORED[signs[0]]]
            return self._bound(trees[0], signs[0], trees[1])
        if len(signs) != 2 or _letter(trees[1]) is None or {*signs} & {"=", "≠"}:
            raise UnreadableError("no inequality for one letter")
        if (signs[0] in "<≤") != (signs[1] in "<≤"):
            raise UnreadableError("inequalities in two directions")
        lower = self._bound(trees[1], _MIRRORED[signs[0]], trees[0])
        return Combined("and", (lower, self._bound(trees[1], signs[1], trees[2])))

    def _bound(self, bounded: Node, sign: str, value: Node) -> Region:
        letter = _letter(bounded)
        if letter is None or names(value):
            raise UnreadableError("no inequality for one letter")
        self.named(letter)
        closed = sign in "≤≥"
        if isinstance(bounded, Apply):
            return _absolute(sign, value)
        if sign in "=≠":
            point = _point(value)
            return point if sign == "=" else Combined("without", (REALS, point))
        if sign in "<≤":
            return Piece(MINUS_INFINITE, value, closed_low=False, closed_high=closed)
        return Piece(value, INFINITE, closed_low=closed, closed_high=False)


def _absolute(sign: str, value: Node) -> Region:
    """|x| < 2 and its kin, for a positive number."""
    if sign not in "<≤>≥" or not isinstance(value, Number) or value.value <= 0:
        raise UnreadableError("no bound of an absolute value")
    opposite = Number(-value.value)
    inside = Piece(opposite, value, closed_low=sign in "≤>", closed_high=sign in "≤>")
    return inside if sign in "<≤" else Combined("without", (REALS, inside))


def _bracketed(text: str) -> Piece:
    ends = split_top(text[1:-1])
    if len(ends) != 2:
        raise UnreadableError("no interval: not two ends")
    low, high = map(_number, ends)
    piece = Piece(low, high, closed_low=text[0] == "[", closed_high=text[-1] == "]")
    if (piece.closed_low and low == MINUS_INFINITE) or (piece.closed_high and high == INFINITE):
        raise UnreadableError("an interval closed at infinity")
    return piece


def _combined(operation: str, parts: list[Region]) -> Region:
    return parts[0] if len(parts) == 1 else Combined(operation, tuple(parts))


def _point(value: Node) -> Piece:
    return Piece(value, value, closed_low=True, closed_high=True)


def _letter(tree: Node) -> str | None:
    """x in "x" and in "|x|"."""
    if isinstance(tree, Apply) and tree.operation == "abs":
        tree = tree.operands[0]
    return tree.name if isinstance(tree, Name) else None


def _number(text: str) -> Node:
    numeral = read_numeral(text.strip())
    return Number(numeral.value) if numeral else parse(text.strip())
