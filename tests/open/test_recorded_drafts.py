"""Stage 1 on drafts that a real model of 1.5 billion parameters wrote in one pass, each worked out by hand.

The rows of `drafts_1.5b.jsonl` (docs/lab/open-mode.md): id, domain, skills, submission, label, truth, why.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from propound.answers import Agreement, compare
from propound.domain import Domain
from propound.problem import Submission, Terms
from propound.sandbox import open_sandbox
from propound.solving.reference import examine_reference
from tests.factories.cards import card

ROWS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "drafts_1.5b.jsonl").read_text(encoding="utf-8").splitlines()
]
TERMS = Terms(cards=(card(),))


def test_what_is_right_passes_and_most_of_what_is_wrong_does_not() -> None:
    sandbox, passed = open_sandbox(), Counter[str]()
    for row in ROWS:
        submission = Submission.model_validate(row["submission"])
        assert submission.open is not None
        found = examine_reference(
            submission.statement,
            submission.open,
            submission.answer,
            TERMS,
            Domain(row["domain"]),
            sandbox,
            seed=1,
        )
        if found.fault is None:
            passed[row["label"]] += 1
            if row["label"] == "right":
                assert found.answer is not None
                assert compare(gold=row["truth"], answer=found.answer).result is Agreement.EQUAL
    assert len(ROWS) == 37
    assert passed["right"] == 4
    assert passed.total() - passed["right"] <= 13
