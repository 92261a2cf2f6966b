"""Many spellings of one answer, and what must not pass for it: `variants.jsonl`, a line per gold answer.

A line has the gold answer, its kind (or none, to be inferred), and the answers that are equal, not equal, undecided.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from propound.answers import AnswerKind, compare

RESULTS = ("equal", "not_equal", "undecided")
ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in Path(__file__).with_name("variants.jsonl").read_text("utf-8").splitlines()
]


def label(row: dict[str, Any]) -> str:
    """A short printable name of a row."""
    return f"{row.get('kind', 'inferred')}: {ascii(row['gold'])[:40]}"


@pytest.mark.parametrize("row", ROWS, ids=label)
def test_variants(row: dict[str, Any]) -> None:
    kind = AnswerKind(row["kind"]) if "kind" in row else None
    expected = {answer: result for result in RESULTS for answer in row.get(result, ())}
    assert {
        answer: compare(gold=row["gold"], answer=answer, kind=kind).result for answer in expected
    } == expected
