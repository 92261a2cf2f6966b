"""Muon for the matrices inside the layers, AdamW for embeddings and norms, and the rate over a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import nn


@dataclass(frozen=True)
class Rates:
    """Learning rates at their highest, and how they move over a run."""

    matrices: float = 2e-3
    """Muon's, scaled to AdamW's size of update (`match_rms_adamw`)."""
    others: float = 5e-4
    """AdamW's, for embeddings and norms."""
    weight_decay: float = 0.01
    warmup: float = 0.02
    """Share of the run in which the rates rise."""
    decay: float = 0.4
    """Share of the run, at its end, in which they fall linearly to `floor`."""
    floor: float = 0.02

    def factor(self, progress: float) -> float:
        """What the rates are multiplied with after this share of the run (0 to 1)."""
        rise = min(1.0, (progress + 1e-3) / self.warmup) if self.warmup else 1.0
        fall = min(1.0, (1.0 - min(1.0, progress)) / self.decay) if self.decay else 1.0
        return max(self.floor, min(rise, fall))


SLOWER = 0.1
"""Rate of gentle matrices, as a share: an update of Muon moves every direction of a matrix alike."""


class Parameters(Protocol):
    """Whatever has named parameters."""

    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]:
        """All of them; those with gradients are optimised."""
        ...


class Optimizer:
    """Both optimizers as one, with gradients that are given to `step` rather than kept by the parameters."""

    def __init__(
        self, network: Parameters, rates: Rates, gentle: tuple[str, ...] = (), *, muon: bool = True
    ) -> None:
        """`gentle` names the beginnings of matrices that learn slowly; without `muon` AdamW takes everything."""
        self.parameters = [each for _, each in network.named_parameters() if each.requires_grad]
        self.rates = rates
        named = [(name, each) for name, each in network.named_parameters() if each.requires_grad]
        matrices = [(name, each) for name, each in named if muon and _is_matrix(name, each)]
        inner = [each for name, each in matrices if not name.startswith(gentle)]
        slow = [each for name, each in matrices if name.startswith(gentle)]
        outer = [each for name, each in named if not (muon and _is_matrix(name, each))]
        self.parts: list[tuple[torch.optim.Optimizer, float]] = [
            (
                torch.optim.AdamW(
                    outer, lr=rates.others, betas=(0.9, 0.95), weight_decay=rates.weight_decay, foreach=True
                ),
                rates.others,
            )
        ]
        for part, rate in ((inner, rates.matrices), (slow, rates.matrices * SLOWER)):
            if part:
                optimizer = torch.optim.Muon(
                    part, lr=rate, weight_decay=rates.weight_decay, adjust_lr_fn="match_rms_adamw"
                )
                self.parts.append((optimizer, rate))

    def step(
        self, gradients: list[torch.Tensor], progress: float, clip: float = 1.0, scale: float = 1.0
    ) -> float:
        """Clip the gradients, update the parameters with the rates times `scale`; the gradients' norm before it."""
        norm = total_norm(gradients)
        torch._foreach_mul_(gradients, min(1.0, clip / (norm + 1e-6)))  # the fused form
        for parameter, gradient in zip(self.parameters, gradients, strict=True):
            parameter.grad = gradient
        factor = scale * self.rates.factor(progress)
        for optimizer, rate in self.parts:
            for group in optimizer.param_groups:
                group["lr"] = rate * factor
            optimizer.step()
        for parameter in self.parameters:
            parameter.grad = None
        return norm

    def state(self) -> list[dict[str, Any]]:
        """What `restore` needs."""
        return [optimizer.state_dict() for optimizer, _ in self.parts]

    def restore(self, state: list[dict[str, Any]]) -> None:
        """Continue from `state`."""
        for (optimizer, _), part in zip(self.parts, state, strict=True):
            optimizer.load_state_dict(part)


def total_norm(gradients: list[torch.Tensor]) -> float:
    """The norm of all of them together; of sharded ones (on every rank at once) that of the whole gradients."""
    norm: Any = torch.nn.utils.get_total_norm(gradients)
    return float(norm.full_tensor() if hasattr(norm, "full_tensor") else norm)


def _is_matrix(name: str, parameter: nn.Parameter) -> bool:
    """Whether Muon takes it: adapters are thin, and their product is what counts."""
    return parameter.ndim == 2 and ".layers." in name and "lora_" not in name
