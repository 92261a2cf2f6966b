"""Any causal language model of transformers as a network on packs: in full, or with low-rank adapters alone.

transformers runs its own code; only the attention is ours, called once for each conversation of a pack.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface, AutoModelForCausalLM

from trainer.attention import attend_pack, places
from trainer.batch import Pack
from trainer.head import score
from trainer.tokenizer import save_tokenizer

ATTENTION = "propound_pack"
"""The name that our attention has in transformers."""


class Adapted(nn.Module):
    """A network of transformers, of which all parameters or only adapters of a rank are trained."""

    def __init__(self, folder: Path, rank: int | None) -> None:
        super().__init__()
        AttentionInterface.register(ATTENTION, _attend)
        AttentionMaskInterface.register(ATTENTION, _no_mask)
        dtype = torch.float32 if rank is None else torch.bfloat16
        model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation=ATTENTION)
        self.context: int = model.config.max_position_embeddings
        self.vocabulary: int = model.config.vocab_size
        self.rank = rank
        if rank is not None:
            adapter = LoraConfig(
                r=rank, lora_alpha=2 * rank, target_modules="all-linear", task_type="CAUSAL_LM"
            )
            model = get_peft_model(model, adapter)
        self.model: Any = model

    def score(self, pack: Pack, temperature: float = 1.0) -> tuple[Tensor, Tensor]:
        """As `Network.score`."""
        causal = self.model if self.rank is None else self.model.get_base_model()
        output = causal.get_decoder()(
            input_ids=pack.ids[None],
            position_ids=places(pack.lengths, shared=pack.shared, device=pack.ids.device)[None],
            use_cache=False,
            lengths=pack.lengths,
            shared=pack.shared,
        )
        head = causal.get_output_embeddings()
        hidden = output.last_hidden_state[0][pack.chosen]
        return score(hidden, head.weight, head.bias, pack.targets, temperature)

    def write(self, folder: Path, tokenizer: Tokenizer, dtype: torch.dtype = torch.bfloat16) -> None:
        """Write the files that transformers and vLLM load, adapters merged."""
        model = copy.deepcopy(self.model).float()
        if self.rank is not None:
            model = model.merge_and_unload()
        model.to(dtype).save_pretrained(folder)
        save_tokenizer(tokenizer, folder, self.context)


def _attend(
    _module: nn.Module, query: Tensor, key: Tensor, value: Tensor, _mask: Any, *, lengths: list[int], shared: bool,
    scaling: float, **_: Any,
) -> tuple[Tensor, None]:  # fmt: skip
    """Attention in transformers' words: (1, heads, T, d) thrice -> (1, T, heads, d)."""
    query = query * (scaling * query.shape[-1] ** 0.5)  # `attend` scales by the size of a head
    q, k, v = (each[0].transpose(0, 1).to(value.dtype) for each in (query, key, value))
    return attend_pack(q, k, v, lengths, shared=shared)[None], None


def _no_mask(*_: Any, **__: Any) -> None:
    """`_attend` needs none."""
