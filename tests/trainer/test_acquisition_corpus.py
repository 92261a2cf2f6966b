"""A corpus: what is read, and that nothing outside of it ever is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from trainer.acquisition import corpus, cutting
from trainer.acquisition.corpus import CorpusError, read_corpus
from trainer.acquisition.cutting import Piece, Refusal

LONGEST = 2_000
PASSAGE = "word " * 25


def pieces(folder: Path) -> dict[str, str]:
    return {piece.source: piece.text for piece in read_corpus(folder, LONGEST) if isinstance(piece, Piece)}


def refusals(folder: Path) -> dict[str, str]:
    return {
        piece.source: piece.reason for piece in read_corpus(folder, LONGEST) if isinstance(piece, Refusal)
    }


def test_files_are_read_in_the_order_of_their_paths(tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text(PASSAGE)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.txt").write_bytes(b"\xef\xbb\xbfa line\r\nanother\x0c" + PASSAGE.encode())
    (tmp_path / "ignored.pdf").write_bytes(b"%PDF")
    assert pieces(tmp_path) == {"b.md#1": PASSAGE.strip(), "a/x.txt#1": f"a line\nanother\n{PASSAGE.strip()}"}
    assert refusals(tmp_path) == {}


def test_nothing_outside_the_folder_is_read(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.md").write_text("secret")
    folder = tmp_path / "corpus"
    (folder / "deep").mkdir(parents=True)
    (folder / "link.md").symlink_to(outside / "secret.md")
    (folder / "deep" / "folder").symlink_to(outside)
    (folder / "dangling.txt").symlink_to(tmp_path / "nowhere")
    os.mkfifo(folder / "pipe.md")
    assert pieces(folder) == {}
    assert refusals(folder) == {
        "dangling.txt": "a link, which is not followed",
        "link.md": "a link, which is not followed",
        "deep/folder": "a link, which is not followed",
        "pipe.md": "no regular file",
    }
    (tmp_path / "to-corpus").symlink_to(folder)
    for wrong in (tmp_path / "to-corpus", tmp_path / "nowhere", outside / "secret.md"):
        with pytest.raises(CorpusError, match="is no folder"):
            list(read_corpus(wrong, LONGEST))


def test_what_is_no_text_or_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "MAX_FILE", 1_000)
    monkeypatch.setattr(cutting, "MAX_PIECES", 2)
    (tmp_path / "latin.txt").write_bytes("é".encode("latin-1"))
    (tmp_path / "zero.txt").write_bytes(b"a\x00b")
    (tmp_path / "large.md").write_text("x" * 1_001)
    (tmp_path / "many.md").write_text("".join(f"# a\n{PASSAGE}\n" for _ in range(4)))
    assert refusals(tmp_path) == {
        "latin.txt": "no UTF-8",
        "zero.txt": "no text: it holds control characters",
        "large.md": "larger than 1000 bytes",
        "many.md#3": "more than 2 pieces in one file",
    }
    assert len(pieces(tmp_path)) == 2
    monkeypatch.setattr(corpus, "MAX_FILES", 3)
    with pytest.raises(CorpusError, match="more than 3 files"):
        list(read_corpus(tmp_path, LONGEST))


def test_a_file_whose_name_is_no_text_has_one_all_the_same(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xff.md"
    with open(path, "w") as file:  # noqa: PTH123 - a path of bytes
        file.write(PASSAGE)
    assert list(pieces(tmp_path)) == ["\\udcff.md#1"]
