"""A checkpoint: an immutable folder of weights, tokenizer and what is known about them.

config.json, model.safetensors (bfloat16), tokenizer.json, tokenizer_config.json and generation_config.json load in
transformers and vLLM; propound.json holds the name, the version - a digest of weights and tokenizer -, how it was
trained and what was measured.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from propound.errors import PropoundError
from propound.policy.chat import load_tokenizer

BUNDLED = Path(__file__).with_name("checkpoints")
"""Checkpoints that come with the package, by name."""
METADATA = "propound.json"
_IDENTITY = ("config.json", "model.safetensors", "tokenizer.json")
_NEEDED = (*_IDENTITY, METADATA)


class CheckpointError(PropoundError):
    """A checkpoint that is missing, incomplete or not what it says it is."""


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint on disk."""

    folder: Path
    name: str
    version: str
    metadata: Mapping[str, Any]
    """The whole propound.json."""

    @property
    def weights(self) -> Path:
        """The safetensors file."""
        return self.folder / "model.safetensors"

    def config(self) -> dict[str, Any]:
        """config.json: the architecture, in Hugging Face's words."""
        config: dict[str, Any] = json.loads((self.folder / "config.json").read_text())
        return config

    def tokenizer(self) -> Tokenizer:
        """A tokenizer of its own.

        Raises:
            ChatError: it is not one for conversations.
        """
        return load_tokenizer(self.folder)


def load_checkpoint(name_or_path: str | Path) -> Checkpoint:
    """A checkpoint by its folder, or by the name of one that comes with the package.

    Raises:
        CheckpointError: there is none, or files are missing or were changed.
    """
    folder = Path(name_or_path)
    if not folder.is_dir():
        folder = BUNDLED / name_or_path
        if folder.parent != BUNDLED or not folder.is_dir():
            known = ", ".join(sorted(each.name for each in BUNDLED.glob("*/"))) or "none"
            raise CheckpointError(f"no checkpoint {name_or_path}: give a folder or one of: {known}")
    _require(folder, _NEEDED)
    try:
        metadata = json.loads((folder / METADATA).read_text())
        name, version = str(metadata["name"]), str(metadata["version"])
    except (ValueError, KeyError, TypeError):
        raise CheckpointError(f"{folder / METADATA} holds no name and version") from None
    if version != content_version(folder):
        raise CheckpointError(f"{folder} was changed after it was written: its digest is not {version}")
    return Checkpoint(folder, name, version, metadata)


def content_version(folder: Path) -> str:
    """Identity of configuration, weights and tokenizer: 16 hexadecimal digits."""
    content = hashlib.sha256()
    for name in _IDENTITY:
        with (folder / name).open("rb") as file:
            content.update(hashlib.file_digest(file, "sha256").digest())
    return content.hexdigest()[:16]


@contextmanager
def write_checkpoint(folder: Path, name: str, metadata: Mapping[str, Any]) -> Iterator[Path]:
    """A temporary folder to write the files into; it becomes `folder` at the end, whole or not at all.

    Raises:
        CheckpointError: `folder` exists, or a file is missing at the end.
    """
    if folder.exists():
        raise CheckpointError(f"{folder} exists; checkpoints are never changed")
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        yield partial
        _require(partial, _IDENTITY)
        content = {"name": name, "version": content_version(partial), **metadata}
        (partial / METADATA).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
        _settle(partial)
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    _sync(folder.parent)


def _require(folder: Path, names: Iterable[str]) -> None:
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise CheckpointError(f"{folder} is no checkpoint: {', '.join(missing)} is missing")


def _settle(folder: Path) -> None:
    """Make sure that all is on disk, and readable by everyone who may read the parent."""
    for path in folder.iterdir():
        _sync(path)
    folder.chmod(0o755)
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
