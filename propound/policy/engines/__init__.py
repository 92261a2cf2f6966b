"""The engines: one that comes with the package, and those that its extras bring."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from propound.policy.engine import Engine


class EngineKind(StrEnum):
    """Which engine runs a checkpoint."""

    EMBEDDED = "embedded"
    """numpy, on the processor; nothing to install."""


def open_engine(kind: EngineKind, folder: Path) -> Engine:  # noqa: ARG001
    """The engine on the checkpoint in a folder, in the process that asks: its threads do not survive a fork.

    Raises:
        EngineError: the engine cannot run it, or is not installed.
    """
    from propound.policy.engines.embedded import EmbeddedEngine

    return EmbeddedEngine(folder)
