"""Norm and feed-forward layer of Qwen3, which keep for the backward pass only what is dear to compute again."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from trainer.device import product_type

_silu_gradient = torch.ops.aten.silu_backward  # PyTorch has no public name for it


class _Norm(torch.autograd.Function):
    """x / rms(x) * w over the last dimension, (..., H) and (H,); kept are x and 1 / rms."""

    @staticmethod
    def forward(context: Any, x: Tensor, weight: Tensor, epsilon: float) -> Tensor:
        wide = x.to(torch.promote_types(x.dtype, torch.float))
        scale = torch.rsqrt(wide.square().mean(-1, keepdim=True) + epsilon)
        context.save_for_backward(x, weight, scale)
        return (wide * scale).mul_(weight).to(product_type(x))

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        x, weight, scale = context.saved_tensors
        normed, gradient = x * scale, gradient.to(scale.dtype)
        d_weight = (gradient * normed).flatten(0, -2).sum(0)
        d_normed = gradient * weight
        along = (d_normed * normed).mean(-1, keepdim=True)
        d_x = torch.addcmul(d_normed, normed, along, value=-1).mul_(scale)
        return d_x.to(x.dtype), d_weight, None


class Norm(nn.Module):
    """Division by the root mean square, times a weight."""

    def __init__(self, size: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        """`x` normalised over its last dimension, as what reads it wants it: a product."""
        if x.device.type == "cpu":
            result: Tensor = _Norm.apply(x, self.weight, self.epsilon)  # type: ignore[no-untyped-call]
            return result
        # PyTorch's own kernel, which on GPUs keeps no more.
        return F.rms_norm(x, self.weight.shape, self.weight.to(x.dtype), self.epsilon).to(product_type(x))


class _Down(torch.autograd.Function):
    """(silu(a) * b) w^T, (T, I) twice and (H, I) -> (T, H); what w is multiplied with is not kept."""

    @staticmethod
    def forward(context: Any, gate: Tensor, up: Tensor, weight: Tensor) -> Tensor:
        context.save_for_backward(gate, up, weight)
        return F.linear(F.silu(gate).mul_(up), weight.to(gate.dtype))

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        gate, up, weight = context.saved_tensors
        opened = F.silu(gate)
        d_weight = gradient.T @ (opened * up)
        d_mixed = gradient @ weight.to(gradient.dtype)
        return _silu_gradient(d_mixed * up, gate), opened.mul_(d_mixed), d_weight.to(weight.dtype)


class FeedForward(nn.Module):
    """The gated feed-forward layer (SwiGLU), H -> I -> H."""

    def __init__(self, hidden: int, intermediate: int) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(hidden, intermediate, bias=False)
        self.up_proj = nn.Linear(hidden, intermediate, bias=False)
        self.down_proj = nn.Linear(intermediate, hidden, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(T, H) -> (T, H)."""
        result: Tensor = _Down.apply(self.gate_proj(x), self.up_proj(x), self.down_proj.weight)  # type: ignore[no-untyped-call]
        return result
