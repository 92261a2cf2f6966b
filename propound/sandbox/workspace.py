"""The folder on the host's disk that a program writes to where no mount namespace gives it one in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from .inside.removal import remove_tree

_PREFIX = "propound-sandbox-"


@contextmanager
def workspace() -> Iterator[str]:
    """A new private folder, gone afterwards.

    The launcher removes it too when it ends, so that none is left when the service dies in between.
    """
    folder = tempfile.mkdtemp(prefix=_PREFIX)
    try:
        yield folder
    finally:
        remove_tree(folder)
