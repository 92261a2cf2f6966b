"""Weights: every number format of a checkpoint, and a refusal of what this decoder does not run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from propound.policy.engine import EngineError
from propound.policy.engines.weights import Shape, Weights, read_safetensors
from tests.factories import checkpoints


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_every_number_format_is_read_as_it_is_written(tmp_path: Path, dtype: torch.dtype) -> None:
    tensors = {"a": torch.randn(3, 5).to(dtype), "b": torch.tensor([float("inf"), -0.0, 1e-3]).to(dtype)}
    save_file(tensors, tmp_path / "model.safetensors", {"format": "pt"})
    read = read_safetensors(tmp_path / "model.safetensors")
    assert read.keys() == tensors.keys()
    assert all(np.array_equal(read[name], tensors[name].float().numpy()) for name in tensors)


def test_other_formats_and_cut_files_are_refused(tmp_path: Path) -> None:
    save_file({"a": torch.ones(3, dtype=torch.int8)}, tmp_path / "integers.safetensors")
    with pytest.raises(EngineError, match="I8"):
        read_safetensors(tmp_path / "integers.safetensors")
    whole = checkpoints.write(tmp_path) / "model.safetensors"
    (tmp_path / "cut.safetensors").write_bytes(whole.read_bytes()[:-100])
    with pytest.raises(EngineError, match="cut off"):
        read_safetensors(tmp_path / "cut.safetensors")


def test_a_head_of_its_own_is_used(tmp_path: Path) -> None:
    checkpoints.write(tmp_path)
    tied = Weights.load(tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    tensors["lm_head.weight"] = 2 * tensors["model.embed_tokens.weight"]
    save_file(tensors, tmp_path / "model.safetensors", {"format": "pt"})
    assert np.allclose(Weights.load(tmp_path).head, 2 * tied.head)


@pytest.mark.parametrize(
    "change",
    [
        {"model_type": "llama"},
        {"attention_bias": True},
        {"hidden_act": "gelu"},
        {"use_sliding_window": True},
        {"rope_parameters": {"rope_type": "yarn", "factor": 4.0}},
    ],
)
def test_other_architectures_are_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    config = json.loads((checkpoints.write(tmp_path) / "config.json").read_text())
    assert Shape.read(config).theta == 10_000
    with pytest.raises(EngineError, match=next(iter(change)).replace("rope_parameters", "rope_type")):
        Shape.read(config | change)


def test_both_spellings_of_the_rotary_base_are_read(tmp_path: Path) -> None:
    config = json.loads((checkpoints.write(tmp_path) / "config.json").read_text())
    config["rope_parameters"] = {"rope_type": "default", "rope_theta": 5e5}
    assert Shape.read(config).theta == 5e5
