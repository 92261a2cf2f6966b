"""The folder on the host's disk that a program writes to where no mount namespace gives it one in memory.

Whatever the program leaves there is taken away without following anything it made: no path of its own
choosing is resolved, links are removed as links, and folders nested without end are flattened instead of
descended into.
"""

from __future__ import annotations

import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def workspace() -> Iterator[str]:
    """A new private folder, gone afterwards."""
    folder = tempfile.mkdtemp(prefix="propound-")
    try:
        yield folder
    finally:
        remove_tree(folder)


def remove_tree(folder: str) -> None:
    """Remove ``folder`` and all below it; every process that could write there has to be gone."""
    top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _empty(top)
    finally:
        os.close(top)
    Path(folder).rmdir()


def _empty(top: int) -> None:
    while names := os.listdir(top):
        for name in names:
            if not _is_folder(name, top):
                os.unlink(name, dir_fd=top)
                continue
            os.chmod(name, 0o700, dir_fd=top)
            inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=top)
            try:
                for child in os.listdir(inner):  # noqa: PTH208 - a descriptor
                    if _is_folder(child, inner):
                        os.chmod(child, 0o700, dir_fd=inner)  # moving a folder writes to it
                        os.rename(child, secrets.token_hex(16), src_dir_fd=inner, dst_dir_fd=top)
                    else:
                        os.unlink(child, dir_fd=inner)
            finally:
                os.close(inner)
            os.rmdir(name, dir_fd=top)


def _is_folder(name: str, parent: int) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)
