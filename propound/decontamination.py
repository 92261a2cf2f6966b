"""Benchmarks and what of them may not come up in a dataset.

Of a benchmark only hashes are kept: of every run of eight words of each of its rows. A problem is contaminated
when it shares at least half of the runs that it or the row has, whichever has fewer: a stock phrase is no overlap,
a copied question is one, with another number or inside a longer text, too. A row of fewer than eight words must
be the whole problem.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from propound.errors import PropoundError
from propound.words import runs, words

GRAM = 8
"""Words of a run. Stock phrases of problems are rarely longer, and a changed number spoils eight runs at most."""

MAX_ROWS = 200_000
MAX_ROW = 50_000
"""Longest row, in characters."""

FIELDS = ("question", "problem", "statement", "prompt", "text", "input", "instruction")
"""Where a row's text is looked for, in this order, unless a field is named."""


class Layout(StrEnum):
    """How a benchmark file is written."""

    JSONL = "jsonl"
    """One JSON object a line; one of its fields is the text."""
    LINES = "lines"
    """One text a line."""


class BenchmarkRow(NamedTuple):
    """A row that has words."""

    number: int
    """Its line in the file, from 1."""
    grams: list[int]


class BenchmarkFileError(PropoundError):
    """A benchmark file that cannot be read."""

    def __init__(self, detail: str, line: int = 0) -> None:
        super().__init__(f"line {line}: {detail}" if line else detail)
        self.line = line
        """The line that is wrong, from 1; 0 for the file as a whole."""


def grams(text: str) -> list[int]:
    """Numbers of 64 bits, sorted: one for each run of `GRAM` words; a shorter text is one run."""
    return sorted(_number(run) for run in runs(words(text), GRAM))


def is_contaminated(shared: int, problem: int, row: int) -> bool:
    """Whether so many shared runs are too many for a problem and a row with these numbers of runs."""
    return shared > 0 and 2 * shared >= min(problem, row)


def read_rows(lines: Iterable[bytes], layout: Layout, field: str | None = None) -> Iterator[BenchmarkRow]:
    """The rows of a file, read as they are asked for; lines without a word are passed over.

    Args:
        lines: the file's lines.
        layout: how they are written.
        field: the field of a JSON object that holds the text; None for the first of `FIELDS` that is there.

    Raises:
        BenchmarkFileError: a line is not what it should be, or there are too many, or none with a word.
    """
    found = 0
    for number, line in enumerate(lines, start=1):
        if len(line) > 4 * MAX_ROW:
            raise BenchmarkFileError(f"longer than {4 * MAX_ROW} bytes", number)
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise BenchmarkFileError("not UTF-8", number) from None
        if layout is Layout.JSONL and text.strip():
            text = _text_of(text, field, number)
        if len(text) > MAX_ROW:
            raise BenchmarkFileError(f"longer than {MAX_ROW} characters", number)
        made = grams(text)
        if made:
            found += 1
            if found > MAX_ROWS:
                raise BenchmarkFileError(f"more than {MAX_ROWS} rows", number)
            yield BenchmarkRow(number, made)
    if not found:
        raise BenchmarkFileError("no row holds a word")


def _text_of(line: str, field: str | None, number: int) -> str:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise BenchmarkFileError("not JSON", number) from None
    if not isinstance(row, dict):
        raise BenchmarkFileError("not a JSON object", number)
    for name in FIELDS if field is None else (field,):
        if isinstance(row.get(name), str):
            return str(row[name])
    wanted = "none of the fields " + ", ".join(FIELDS) if field is None else "not the field that was named"
    raise BenchmarkFileError(f"{wanted} holds a text", number)


def _number(run: str) -> int:
    return int.from_bytes(hashlib.blake2b(run.encode(), digest_size=8).digest(), signed=True)
