"""A corpus: a folder of texts that nobody vouches for, read file by file and cut into pieces.

Read are regular files called .jsonl, .md, .txt or .tex. Links are not followed, whatever they point to; what is too
large, no UTF-8 or no text is refused with a reason, and the rest is read all the same.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from propound.errors import PropoundError
from trainer.acquisition.cutting import CONTROL, Piece, Refusal, pieces_of

MAX_FILE = 4 << 20
"""Largest file that is read, in bytes."""
MAX_FILES = 10_000
"""Most files of a corpus."""
_SUFFIXES = (".jsonl", ".md", ".txt", ".tex")
_LINK = "a link, which is not followed"


class CorpusError(PropoundError):
    """The corpus cannot be read at all."""


def read_corpus(folder: Path, longest: int) -> Iterator[Piece | Refusal]:
    """Every piece of the folder, in the order of paths; none has more than `longest` bytes of UTF-8.

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
                yield Refusal(_shown(place / name), _LINK)
        for name in sorted(files):
            source = _shown(place / name)
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
            yield from pieces_of(source, text, longest)


def _shown(path: Path) -> str:
    """The path as text, whatever bytes it is made of."""
    return path.as_posix().encode("utf-8", "backslashreplace").decode()


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
    text = content.decode("utf-8-sig").replace("\f", "\n")
    if CONTROL.search(text):
        raise ValueError("no text: it holds control characters")
    return text.replace("\r\n", "\n").replace("\r", "\n")
