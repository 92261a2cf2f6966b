"""A corpus: a folder of texts that nobody vouches for, cut into excerpts of bounded size.

Read are regular files called .md, .txt or .jsonl. Links are not followed, whatever they point to; what is too large,
no UTF-8 or no text is refused with a reason, and the rest is read all the same.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from propound.errors import PropoundError

MAX_FILE = 4 << 20
"""Largest file that is read, in bytes."""
MAX_FILES = 10_000
"""Most files of a corpus."""
MAX_EXCERPT = 8_000
"""Longest excerpt, in characters; a longer section is cut between paragraphs."""
MAX_EXCERPTS = 20_000
"""Most excerpts of one file; what follows is refused."""

_SUFFIXES = (".md", ".txt", ".jsonl")
_FIELDS = (
    ("title", "# "),
    ("category", "Category. "),
    ("problem", "Problem. "),
    ("solution", "Solution. "),
    ("check", "Check. "),
    ("answer", "Answer. "),
)
"""Fields of a worked problem in a line of JSON, and what they begin with in an excerpt."""
_LINK = "a link, which is not followed"
_NAMES = {"question": "problem", "statement": "problem", "name": "title"}
_BEGINNING = re.compile(r"^(?:#{1,6} |[*_]{0,2}(?:Problem|Example|Exercise|Question)\b[^.:\n]{0,20}[.:])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class CorpusError(PropoundError):
    """The corpus cannot be read at all."""


@dataclass(frozen=True)
class Excerpt:
    """One piece of a corpus."""

    source: str
    """Path of the file below the corpus's folder, and the number of the piece: `sums.md#3`."""
    text: str

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True)
class Refusal:
    """Something that was not taken."""

    source: str
    reason: str


def read_corpus(folder: Path) -> Iterator[Excerpt | Refusal]:
    """Every excerpt of the folder, in the order of paths.

    Raises:
        CorpusError: there is no such folder, it is a link, or it holds too many files.
    """
    if folder.is_symlink() or not folder.is_dir():
        raise CorpusError(f"{folder} is no folder")
    found = 0
    for root, folders, files, here in os.fwalk(folder, follow_symlinks=False):
        folders.sort()
        place = Path(root).relative_to(folder)
        for name in folders:
            if stat.S_ISLNK(os.stat(name, dir_fd=here, follow_symlinks=False).st_mode):
                yield Refusal((place / name).as_posix(), _LINK)
        for name in sorted(files):
            source = (place / name).as_posix()
            if not name.endswith(_SUFFIXES):
                continue
            found += 1
            if found > MAX_FILES:
                raise CorpusError(f"{folder} holds more than {MAX_FILES} files")
            try:
                text = _read(name, here)
            except (OSError, ValueError) as error:
                yield Refusal(source, _reason(error))
                continue
            yield from _excerpts(source, text)


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "no UTF-8"
    if isinstance(error, OSError):
        return _LINK if error.errno == errno.ELOOP else str(error.strerror)
    return str(error)


def _read(name: str, folder: int) -> str:
    """The text of a file below an open folder, so that nothing on the way can become a link meanwhile."""
    file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    with os.fdopen(file, "rb") as opened:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise ValueError("no regular file")
        content = opened.read(MAX_FILE + 1)
    if len(content) > MAX_FILE:
        raise ValueError(f"larger than {MAX_FILE} bytes")
    text = content.decode("utf-8-sig")
    if _CONTROL.search(text):
        raise ValueError("no text: it holds control characters")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _excerpts(source: str, text: str) -> Iterator[Excerpt | Refusal]:
    pieces = _lines(text) if source.endswith(".jsonl") else _sections(text)
    for number, piece in enumerate(pieces, 1):
        where = f"{source}#{number}"
        if number > MAX_EXCERPTS:
            yield Refusal(where, f"more than {MAX_EXCERPTS} excerpts in one file")
            return
        yield Excerpt(where, piece) if isinstance(piece, str) else Refusal(where, str(piece))


def _lines(text: str) -> Iterator[str | ValueError]:
    """A line of JSON as an excerpt: its `text`, or the fields of a worked problem."""
    for line in filter(None, map(str.strip, text.split("\n"))):
        try:
            yield _entry(json.loads(line))
        except (ValueError, RecursionError) as error:
            yield ValueError(
                "no JSON" if isinstance(error, json.JSONDecodeError | RecursionError) else str(error)
            )


def _entry(entry: Any) -> str:
    if not isinstance(entry, dict):
        raise ValueError("no JSON object")  # noqa: TRY004  # one kind of error for everything that is refused
    texts = {_NAMES.get(name, name): value for name, value in entry.items() if isinstance(value, str)}
    text = texts.get("text") or "\n".join(
        before + texts[name].strip() for name, before in _FIELDS if name in texts
    )
    if not text.strip():
        raise ValueError("neither text nor a worked problem")
    if len(text) > MAX_EXCERPT:
        raise ValueError(f"longer than {MAX_EXCERPT} characters")
    if _CONTROL.search(text) or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise ValueError("no text: it holds control characters")
    return text.strip()


def _sections(text: str) -> Iterator[str]:
    """The text from heading to heading, and from worked problem to worked problem."""
    section: list[str] = []
    has_problem = fenced = False
    for line in text.split("\n"):
        begins = not fenced and _BEGINNING.match(line) is not None
        if line.startswith("```"):
            fenced = not fenced
        is_heading = begins and line.startswith("#")
        if begins and section and (is_heading or has_problem):
            yield from _cut("\n".join(section))
            section, has_problem = [], False
        has_problem |= begins and not is_heading
        section.append(line)
    yield from _cut("\n".join(section))


def _cut(section: str) -> Iterator[str]:
    """The section in pieces of at most `MAX_EXCERPT` characters, cut between paragraphs where there are any."""
    piece = ""
    for paragraph in re.split(r"\n{2,}", section.strip()):
        if piece and len(piece) + len(paragraph) + 2 > MAX_EXCERPT:
            yield piece
            piece = ""
        piece = f"{piece}\n\n{paragraph}" if piece else paragraph
        while len(piece) > MAX_EXCERPT:
            yield piece[:MAX_EXCERPT]
            piece = piece[MAX_EXCERPT:]
    if piece.strip():
        yield piece
