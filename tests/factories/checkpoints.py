"""Checkpoint folders with random weights: the architecture and the files of real ones, small enough for tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer, decoders
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel

from propound.policy.chat import SPECIALS
from propound.policy.checkpoint import METADATA, content_version

TINY = {"layers": 2, "hidden": 64, "inner": 96, "heads": 4, "key_heads": 2, "head": 16, "vocabulary": 320}
DEFAULT = {
    "layers": 6,
    "hidden": 256,
    "inner": 768,
    "heads": 8,
    "key_heads": 2,
    "head": 32,
    "vocabulary": 2048,
}
"""The sizes of the checkpoints that come with the package."""


def tokenizer() -> Tokenizer:
    """One token for each byte, and the special ones."""
    alphabet = sorted(ByteLevel.alphabet())
    made = Tokenizer(BPE(vocab={letter: i for i, letter in enumerate(alphabet)}, merges=[]))
    made.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens(list(SPECIALS))
    return made


def write(folder: Path, sizes: dict[str, int] = TINY, context: int = 2048, seed: int = 0) -> Path:
    """Fill the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    words = tokenizer()
    words.save(str(folder / "tokenizer.json"))
    end = words.token_to_id(SPECIALS[2])
    config = {
        "architectures": ["Qwen3ForCausalLM"],
        "model_type": "qwen3",
        "num_hidden_layers": sizes["layers"],
        "hidden_size": sizes["hidden"],
        "intermediate_size": sizes["inner"],
        "num_attention_heads": sizes["heads"],
        "num_key_value_heads": sizes["key_heads"],
        "head_dim": sizes["head"],
        "vocab_size": sizes["vocabulary"],
        "max_position_embeddings": context,
        "rms_norm_eps": 1e-6,
        "rope_theta": 10_000.0,
        "hidden_act": "silu",
        "attention_bias": False,
        "tie_word_embeddings": True,
        "eos_token_id": end,
        "bos_token_id": None,
        "dtype": "bfloat16",
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": end}))
    names = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": SPECIALS[2], "pad_token": SPECIALS[0]}
    (folder / "tokenizer_config.json").write_text(json.dumps(names))
    _save(folder / "model.safetensors", _tensors(sizes, np.random.default_rng(seed)))
    metadata = {"name": "tiny", "version": content_version(folder)}
    (folder / METADATA).write_text(json.dumps(metadata))
    return folder


def _tensors(sizes: dict[str, int], rng: np.random.Generator) -> dict[str, Any]:
    hidden, inner, head = sizes["hidden"], sizes["inner"], sizes["head"]

    def matrix(outputs: int, inputs: int) -> Any:
        return rng.standard_normal((outputs, inputs)) * 1.5 / inputs**0.5

    def norm(size: int) -> Any:
        return 1 + 0.2 * rng.standard_normal(size)

    tensors = {
        "model.embed_tokens.weight": rng.standard_normal((sizes["vocabulary"], hidden)) * 0.15,
        "model.norm.weight": norm(hidden),
    }
    for index in range(sizes["layers"]):
        layer = {
            "self_attn.q_proj": matrix(sizes["heads"] * head, hidden),
            "self_attn.k_proj": matrix(sizes["key_heads"] * head, hidden),
            "self_attn.v_proj": matrix(sizes["key_heads"] * head, hidden),
            "self_attn.o_proj": matrix(hidden, sizes["heads"] * head),
            "self_attn.q_norm": norm(head),
            "self_attn.k_norm": norm(head),
            "mlp.gate_proj": matrix(inner, hidden),
            "mlp.up_proj": matrix(inner, hidden),
            "mlp.down_proj": matrix(hidden, inner),
            "input_layernorm": norm(hidden),
            "post_attention_layernorm": norm(hidden),
        }
        tensors |= {f"model.layers.{index}.{name}.weight": value for name, value in layer.items()}
    return tensors


def _save(path: Path, tensors: dict[str, Any]) -> None:
    """As bfloat16, in the safetensors format."""
    header, parts, place = {"__metadata__": {"format": "pt"}}, [], 0
    for name, tensor in tensors.items():
        data = (tensor.astype("<f4").view("<u4") >> 16).astype("<u2").tobytes()
        offsets = [place, place + len(data)]
        header[name] = {"dtype": "BF16", "shape": list(tensor.shape), "data_offsets": offsets}  # type: ignore[dict-item]
        parts.append(data)
        place += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(parts))
