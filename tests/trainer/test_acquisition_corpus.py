"""A corpus: what is read, and that nothing outside of it ever is."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.acquisition import corpus
from trainer.acquisition.corpus import MAX_EXCERPT, CorpusError, Excerpt, Refusal, read_corpus


def excerpts(folder: Path) -> dict[str, str]:
    return {piece.source: piece.text for piece in read_corpus(folder) if isinstance(piece, Excerpt)}


def refusals(folder: Path) -> dict[str, str]:
    return {piece.source: piece.reason for piece in read_corpus(folder) if isinstance(piece, Refusal)}


def test_texts_are_cut_at_headings_and_at_problems(tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text(
        "before\n# One\nProblem. A.\nSolution. B.\n**Example 2.** C.\n"
        "## Two\ntext\nProblem. D.\n```\n# no heading\n```\n"
    )
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.txt").write_bytes(b"\xef\xbb\xbfa line\r\nanother\r\n")
    (tmp_path / "ignored.pdf").write_bytes(b"%PDF")
    assert excerpts(tmp_path) == {
        "b.md#1": "before",
        "b.md#2": "# One\nProblem. A.\nSolution. B.",
        "b.md#3": "**Example 2.** C.",
        "b.md#4": "## Two\ntext\nProblem. D.\n```\n# no heading\n```",
        "a/x.txt#1": "a line\nanother",
    }
    assert refusals(tmp_path) == {}


def test_lines_of_json_become_the_pattern(tmp_path: Path) -> None:
    lines = [
        {"question": "Q?", "solution": "S", "answer": "1", "title": "T", "more": [1]},
        {"text": "plain"},
        {"answer": 3},
        {"text": "\ud800"},
        [],
        {"text": "x" * (MAX_EXCERPT + 1)},
    ]
    (tmp_path / "p.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n\n" + "[" * 100_000 + "\nno\n")
    assert excerpts(tmp_path) == {
        "p.jsonl#1": "# T\nProblem. Q?\nSolution. S\nAnswer. 1",
        "p.jsonl#2": "plain",
    }
    assert list(refusals(tmp_path).values()) == [
        "neither text nor a worked problem",
        "no text: it holds control characters",
        "no JSON object",
        f"longer than {MAX_EXCERPT} characters",
        "no JSON",
        "no JSON",
    ]


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
    assert excerpts(folder) == {}
    assert refusals(folder) == {
        "dangling.txt": "a link, which is not followed",
        "link.md": "a link, which is not followed",
        "deep/folder": "a link, which is not followed",
        "pipe.md": "no regular file",
    }
    (tmp_path / "to-corpus").symlink_to(folder)
    for wrong in (tmp_path / "to-corpus", tmp_path / "nowhere", outside / "secret.md"):
        with pytest.raises(CorpusError, match="is no folder"):
            list(read_corpus(wrong))


def test_what_is_no_text_or_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "MAX_FILE", 1_000)
    monkeypatch.setattr(corpus, "MAX_EXCERPTS", 2)
    (tmp_path / "latin.txt").write_bytes("é".encode("latin-1"))
    (tmp_path / "zero.txt").write_bytes(b"a\x00b")
    (tmp_path / "large.md").write_text("x" * 1_001)
    (tmp_path / "many.md").write_text("# a\n# b\n# c\n# d\n")
    assert refusals(tmp_path) == {
        "latin.txt": "no UTF-8",
        "zero.txt": "no text: it holds control characters",
        "large.md": "larger than 1000 bytes",
        "many.md#3": "more than 2 excerpts in one file",
    }
    assert len(excerpts(tmp_path)) == 2
    monkeypatch.setattr(corpus, "MAX_FILES", 3)
    with pytest.raises(CorpusError, match="more than 3 files"):
        list(read_corpus(tmp_path))


WORDS = st.sampled_from(["Problem. a", "# b", "```", "x" * 3_000, "", "word", "**Exercise 3:** c"])


@given(st.lists(WORDS, max_size=30))
def test_sections_lose_nothing_and_are_bounded(lines: list[str]) -> None:
    text = "\n".join(lines)
    sections = list(corpus._sections(text))
    assert all(0 < len(section) <= MAX_EXCERPT for section in sections)
    assert "".join("".join(sections).split()) == "".join(text.split())
