"""A ledger in a file: found again after a stop, whole after a cut, and never taken for something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from propound.models.ledger_file import FileLedger, LedgerFileError
from tests.factories.requests import answered, failed


def test_what_was_answered_is_found_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "ledger.jsonl"
    first = FileLedger(path)
    first.record(answered("1", prompt_tokens=10))
    first.record(answered("1", prompt_tokens=99))
    first.record(failed("2"))
    again = FileLedger(path)
    assert again.secret == first.secret
    assert [each.model_dump_json() for each in again.entries] == [
        each.model_dump_json() for each in first.entries
    ]
    assert again.find("1") == first.find("1")
    assert again.find("2") is None
    assert again.spending().prompt_tokens == 10


def test_a_line_that_was_cut_off_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    FileLedger(path).record(answered("1"))
    FileLedger(path).record(answered("2"))
    path.write_bytes(path.read_bytes()[:-20])
    again = FileLedger(path)
    assert again.find("2") is None
    again.record(answered("2"))
    assert [entry.id for entry in FileLedger(path).entries] == ["1", "2"]


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    FileLedger(path)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["hello\n", "{}\n", '{"secret": "00"}\n{"id": 1}\n', "[1]\n", "\x00\n"])
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_text(text)
    with pytest.raises(LedgerFileError, match="is no ledger"):
        FileLedger(path)
