"""The mean of checkpoints is a checkpoint with the mean of their weights, or a clear refusal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from propound.policy.checkpoint import Checkpoint, CheckpointError, load_checkpoint, write_checkpoint
from tests.factories import checkpoints
from trainer import average as module
from trainer.average import AverageError, average


def other(first: Checkpoint, folder: Path, factor: float, **files: str) -> Checkpoint:
    """The first one with all weights times a factor, and other contents of some files."""
    with write_checkpoint(folder, "other", {"recipe": {"kind": "mgpo"}}) as partial:
        for path in first.folder.iterdir():
            (partial / path.name).write_bytes(path.read_bytes())
        weights = {name: value * factor for name, value in load_file(first.weights).items()}
        save_file(weights, partial / first.weights.name, metadata={"format": "pt"})
        for name, text in files.items():
            (partial / f"{name}.json").write_text(text)
    return load_checkpoint(folder)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    return load_checkpoint(checkpoints.write(tmp_path_factory.mktemp("first")))


def test_every_weight_is_the_mean(first: Checkpoint, tmp_path: Path) -> None:
    """1 and 2 and 6 times the weights are 3 times the weights in the mean: exactly what bfloat16 holds of it."""
    made = average(
        [first, other(first, tmp_path / "2", 2.0), other(first, tmp_path / "6", 6.0)],
        tmp_path / "out",
        "mean",
    )
    before, after = load_file(first.weights), load_file(made.weights)
    assert before.keys() == after.keys()
    for name, value in before.items():
        assert after[name].dtype == value.dtype
        expected = (value.float() + (value * 2).float() + (value * 6).float()) / 3
        torch.testing.assert_close(after[name], expected.to(value.dtype), rtol=1e-2, atol=0)
    assert made.name == "mean"
    assert made.version != first.version
    assert made.metadata["recipe"]["of"][0] == first.version
    assert (made.folder / "config.json").read_bytes() == (first.folder / "config.json").read_bytes()


def test_a_scale_goes_on_in_the_direction_of_the_mean(first: Checkpoint, tmp_path: Path) -> None:
    """w + 3 ((2 w + 4 w) / 2 - w) = 7 w; one checkpoint alone: w + 0.5 (2 w - w) = 1.5 w."""
    twice, fourfold = other(first, tmp_path / "2", 2.0), other(first, tmp_path / "4", 4.0)
    further = average([twice, fourfold], tmp_path / "further", "further", base=first, scale=3.0)
    half = average([twice], tmp_path / "half", "half", base=first, scale=0.5)
    before = load_file(first.weights)
    for made, factor in ((further, 7.0), (half, 1.5)):
        for name, value in load_file(made.weights).items():
            torch.testing.assert_close(value, (before[name].float() * factor).bfloat16(), rtol=1e-2, atol=0)
    assert further.metadata["recipe"]["base"] == first.version
    with pytest.raises(AverageError, match="needs the base"):
        average([twice, fourfold], tmp_path / "out", "mean", scale=2.0)


def test_what_has_no_mean_is_refused(first: Checkpoint, tmp_path: Path) -> None:
    with pytest.raises(AverageError, match="give more"):
        average([first], tmp_path / "out", "mean")
    config = json.dumps({**first.config(), "rope_theta": 123.0})
    with pytest.raises(AverageError, match=r"differ in config\.json"):
        average([first, other(first, tmp_path / "config", 1.0, config=config)], tmp_path / "out", "mean")
    lacking = tmp_path / "lacking"
    with write_checkpoint(lacking, "lacking", {}) as partial:
        for path in first.folder.iterdir():
            (partial / path.name).write_bytes(path.read_bytes())
        weights = load_file(first.weights)
        weights.popitem()
        save_file(weights, partial / first.weights.name)
    with pytest.raises(AverageError, match="names or shapes"):
        average([first, load_checkpoint(lacking)], tmp_path / "out", "mean")
    assert not (tmp_path / "out").exists()
    with pytest.raises(CheckpointError, match="never changed"):
        average([first, first], first.folder, "mean")


def test_the_command_says_what_it_wrote(
    first: Checkpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    second = other(first, tmp_path / "second", 1.5)
    module.main([str(first.folder), str(second.folder), "--out", str(tmp_path / "out"), "--name", "both"])
    made = load_checkpoint(tmp_path / "out")
    assert f"{made.folder}: both {made.version}, the mean of 2 checkpoints" in capsys.readouterr().out
