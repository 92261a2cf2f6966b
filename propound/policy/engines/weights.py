"""A checkpoint's weights as float32 arrays, ready to multiply with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from propound.policy.engine import EngineError

Array = NDArray[np.float32]

_HEADER = 8
_TYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": np.dtype("<u2")}


@dataclass(frozen=True)
class Shape:
    """The sizes of a Qwen3 decoder, from its config.json."""

    layers: int
    hidden: int
    heads: int
    key_heads: int
    """Heads of keys and values; each serves heads / key_heads query heads."""
    head: int
    """Width of a head."""
    vocabulary: int
    context: int
    """Most tokens that a context may hold."""
    theta: float
    """Base of the rotary frequencies."""
    epsilon: float

    @classmethod
    def read(cls, config: dict[str, Any]) -> Shape:
        """The sizes in a Hugging Face configuration.

        Raises:
            EngineError: it is another architecture, or has features that this decoder lacks.
        """
        rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
        kind = rope.get("rope_type", rope.get("type", "default"))
        strange = {
            "model_type": config.get("model_type") != "qwen3",
            "hidden_act": config.get("hidden_act", "silu") != "silu",
            "attention_bias": bool(config.get("attention_bias")),
            "use_sliding_window": bool(config.get("use_sliding_window")),
            "rope_type": kind != "default",
        }
        if any(strange.values()):
            raise EngineError(f"not a plain Qwen3 decoder: {', '.join(k for k, v in strange.items() if v)}")
        return cls(
            layers=config["num_hidden_layers"],
            hidden=config["hidden_size"],
            heads=config["num_attention_heads"],
            key_heads=config["num_key_value_heads"],
            head=config["head_dim"],
            vocabulary=config["vocab_size"],
            context=config["max_position_embeddings"],
            theta=float(rope.get("rope_theta", config.get("rope_theta", 10_000.0))),
            epsilon=config["rms_norm_eps"],
        )


@dataclass(frozen=True)
class Layer:
    """One layer's matrices, (inputs, outputs); the norm before a matrix is multiplied into it."""

    attention_in: Array
    """(hidden, (heads + 2 key_heads) * head): queries, keys, values."""
    query_norm: Array
    """(head,), the softmax's 1 / sqrt(head) included."""
    key_norm: Array
    attention_out: Array
    gate_up: Array
    """(hidden, 2 * inner)."""
    down: Array


@dataclass(frozen=True)
class Weights:
    """All of a decoder."""

    shape: Shape
    embedding: Array
    """(vocabulary, hidden)."""
    layers: tuple[Layer, ...]
    head: Array
    """(hidden, vocabulary), the last norm included."""

    @classmethod
    def load(cls, folder: Path) -> Weights:
        """The weights in a checkpoint folder.

        Raises:
            EngineError: they are of another architecture, or in a number format unknown here.
        """
        shape = Shape.read(json.loads((folder / "config.json").read_text()))
        tensors = read_safetensors(folder / "model.safetensors")
        embedding = tensors["model.embed_tokens.weight"]
        head = tensors.get("lm_head.weight", embedding)
        return cls(
            shape=shape,
            embedding=embedding,
            layers=tuple(_layer(tensors, f"model.layers.{i}.", shape) for i in range(shape.layers)),
            head=_joined([head], tensors["model.norm.weight"]),
        )


def _layer(tensors: dict[str, Array], prefix: str, shape: Shape) -> Layer:
    def get(name: str) -> Array:
        return tensors[f"{prefix}{name}.weight"]

    attention = [get(f"self_attn.{name}_proj") for name in "qkv"]
    gate_up = [get("mlp.gate_proj"), get("mlp.up_proj")]
    return Layer(
        attention_in=_joined(attention, get("input_layernorm")),
        query_norm=get("self_attn.q_norm") * np.float32(shape.head**-0.5),
        key_norm=get("self_attn.k_norm"),
        attention_out=np.ascontiguousarray(get("self_attn.o_proj").T),
        gate_up=_joined(gate_up, get("post_attention_layernorm")),
        down=np.ascontiguousarray(get("mlp.down_proj").T),
    )


def _joined(matrices: list[Array], norm: Array) -> Array:
    """Matrices (outputs, inputs) that read the same normalised input, as one of (inputs, outputs)."""
    return np.ascontiguousarray((np.concatenate(matrices) * norm).T)


def read_safetensors(path: Path) -> dict[str, Array]:
    """Every tensor of a safetensors file as float32; the format is a length, a JSON header and the bytes.

    Raises:
        EngineError: a tensor is in a number format unknown here, or the file is cut off.
    """
    data = np.memmap(path, dtype=np.uint8, mode="r")
    length = int(data[:_HEADER].view("<u8")[0])
    header: dict[str, Any] = json.loads(data[_HEADER : _HEADER + length].tobytes())
    body = data[_HEADER + length :]
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        start, end = entry["data_offsets"]
        if entry["dtype"] not in _TYPES or end > body.size:
            raise EngineError(f"{path.name}: {name} is of type {entry['dtype']}, or the file is cut off")
        raw: NDArray[Any] = body[start:end].view(_TYPES[entry["dtype"]]).reshape(entry["shape"])
        if entry["dtype"] == "BF16":
            raw = (raw.astype(np.uint32) << 16).view(np.float32)
        tensors[name] = np.array(raw, dtype=np.float32)
    return tensors
