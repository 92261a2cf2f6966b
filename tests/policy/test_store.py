"""Kept checkpoints: whole or not at all, what they say they are, and found by version alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from propound.config import Settings
from propound.policy import checkpoint as checkpoint_module
from propound.policy import store as store_module
from propound.policy.checkpoint import CheckpointError, load_checkpoint
from propound.policy.store import CheckpointStore
from tests.factories import checkpoints


@pytest.fixture
def bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of bundled checkpoints with `default` in it."""
    folder = tmp_path / "bundled"
    checkpoints.write(folder / "default", seed=9)
    for module in (checkpoint_module, store_module):
        monkeypatch.setattr(module, "BUNDLED", folder)
    return folder


def test_a_kept_checkpoint_is_found_by_its_version(tmp_path: Path) -> None:
    made = load_checkpoint(checkpoints.write(tmp_path / "made"))
    store = CheckpointStore.of(Settings(home=tmp_path / "home"))
    kept = store.keep(made)
    assert kept.folder == tmp_path / "home" / "checkpoints" / made.version
    assert (kept.version, kept.name) == (made.version, made.name)
    shutil.rmtree(made.folder)
    assert store.find(made.version) == kept
    assert store.keep(kept) == kept


@pytest.mark.usefixtures("bundled")
def test_what_is_bundled_is_found_too(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path / "empty")
    default = store.find(None)
    assert default.name == "tiny"
    assert store.find(default.version) == default


@pytest.mark.usefixtures("bundled")
def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no checkpoint 0123456789abcdef"):
        CheckpointStore(tmp_path).find("0123456789abcdef")


def test_a_checkpoint_that_was_changed_is_not_opened(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path / "store")
    kept = store.keep(load_checkpoint(checkpoints.write(tmp_path / "made")))
    weights = bytearray(kept.weights.read_bytes())
    weights[-1] ^= 1
    kept.weights.write_bytes(weights)
    with pytest.raises(CheckpointError, match="was changed"):
        store.find(kept.version)


def test_a_folder_under_another_version_is_not_it(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    kept = store.keep(load_checkpoint(checkpoints.write(tmp_path / "made")))
    kept.folder.rename(tmp_path / ("0" * 16))
    with pytest.raises(CheckpointError, match=f"holds {kept.version}"):
        store.find("0" * 16)


def test_a_copy_that_breaks_off_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = load_checkpoint(checkpoints.write(tmp_path / "made"))
    copy = shutil.copyfile

    def break_off(source: Path, target: Path) -> None:
        if source.name == "model.safetensors":
            raise OSError("no space left on device")
        copy(source, target)

    monkeypatch.setattr(shutil, "copyfile", break_off)
    with pytest.raises(OSError, match="no space"):
        CheckpointStore(tmp_path / "store").keep(made)
    assert list((tmp_path / "store").iterdir()) == []
