"""Sets of real numbers made of intervals and points, compared as sets and not as they are written."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from propound.answers.agreement import Agreement, Finding, Terms, equal, not_equal
from propound.answers.algebra.closeness import real
from propound.answers.algebra.decision import decide
from propound.answers.algebra.exact import exact
from propound.answers.errors import UnreadableError, side
from propound.answers.reading.regions import (
    INFINITE,
    MINUS_INFINITE,
    Piece,
    Region,
    read_region,
)
from propound.answers.reading.tree import Node, names

_NEAR = Fraction(1, 10**30)
"""Ends nearer than this, relative to their size, are proven the same or left undecided."""


def compare_interval(gold: str, answer: str, terms: Terms) -> Finding:
    """[1, 3] is 1 ≤ x ≤ 3 and [1, 2] ∪ [2, 3]; it is not (1, 3]. Ends are exact."""
    with side("gold answer"):
        letter, expected = read_region(gold)
    with side("answer"):
        other_letter, given = read_region(answer)
    if letter and other_letter and letter != other_letter:
        return not_equal("the answer bounds another variable")
    if isinstance(expected, Piece) and isinstance(given, Piece) and _has_letters(expected, given):
        return _same_ends(expected, given, terms)
    line = _Line(terms)
    for region in (expected, given):
        for piece in _pieces(region):
            line.place(piece.low)
            line.place(piece.high)
    same = line.cells(expected) == line.cells(given)
    return equal("the same numbers") if same else not_equal("other numbers")


def _pieces(region: Region) -> Iterator[Piece]:
    if isinstance(region, Piece):
        yield region
    else:
        for part in region.parts:
            yield from _pieces(part)


def _has_letters(*pieces: Piece) -> bool:
    return any(names(piece.low) | names(piece.high) for piece in pieces)


def _same_ends(gold: Piece, answer: Piece, terms: Terms) -> Finding:
    if (gold.closed_low, gold.closed_high) != (answer.closed_low, answer.closed_high):
        return not_equal("ends that belong to one side only")
    low = decide(gold.low, answer.low, terms.effort)
    high = decide(gold.high, answer.high, terms.effort)
    return low if high.result is Agreement.EQUAL or low.result is Agreement.NOT_EQUAL else high


class _Line:
    """The real line cut at all ends: cell 2i is the gap before the i-th end, cell 2i + 1 that end."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._ends: list[tuple[Fraction, Node]] = []

    def place(self, end: Node) -> None:
        """Adds an end to the line, unless it is on it."""
        if end not in (INFINITE, MINUS_INFINITE) and self._known(end) is None:
            self._ends.append((_value(end), end))
            self._ends.sort(key=lambda known: known[0])

    def cells(self, region: Region) -> frozenset[int]:
        """The cells that make up the region."""
        if isinstance(region, Piece):
            return self._between(region)
        parts = [self.cells(part) for part in region.parts]
        if region.operation == "or":
            return frozenset().union(*parts)
        return (
            parts[0].intersection(*parts[1:])
            if region.operation == "and"
            else parts[0].difference(*parts[1:])
        )

    def _between(self, piece: Piece) -> frozenset[int]:
        first = 0 if piece.low == MINUS_INFINITE else self._cell(piece.low) + (not piece.closed_low)
        last = (
            2 * len(self._ends)
            if piece.high == INFINITE
            else self._cell(piece.high) - (not piece.closed_high)
        )
        if first > last or piece.low == INFINITE or piece.high == MINUS_INFINITE:
            raise UnreadableError("an interval whose ends are in the wrong order")
        return frozenset(range(first, last + 1))

    def _cell(self, end: Node) -> int:
        at = self._known(end)
        assert at is not None
        return 2 * at + 1

    def _known(self, end: Node) -> int | None:
        value = _value(end)
        for at, (other, tree) in enumerate(self._ends):
            if abs(value - other) > _NEAR * max(abs(value), abs(other)):
                continue
            if exact(end) is not None and exact(tree) is not None:
                if value == other:
                    return at
                continue
            if decide(end, tree, self._terms.effort).result is Agreement.EQUAL:
                return at
            raise UnreadableError("ends that are neither proven the same nor told apart")
        return None


def _value(end: Node) -> Fraction:
    value = real(end)
    if value is None:
        raise UnreadableError("an end that is no real number")
    return value
