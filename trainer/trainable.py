"""What training asks of a network: ours, or one of transformers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from trainer.batch import Pack
from trainer.device import PROCESSOR
from trainer.network import load_network


class Trainable(Protocol):
    """What a run asks of a network."""

    context: int
    """Longest conversation, in tokens."""
    vocabulary: int
    """How many tokens it knows."""

    def score(self, pack: Pack, temperature: float = 1.0) -> tuple[Tensor, Tensor]:
        """Log-probabilities of a pack's targets, and entropies (see `Network.score`)."""
        ...

    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]:
        """All parameters; those with gradients are trained."""
        ...

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool) -> Any:  # as in PyTorch
        """Set parameters by name."""
        ...

    def write(self, folder: Path, tokenizer: Tokenizer, dtype: torch.dtype = torch.bfloat16) -> None:
        """Write the checkpoint's files."""
        ...


def open_base(folder: Path, rank: int | None, device: torch.device = PROCESSOR) -> Trainable:
    """The network of a checkpoint: ours where its architecture is Qwen3's, otherwise or with adapters transformers'."""
    config = json.loads((folder / "config.json").read_text())
    if rank is None and config["model_type"] == "qwen3" and "rope_scaling" not in config:
        return load_network(folder).to(device)
    from trainer.adapted import Adapted

    return Adapted(folder, rank).to(device)
