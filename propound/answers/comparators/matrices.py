"""Matrices: the same shape and, place by place, the same exact entries."""

from __future__ import annotations

import re
from fractions import Fraction

from propound.answers.agreement import Agreement, Finding, Terms, equal, not_equal
from propound.answers.algebra.decision import decide
from propound.answers.errors import UnreadableError, side
from propound.answers.limits import MAX_ITEMS
from propound.answers.reading.notation import check_depth, plain, split_name, split_top
from propound.answers.reading.numerals import read_numeral
from propound.answers.reading.syntax import parse
from propound.answers.reading.tree import Apply, Node, Number

Matrix = tuple[tuple[Node, ...], ...]

_LATEX = re.compile(
    r"(.*?)(?:\\left\s*)?[(\[]?\s*\\begin\s*\{((?:[pbB]|small)?matrix|array)\*?\}\s*(?:\{[lcr| ]*\})?"
    r"(.*?)\\end\s*\{\2\*?\}\s*(?:\\right\s*)?[)\]]?\s*",
    re.DOTALL,
)
_CALLED = re.compile(r"(?:sympy\.|np\.|numpy\.)?(?:[Mm]atrix|array)\s*\((.*)\)", re.DOTALL)


def compare_matrix(gold: str, answer: str, terms: Terms) -> Finding:
    r"""\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} is [[1, 2], [3, 4]] and [1 2; 3 4]; a row is no column."""
    with side("gold answer"):
        expected = read_matrix(gold)
    with side("answer"):
        given = read_matrix(answer)
    if (len(expected), len(expected[0])) != (len(given), len(given[0])):
        return not_equal("another shape")
    worst = equal("the same entries")
    for ours, theirs in zip(expected, given, strict=True):
        for one, other in zip(ours, theirs, strict=True):
            found = decide(one, other, terms.effort)
            if found.result is Agreement.NOT_EQUAL:
                return not_equal("another entry")
            worst = worst if found.result is Agreement.EQUAL else found
    return worst


def read_matrix(text: str) -> Matrix:
    """The matrix that all of `text` writes, after an optional name and factor. Raises `UnreadableError`."""
    found = _LATEX.fullmatch(text.strip().strip("$").strip())
    if found:
        factor = _factor(found[1])
        rows = [
            row.split("&")
            for row in re.split(r"\\\\(?:\[[^\]]*\])?|\\cr(?![a-z])|\\tabularnewline", found[3])
        ]
        if len(rows) > 1 and not "".join(rows[-1]).strip():
            rows.pop()
        return _scaled(_matrix(rows), factor)
    return _matrix(_bracketed(text))


def _factor(text: str) -> Node | None:
    written = split_name(plain(text))[1].removesuffix("*").strip()
    if not written:
        return None
    return Number(Fraction(-1)) if written == "-" else parse(written)


def _bracketed(text: str) -> list[list[str]]:
    """Rows of [[1, 2], [3, 4]], ((1, 2), (3, 4)) and [1 2; 3 4]."""
    written = split_name(plain(text))[1]
    called = _CALLED.fullmatch(written)
    written = called[1].strip() if called else written
    check_depth(written)
    if written[:1] + written[-1:] not in {"[]", "()"}:
        raise UnreadableError("no matrix")
    inner = written[1:-1].strip()
    if ";" in inner and "[" not in inner:
        return [split_top(row) if "," in row else row.split() for row in inner.split(";")]
    rows = split_top(inner)
    if not all(row[:1] + row[-1:] in {"[]", "()"} for row in rows):
        raise UnreadableError("no matrix: a single row of entries")
    return [split_top(row[1:-1]) for row in rows]


def _matrix(rows: list[list[str]]) -> Matrix:
    if len({len(row) for row in rows}) != 1 or sum(map(len, rows)) > MAX_ITEMS:
        raise UnreadableError("no matrix: rows of different lengths, or too many entries")
    return tuple(tuple(_entry(plain(cell)) for cell in row) for row in rows)


def _entry(text: str) -> Node:
    numeral = read_numeral(text)
    return Number(numeral.value) if numeral else parse(text)


def _scaled(matrix: Matrix, factor: Node | None) -> Matrix:
    if factor is None:
        return matrix
    return tuple(tuple(Apply("mul", (factor, cell)) for cell in row) for row in matrix)
