"""The texts of a skill package, read from a folder that nobody vouches for.

No link is followed, nothing but regular files is opened, and no more is read than a package may hold.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from propound.card import MAX_SCRIPTS
from propound.errors import SkillError

SKILL = "SKILL.md"
FORMAL = ("scripts/skill.py", "assets/wording.toml")
"""What makes a package formal as well."""
MAX_FILE = 200_000
"""Largest file that is read, in bytes."""
MAX_ENTRIES = 1_000
"""Most entries of a folder that is listed."""


class FileError(SkillError):
    """A file or folder of a package that is not read."""

    def __init__(self, file: str, reason: str, line: int = 1) -> None:
        super().__init__(f"{file}: {reason}")
        self.file = file
        self.reason = reason
        self.line = line


def is_package(folder: Path) -> bool:
    """Whether the folder holds a SKILL.md (a link counts: it is an error, not nothing)."""
    return any((folder / name).is_symlink() or (folder / name).exists() for name in (SKILL, SKILL.lower()))


def packages(folder: Path) -> list[Path]:
    """The folder itself if it is a package, else the packages in it (one level deep), by name.

    Raises:
        FileError: it is no folder, holds more than MAX_ENTRIES entries, or a package in it is a link.
    """
    if is_package(folder):
        return [folder]
    try:
        with _opened(folder) as place:
            names = _names(place)
    except OSError as error:
        raise FileError(str(folder), _reason(error)) from None
    found = [folder / name for name in names if is_package(folder / name)]
    linked = next((path for path in found if path.is_symlink()), None)
    if linked is not None:
        raise FileError(str(linked), "it is a link; links are not followed")
    return found


def read(folder: Path) -> dict[str, str]:
    """SKILL.md, the Python programs below scripts/ and, of a formal package, its wordings: texts by path.

    Raises:
        FileError: one cannot be read, is a link or no regular file, is too large or is not UTF-8.
    """
    file = ""
    try:
        with _opened(folder) as place:
            names = _names(place)
            file = SKILL if SKILL in names or SKILL.lower() not in names else SKILL.lower()
            texts = {SKILL: _text(place, file)}
            if "scripts" in names:
                file = "scripts"
                with _opened("scripts", place) as scripts:
                    programs = [name for name in _names(scripts) if name.endswith(".py")]
                    if len(programs) > MAX_SCRIPTS:
                        raise FileError(
                            "scripts", f"it holds {len(programs)} programs, more than {MAX_SCRIPTS}"
                        )
                    for name in programs:
                        file = f"scripts/{name}"
                        texts[file] = _text(scripts, name, shown=file)
            if FORMAL[0] in texts and "assets" in names:
                file = "assets"
                with _opened("assets", place) as assets:
                    file = FORMAL[1]
                    if "wording.toml" in _names(assets):
                        texts[file] = _text(assets, "wording.toml", shown=file)
    except OSError as error:
        raise FileError(file or str(folder), _reason(error)) from None
    return texts


@contextmanager
def _opened(folder: str | Path, within: int | None = None) -> Iterator[int]:
    """A descriptor of a folder; one inside another must not be a link."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | (0 if within is None else os.O_NOFOLLOW)
    place = os.open(folder, flags, dir_fd=within)
    try:
        yield place
    finally:
        os.close(place)


def _names(place: int) -> list[str]:
    with os.scandir(place) as entries:
        names = [entry.name for entry, _ in zip(entries, range(MAX_ENTRIES + 1), strict=False)]
    if len(names) > MAX_ENTRIES:
        raise FileError("the folder", f"it holds more than {MAX_ENTRIES} entries")
    return sorted(names)


def _text(place: int, name: str, *, shown: str = "") -> str:
    # Not blocking: a pipe in place of the file would wait for a writer for ever.
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=place)
    with open(descriptor, "rb") as stream:  # noqa: PTH123 - a descriptor, not a path
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise FileError(shown or name, "it is no regular file")
        content = stream.read(MAX_FILE + 1)
    if len(content) > MAX_FILE:
        raise FileError(shown or name, f"it is larger than {MAX_FILE} bytes")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FileError(shown or name, "it is not UTF-8", line) from None


def _reason(error: OSError) -> str:
    if error.errno == errno.ELOOP or isinstance(error, NotADirectoryError):
        return "it is a link or no folder; links are not followed"
    return (error.strerror or type(error).__name__).lower()
