"""The loss of MGPO and of its relatives as pure functions (method section 6; arXiv 2602.03279).

Tensors over steps have the shape (S,), over the agent's own tokens (N,); `step_of` (N,) says to which step a token
belongs. Prompt and tool tokens are not among the N, so they cannot contribute.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import torch
from torch import Tensor

from trainer.advantage import (
    fused_advantage,
    implicit_reward,
    stage_advantage,
    trajectory_advantage,
    zero_sum_weight,
)


class Gate(StrEnum):
    """How an update fades where the policy has moved away from the one that sampled."""

    NONE = "none"
    """Not at all."""
    SECH2 = "sech2"
    """MGPO's asymmetric gate."""
    CLIP = "clip"
    """PPO's and GRPO's: times the ratio, and zero beyond the clip."""


@dataclass(frozen=True)
class Algorithm:
    """The coefficients of MGPO; its relatives are other values of them."""

    omega: float = 0.5
    """Weight of the stage advantage; 0.5 is the paper's best."""
    beta: float = 0.02
    """Strength of the KL constraint; unspecified in the paper."""
    gate: Gate = Gate.SECH2
    tau_positive: float = 1.0
    tau_negative: float = 1.05
    """Larger than `tau_positive`: negative, noisy updates fade faster. Both are the defaults published with SAPO."""
    clip: float = 0.2
    """Width of PPO's clip, for `Gate.CLIP`."""
    leave_one_out: bool = False
    """Whether a step is compared with the steps of other trajectories only (`stage_advantage`)."""


MGPO = Algorithm()
ALGORITHMS = {
    "mgpo": MGPO,
    "mgpo-no-stage": replace(MGPO, omega=0.0),
    "mgpo-no-gate": replace(MGPO, gate=Gate.NONE),
    "mgpo-no-kl": replace(MGPO, beta=0.0),
    "mgpo-leave-one-out": replace(MGPO, leave_one_out=True),
    "grpo": Algorithm(omega=0.0, beta=0.0, gate=Gate.CLIP),
}
"""By the name that the command line takes."""


@dataclass(frozen=True)
class GroupTensors:
    """What the loss needs to know of a group of G trajectories with S steps and N tokens of the agent."""

    terminal: Tensor
    """r_T, (G,)."""
    process: Tensor
    """r_proc, (S,)."""
    stage: Tensor
    """Cognitive stage, (S,)."""
    owner: Tensor
    """Trajectory of each step, (S,)."""
    step_of: Tensor
    """Step of each token, (N,)."""
    old: Tensor
    """Log-probabilities under the policy that sampled, (N,)."""


@dataclass(frozen=True)
class Weights:
    """What every token's log-probability is multiplied with, and where it comes from. No gradients."""

    token: Tensor
    """w' of the token's step, gated: (N,)."""
    step: Tensor
    """w before the gate: (S,)."""
    advantage: Tensor
    """A, (S,)."""
    of_trajectory: Tensor
    """A_E, (G,)."""
    of_stage: Tensor
    """A_S, (S,)."""
    implicit: Tensor
    """R, (S,)."""
    ratio: Tensor
    """pi_theta / pi_old, raw, (N,)."""
    gate: Tensor
    """(N,)."""


def asymmetric_gate(ratio: Tensor, weight: Tensor, tau_positive: float, tau_negative: float) -> Tensor:
    """sech^2(tau/2 (r - 1)), tau_positive where w >= 0 and tau_negative elsewhere; any shape.

    1 where the policy has not moved, falling to 0 in both directions. Unlike the gradient of SAPO's loss it has no
    further factor r.
    """
    tau = torch.where(weight >= 0, tau_positive, tau_negative)
    return 1.0 / torch.cosh((tau / 2 * (ratio - 1)).clamp(-40.0, 40.0)) ** 2


def clipped_ratio(ratio: Tensor, weight: Tensor, clip: float) -> Tensor:
    """What the gradient of PPO's min(r w, clip(r) w) multiplies w grad log pi with; any shape.

    r, and 0 where the policy has already moved further than `clip` in the direction of w.
    """
    beyond = torch.where(weight >= 0, ratio > 1 + clip, ratio < 1 - clip)
    return torch.where(beyond, 0.0, ratio)


def weigh(group: GroupTensors, current: Tensor, reference: Tensor, algorithm: Algorithm) -> Weights:
    """The weights of a group's tokens, from log-probabilities under the current and the reference policy, both (N,).

    Where the paper writes r_{i,t} for an action, the ratio here is the token's: that of an action is a product
    over hundreds of tokens, and has left the gate's range after one small update.
    """
    current, reference = current.detach(), reference.detach()
    of_trajectory = trajectory_advantage(group.terminal)
    of_stage = stage_advantage(group.process, group.stage, group.owner, leave_one_out=algorithm.leave_one_out)
    advantage = fused_advantage(of_trajectory, of_stage, group.owner, algorithm.omega)
    implicit = implicit_reward(current, reference, group.step_of, len(group.owner), algorithm.beta)
    step = zero_sum_weight(advantage, implicit, group.owner)
    weight = step[group.step_of]
    ratio = torch.exp(current - group.old)
    match algorithm.gate:
        case Gate.NONE:
            gate = torch.ones_like(weight)
        case Gate.SECH2:
            gate = asymmetric_gate(ratio, weight, algorithm.tau_positive, algorithm.tau_negative)
        case Gate.CLIP:
            gate = clipped_ratio(ratio, weight, algorithm.clip)
    return Weights(gate * weight, step, advantage, of_trajectory, of_stage, implicit, ratio, gate)


def policy_loss(log_probabilities: Tensor, weights: Tensor, tokens: int) -> Tensor:
    """L = -1/N sum sg(w') log pi: (n,), (n,) -> scalar.

    `tokens` is N, the agent's tokens of the *whole* batch, however it is split into packs, micro-batches or ranks: the
    parts' losses add up to the batch's.
    """
    return -(weights.detach() * log_probabilities).sum() / tokens
