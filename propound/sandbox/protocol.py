"""The one interface behind which every way of isolating a program stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from .execution import Execution
from .limits import Limits

NO_LIMITS_GIVEN = Limits()
NO_FILES: Mapping[str, bytes] = {}


@runtime_checkable
class Sandbox(Protocol):
    """Runs programs that nobody vouches for. Thread-safe, without state between runs, safe after a fork."""

    @property
    def tier(self) -> str:
        """Which isolation this is."""

    def run(
        self,
        program: str,
        *,
        stdin: bytes = b"",
        files: Mapping[str, bytes] = NO_FILES,
        readable: Sequence[Path] = (),
        python_path: Sequence[Path] = (),
        limits: Limits = NO_LIMITS_GIVEN,
    ) -> Execution:
        """Run Python source as the main module, in a private work directory that holds only ``files``.

        ``files`` maps relative names to content; they can be imported. ``readable`` folders and files are
        visible read-only at their own paths, and so is ``python_path``, which is also searched by ``import``
        before the standard library. Nothing the program does raises: the result says what happened.
        ValueError for a file name that leaves the work directory, FileNotFoundError for a path that does not
        exist.
        """
