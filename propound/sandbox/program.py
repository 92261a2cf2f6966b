"""One program to be run in the sandbox: its source, what it reads and what it may use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from .limits import Limits


@dataclass(frozen=True, slots=True)
class Program:
    """Python source that runs as the main module, in a private work directory that holds only ``files``.

    ValueError for a name among ``files`` that leaves the work directory.
    """

    source: str
    stdin: bytes = b""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Relative name to content; Python files among them can be imported."""
    readable: Sequence[Path] = ()
    """Folders and files that are visible read-only at their own paths."""
    python_path: Sequence[Path] = ()
    """Folders that are visible likewise, and searched by ``import`` before the standard library."""
    limits: Limits = field(default_factory=Limits)
    hash_seed: int = 0
    """The order of sets of text follows from it (PYTHONHASHSEED). Each seed has interpreters of its own: use few."""

    def __post_init__(self) -> None:
        for name in self.files:
            path = PurePosixPath(name)
            if not path.parts or "\0" in name or path.is_absolute() or ".." in path.parts:
                raise ValueError(f"not a name in the work directory: {name!r}")
