"""What a network computes, by PyTorch's plain functions."""

from __future__ import annotations

import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from trainer.network import Network
from trainer.trainable import Trainable


def logits(network: Trainable, ids: Tensor, lengths: list[int], chosen: Tensor | None = None) -> Tensor:
    """Logits of the next token of a pack of these lengths, (T, V) or (n, V), of tied embeddings."""
    assert isinstance(network, Network)
    return F.linear(network.hidden(ids, lengths, chosen), network.model.embed_tokens.weight)
