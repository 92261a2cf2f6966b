"""The output layer of a network, and what a loss needs of it: log-probabilities of targets, and entropies.

A vocabulary's logits at n targets are the largest tensor of a training step, and PyTorch's plain functions hold it
several times. Here logits exist for a few targets at a time, and the backward pass computes them again (as Wijmans et
al. 2024, "Cut Your Losses in Large-Vocabulary Language Models").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from trainer.device import product_type, rows_on


class _Score(torch.autograd.Function):
    """See `score`."""

    @staticmethod
    def forward(  # noqa: PLR0917  # PyTorch calls it
        context: Any, hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor, temperature: float
    ) -> tuple[Tensor, Tensor]:
        context.save_for_backward(hidden, weight, bias, targets)
        context.temperature, context.dtype = temperature, product_type(hidden)
        found = [
            (full.gather(-1, targets[rows, None])[:, 0], -full.exp().mul_(full).sum(-1))
            for rows, full in _log_softmax(hidden, weight, bias, temperature, context.dtype)
        ]
        chosen, entropies = (torch.cat(each) for each in zip(*found, strict=True))
        context.mark_non_differentiable(entropies)
        return chosen, entropies

    @staticmethod
    def backward(context: Any, gradient: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        hidden, weight, bias, targets = context.saved_tensors
        temperature, dtype = context.temperature, context.dtype
        gradient = gradient / temperature
        d_hidden = torch.empty_like(hidden)
        d_weight = torch.zeros_like(weight) if context.needs_input_grad[1] else None
        d_bias = torch.zeros_like(bias) if context.needs_input_grad[2] else None
        product = weight.to(dtype)
        for rows, full in _log_softmax(hidden, weight, bias, temperature, dtype):
            above = gradient[rows, None].to(full)
            d_logits = full.exp_().mul_(-above).scatter_add_(-1, targets[rows, None], above)
            if d_bias is not None:
                d_bias += d_logits.sum(0)
            d_logits = d_logits.to(dtype)
            d_hidden[rows] = d_logits @ product
            if d_weight is not None:
                d_weight += d_logits.T @ hidden[rows].to(dtype)
        return d_hidden, d_weight, d_bias, None, None


def _log_softmax(
    hidden: Tensor, weight: Tensor, bias: Tensor | None, temperature: float, dtype: torch.dtype
) -> Iterator[tuple[slice, Tensor]]:
    """Log-probabilities of all tokens, some rows (r, V) after the others; products in `dtype`."""
    weight = weight.to(dtype)
    bias = None if bias is None else bias.to(dtype)
    step = rows_on(hidden.device)
    for start in range(0, max(len(hidden), 1), step):
        rows = slice(start, start + step)
        logits = F.linear(hidden[rows].to(dtype), weight, bias)
        yield rows, torch.log_softmax(logits.to(torch.promote_types(dtype, torch.float)) / temperature, -1)


def score(
    hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor, temperature: float = 1.0
) -> tuple[Tensor, Tensor]:
    """Log-probabilities of the targets (n,) at a temperature, and entropies in nats of the distributions (n,).

    From final hidden states (n, H) and the output layer (V, H) with a bias (V,), in float32. Only the
    log-probabilities have a gradient.
    """
    chosen, entropies = _Score.apply(hidden, weight, bias, targets, temperature)  # type: ignore[no-untyped-call]
    return chosen, entropies
