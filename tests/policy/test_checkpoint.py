"""Checkpoints: whole or not at all, never changed, known by their content."""

import json
from pathlib import Path

import pytest

from propound.policy.chat import encode_text
from propound.policy.checkpoint import CheckpointError, load_checkpoint, write_checkpoint
from tests.factories import checkpoints


def written(folder: Path, seed: int = 0) -> Path:
    with write_checkpoint(folder, "tiny", {"recipe": {"kind": "random"}}) as partial:
        checkpoints.write(partial, seed=seed)
    return folder


def test_what_was_written_is_loaded(tmp_path: Path) -> None:
    checkpoint = load_checkpoint(written(tmp_path / "a"))
    assert checkpoint.name == "tiny"
    assert checkpoint.metadata["recipe"] == {"kind": "random"}
    assert checkpoint.config()["model_type"] == "qwen3"
    assert checkpoint.weights.is_file()
    assert len(encode_text(checkpoint.tokenizer(), "abc")) == 3
    assert [each.name for each in tmp_path.iterdir()] == ["a"]


def test_the_version_is_the_content(tmp_path: Path) -> None:
    versions = [
        load_checkpoint(written(tmp_path / name, seed)).version
        for name, seed in [("a", 0), ("b", 0), ("c", 1)]
    ]
    assert versions[0] == versions[1] != versions[2]


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_changed_checkpoint_is_refused(tmp_path: Path, name: str) -> None:
    folder = written(tmp_path / "a")
    content = bytearray((folder / name).read_bytes())
    content[-2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(CheckpointError, match="was changed"):
        load_checkpoint(folder)


def test_an_incomplete_checkpoint_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path / "a")
    (folder / "propound.json").write_text(json.dumps({"name": "tiny"}))
    with pytest.raises(CheckpointError, match="no name and version"):
        load_checkpoint(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"model\.safetensors is missing"):
        load_checkpoint(folder)


@pytest.mark.parametrize("name", ["no-such-name", "../teacher", "/no/such/folder"])
def test_an_unknown_checkpoint_is_refused(name: str) -> None:
    with pytest.raises(CheckpointError, match="no checkpoint"):
        load_checkpoint(name)


def test_a_checkpoint_is_never_overwritten(tmp_path: Path) -> None:
    folder = written(tmp_path / "a")
    version = load_checkpoint(folder).version
    with pytest.raises(CheckpointError, match="never changed"):
        written(folder, seed=1)
    assert load_checkpoint(folder).version == version


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    with (
        pytest.raises(CheckpointError, match=r"model\.safetensors"),
        write_checkpoint(tmp_path / "a", "tiny", {}),
    ):
        pass
    with pytest.raises(KeyError), write_checkpoint(tmp_path / "a", "tiny", {}):
        raise KeyError
    assert list(tmp_path.iterdir()) == []
