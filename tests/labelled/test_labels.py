"""The labelled set: each label stands up to a second working-out, and the set is what it claims to be."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from propound.domain import Domain
from propound.sandbox import open_sandbox
from propound.verification.labelled import DETERMINED, Label, LabelledError, read_labelled
from tests.labelled.work_out import HERE, faults

ROWS = read_labelled(HERE)


def test_every_label_stands_up_to_a_second_working_out() -> None:
    assert faults(ROWS, open_sandbox()) == []


def test_a_wrong_label_does_not_stand_up() -> None:
    right = next(row for row in ROWS if row.label is Label.RIGHT and row.coding is None)
    wrong = next(row for row in ROWS if row.label is Label.WRONG_ANSWER and row.coding is None)
    vague = next(row for row in ROWS if row.label is Label.AMBIGUOUS and row.coding is None)
    program = next(row for row in ROWS if row.label is Label.WRONG_ANSWER and row.coding is not None)
    for row, label in (
        (right, Label.WRONG_ANSWER),
        (right, Label.AMBIGUOUS),
        (right, Label.UNSOLVABLE),
        (wrong, Label.RIGHT),
        (vague, Label.RIGHT),
        (program, Label.RIGHT),
    ):
        assert faults([row.model_copy(update={"label": label})], open_sandbox())
    assert faults([right.model_copy(update={"truth": "123456789"})], open_sandbox())


def test_hand_made_ones_cover_all_domains_and_every_label() -> None:
    hand = [row for row in ROWS if row.source == "hand"]
    assert len(hand) >= 120
    assert {row.label for row in hand} == set(Label)
    assert {row.domain for row in hand} == set(Domain)
    assert 0.35 <= sum(row.is_right for row in hand) / len(hand) <= 0.55
    for domain in Domain:
        labels = Counter(row.label for row in hand if row.domain is domain)
        assert labels[Label.RIGHT] >= 15
        assert labels.total() - labels[Label.RIGHT] >= 15


def test_a_truth_is_said_where_there_is_one() -> None:
    for row in ROWS:
        assert (row.truth is not None) == (row.label in DETERMINED and row.coding is None), row.id


@pytest.mark.parametrize("text", ["{}\n", "no json\n", ""])
def test_a_set_that_cannot_be_read_is_told_with_its_place(tmp_path: Path, text: str) -> None:
    (tmp_path / "some.jsonl").write_text(text)
    with pytest.raises(LabelledError, match=r"line 1|holds no labelled"):
        read_labelled(tmp_path)


def test_an_id_stands_once(tmp_path: Path) -> None:
    line = ROWS[0].model_dump_json() + "\n"
    (tmp_path / "some.jsonl").write_text(line * 2)
    with pytest.raises(LabelledError, match=r"line 2: .* twice"):
        read_labelled(tmp_path)
