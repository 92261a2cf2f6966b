"""Takes away what a program left on the disk without following anything that it made.

No path of its choosing is resolved, links are removed as links, and folders nested without end are flattened
instead of descended into. Every process that could still write there has to be gone.
"""

from __future__ import annotations

import os
from stat import S_ISDIR

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove_tree(folder: str) -> None:
    """Remove ``folder`` and all below it; one that is gone already is no error."""
    try:
        top = os.open(folder, _FOLDER)
    except FileNotFoundError:
        return
    try:
        _empty(top)
    finally:
        os.close(top)
    os.rmdir(folder)


def _empty(top: int) -> None:
    while names := os.listdir(top):
        for name in names:
            if not _is_folder(name, top):
                os.unlink(name, dir_fd=top)
                continue
            os.chmod(name, 0o700, dir_fd=top)
            inner = os.open(name, _FOLDER, dir_fd=top)
            try:
                for child in os.listdir(inner):
                    if _is_folder(child, inner):
                        os.chmod(child, 0o700, dir_fd=inner)  # moving a folder writes to it
                        os.rename(child, os.urandom(16).hex(), src_dir_fd=inner, dst_dir_fd=top)
                    else:
                        os.unlink(child, dir_fd=inner)
            finally:
                os.close(inner)
            os.rmdir(name, dir_fd=top)


def _is_folder(name: str, parent: int) -> bool:
    return S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)
