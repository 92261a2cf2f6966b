"""Where checkpoints are kept: a folder for each version, filled by trainers, read by workers, and never changed."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from propound.config import Settings
from propound.policy.checkpoint import (
    BUNDLED,
    METADATA,
    Checkpoint,
    CheckpointError,
    load_checkpoint,
    write_checkpoint,
)

DEFAULT = "default"
"""The bundled checkpoint that is live before anything was promoted."""


@dataclass(frozen=True)
class CheckpointStore:
    """The checkpoints of one deployment."""

    folder: Path

    @classmethod
    def of(cls, configured: Settings) -> CheckpointStore:
        """The one in the data folder."""
        return cls(configured.home.expanduser().absolute() / "checkpoints")

    def find(self, version: str | None) -> Checkpoint:
        """The checkpoint of that version, kept or bundled, or a bundled one by name; None: the bundled default.

        Raises:
            CheckpointError: there is none, or it was changed.
        """
        wanted = DEFAULT if version is None else version
        folder = self.folder / wanted
        if folder.is_dir():
            checkpoint = load_checkpoint(folder)
            if checkpoint.version != wanted:
                raise CheckpointError(f"{folder} holds {checkpoint.version}")
            return checkpoint
        for bundled in sorted(BUNDLED.glob("*/")):
            if wanted in (bundled.name, json.loads((bundled / METADATA).read_text()).get("version")):
                return load_checkpoint(bundled)
        raise CheckpointError(f"no checkpoint {wanted}: neither bundled nor in {self.folder}")

    def keep(self, checkpoint: Checkpoint) -> Checkpoint:
        """A copy under its version, whole or not at all; one that is there already is used.

        Raises:
            CheckpointError: it was changed, or what was written is not what it was.
        """
        folder = self.folder / checkpoint.version
        if not folder.is_dir():
            metadata = {
                key: value for key, value in checkpoint.metadata.items() if key not in ("name", "version")
            }
            with write_checkpoint(folder, checkpoint.name, metadata) as partial:
                for path in checkpoint.folder.iterdir():
                    if path.is_file() and path.name != METADATA:
                        shutil.copyfile(path, partial / path.name)
        return self.find(checkpoint.version)
