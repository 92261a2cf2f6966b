"""Qwen3's network, trained on packs: conversations in a row, each attending to itself alone.

The parameters have the names and shapes of transformers' `Qwen3ForCausalLM`, so the weights move both ways. What
differs is the work: no padding, attention once per conversation, and the output layer only where a target is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn

from propound.policy.chat import PADDING, end_token, special_token
from trainer.attention import attend_pack, places
from trainer.batch import Pack
from trainer.head import score
from trainer.layers import FeedForward, Norm
from trainer.tokenizer import save_tokenizer


@dataclass(frozen=True)
class Shape:
    """Sizes of a network; the default is that of Propound's own checkpoints (5 million parameters)."""

    vocab_size: int
    hidden_size: int = 256
    intermediate_size: int = 768
    num_hidden_layers: int = 6
    num_attention_heads: int = 8
    num_key_value_heads: int = 2
    head_dim: int = 32
    max_position_embeddings: int = 4096
    rope_theta: float = 5e6
    rms_norm_eps: float = 1e-6
    tie_word_embeddings: bool = True

    def config(self, end: int, padding: int) -> dict[str, Any]:
        """The content of config.json; `end` and `padding` are token ids."""
        return {
            "architectures": ["Qwen3ForCausalLM"],
            "model_type": "qwen3",
            **asdict(self),
            "attention_bias": False,
            "attention_dropout": 0.0,
            "hidden_act": "silu",
            "initializer_range": 0.02,
            "use_sliding_window": False,
            "dtype": "bfloat16",
            "bos_token_id": None,
            "eos_token_id": end,
            "pad_token_id": padding,
        }

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Shape:
        """The sizes that a config.json gives."""
        theta = config.get("rope_theta") or config["rope_parameters"]["rope_theta"]
        names = [name for name in cls.__dataclass_fields__ if name != "rope_theta"]
        return cls(rope_theta=theta, **{name: config[name] for name in names})


class Attention(nn.Module):
    """Causal attention within each conversation, several query heads per key head."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        queries, keys = (n * shape.head_dim for n in (shape.num_attention_heads, shape.num_key_value_heads))
        self.q_proj = nn.Linear(shape.hidden_size, queries, bias=False)
        self.k_proj = nn.Linear(shape.hidden_size, keys, bias=False)
        self.v_proj = nn.Linear(shape.hidden_size, keys, bias=False)
        self.o_proj = nn.Linear(queries, shape.hidden_size, bias=False)
        self.q_norm = Norm(shape.head_dim, shape.rms_norm_eps)
        self.k_norm = Norm(shape.head_dim, shape.rms_norm_eps)

    def forward(
        self, x: Tensor, rotation: tuple[Tensor, Tensor], lengths: list[int], shared: bool
    ) -> Tensor:
        """Heads' outputs before the output projection: (T, hidden) -> (T, heads * head_dim)."""
        heads = (len(x), -1, self.shape.head_dim)
        value = self.v_proj(x).view(heads)
        query = rotate(self.q_norm(self.q_proj(x).view(heads)), *rotation).to(value.dtype)
        key = rotate(self.k_norm(self.k_proj(x).view(heads)), *rotation).to(value.dtype)
        return attend_pack(query, key, value, lengths, shared=shared).flatten(1)


def rotate(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Rotary position embedding, halves paired as in Llama: (T, heads, d) with (T, 1, d / 2) twice."""
    first, second = x.chunk(2, -1)
    return torch.cat((first * cosine - second * sine, second * cosine + first * sine), -1)


class Layer(nn.Module):
    """Attention and feed-forward, each normalised before and added after."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.self_attn = Attention(shape)
        self.mlp = FeedForward(shape.hidden_size, shape.intermediate_size)
        self.input_layernorm = Norm(shape.hidden_size, shape.rms_norm_eps)
        self.post_attention_layernorm = Norm(shape.hidden_size, shape.rms_norm_eps)

    def forward(
        self,
        x: Tensor,
        rotation: tuple[Tensor, Tensor],
        lengths: list[int],
        shared: bool,
        chosen: Tensor | None,
    ) -> Tensor:
        """(T, hidden) -> (T, hidden), or only the `chosen` positions of it."""
        heads = self.self_attn(self.input_layernorm(x), rotation, lengths, shared)
        if chosen is not None:
            heads, x = heads[chosen], x[chosen]
        x = x + self.self_attn.o_proj(heads)
        result: Tensor = x + self.mlp(self.post_attention_layernorm(x))
        return result


class Body(nn.Module):
    """All but the output layer."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(shape.vocab_size, shape.hidden_size)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.num_hidden_layers))
        self.norm = Norm(shape.hidden_size, shape.rms_norm_eps)

    @property
    def stack(self) -> list[Layer]:
        """The layers, from first to last."""
        return [layer for layer in self.layers if isinstance(layer, Layer)]


class Network(nn.Module):
    """A causal language model over packs of conversations."""

    cosine: Tensor
    sine: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.context = shape.max_position_embeddings
        self.vocabulary = shape.vocab_size
        self.model = Body(shape)
        self.lm_head = (
            None if shape.tie_word_embeddings else nn.Linear(shape.hidden_size, shape.vocab_size, bias=False)
        )
        steps = torch.arange(0, shape.head_dim, 2, dtype=torch.float) / shape.head_dim
        angles = torch.arange(shape.max_position_embeddings)[:, None] * shape.rope_theta**-steps
        self.register_buffer("cosine", angles.cos()[:, None], persistent=False)
        self.register_buffer("sine", angles.sin()[:, None], persistent=False)

    def hidden(
        self, ids: Tensor, lengths: list[int], chosen: Tensor | None = None, *, shared: bool = False
    ) -> Tensor:
        """Final hidden states of a pack.

        `ids` (T,) holds conversations of these lengths in a row; with `shared`, the first is a beginning that all
        others continue, computed once. The result is (T, hidden), or (len(chosen), hidden) for the positions in
        `chosen`.
        """
        at = places(lengths, shared=shared, device=ids.device)
        x = self.model.embed_tokens(ids)
        rotation = (self.cosine[at].to(x.dtype), self.sine[at].to(x.dtype))
        last = self.shape.num_hidden_layers - 1
        for number, layer in enumerate(self.model.layers):
            x = layer(x, rotation, lengths, shared, chosen if number == last else None)
        result: Tensor = self.model.norm(x)
        return result

    def score(self, pack: Pack, temperature: float = 1.0) -> tuple[Tensor, Tensor]:
        """Log-probabilities of a pack's targets and entropies of what they are drawn from, (n,) each.

        See `trainer.head.score`.
        """
        hidden = self.hidden(pack.ids, pack.lengths, pack.chosen, shared=pack.shared)
        head = self.model.embed_tokens.weight if self.lm_head is None else self.lm_head.weight
        return score(hidden, head, None, pack.targets, temperature)

    def write(self, folder: Path, tokenizer: Tokenizer, dtype: torch.dtype = torch.bfloat16) -> None:
        """Write the files that transformers and vLLM load."""
        end, padding = end_token(tokenizer), special_token(tokenizer, PADDING)
        weights = {name: value.to(dtype).contiguous() for name, value in self.state_dict().items()}
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        (folder / "config.json").write_text(json.dumps(self.shape.config(end, padding), indent=2) + "\n")
        generation = {"do_sample": True, "eos_token_id": end, "pad_token_id": padding, "temperature": 0.7}
        (folder / "generation_config.json").write_text(json.dumps(generation, indent=2) + "\n")
        save_tokenizer(tokenizer, folder, self.context)


def load_network(folder: Path) -> Network:
    """The network of a checkpoint folder, in float32."""
    network = Network(Shape.of(json.loads((folder / "config.json").read_text())))
    weights = load_file(folder / "model.safetensors")
    network.load_state_dict({name: value.float() for name, value in weights.items()})
    return network
