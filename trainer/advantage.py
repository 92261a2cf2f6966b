"""The advantages of MGPO as pure functions (method section 6; arXiv 2602.03279).

A group is G trajectories of one prompt with S steps in all. Tensors over trajectories have the shape (G,), tensors
over steps (S,); `owner` (S,) says to which trajectory each step belongs, `stage` (S,) in which cognitive stage the
agent acted, both as integers from 0 on. Nothing here carries gradients.
"""

from __future__ import annotations

import torch
from torch import Tensor

ALIKE = 1e-6
"""Rewards that spread less than this are taken as equal: their differences are rounding."""


def trajectory_advantage(terminal: Tensor) -> Tensor:
    """A_E = (r_T - mean r_T) / std r_T over the group: (G,) -> (G,).

    The standard deviation is the population's; a group whose rewards are all equal gets zeros.
    """
    return _normalised(terminal, terminal.mean(), _deviation(terminal))


def stage_advantage(reward: Tensor, stage: Tensor, owner: Tensor, *, leave_one_out: bool = False) -> Tensor:
    """A_S = (r_proc - mean r_proc) / std r_proc among the group's steps of the same stage: (S,) -> (S,).

    With `leave_one_out` the mean that a step is compared with is that of the *other* trajectories' steps of its
    stage; where there are none, A_S is 0. It matters when trajectories visit a stage often: otherwise a trajectory's
    own repeated visits leak into the baseline that it is judged by, and the estimate is biased where the policy chooses
    when to stop.
    """
    result = torch.zeros_like(reward)
    for each in torch.unique(stage):
        among = stage == each
        rewards, owners = reward[among], owner[among]
        deviation = _deviation(rewards)
        if not leave_one_out:
            result[among] = _normalised(rewards, rewards.mean(), deviation)
            continue
        others = owners[:, None] != owners[None, :]
        count = others.sum(1)
        baseline = (others * rewards).sum(1) / count.clamp(min=1)
        result[among] = torch.where(count > 0, _normalised(rewards, baseline, deviation), 0.0)
    return result


def fused_advantage(of_trajectory: Tensor, of_stage: Tensor, owner: Tensor, omega: float) -> Tensor:
    """A = A_E(trajectory) + omega A_S(step): (G,), (S,) -> (S,)."""
    return of_trajectory[owner] + omega * of_stage


def implicit_reward(current: Tensor, reference: Tensor, step_of: Tensor, steps: int, beta: float) -> Tensor:
    """R = beta log(pi_theta(a|o) / pi_ref(a|o)) of whole actions: log-probabilities of tokens (N,) -> (S,).

    `step_of` (N,) says to which step a token belongs; an action's log-probability is the sum over its tokens.
    """
    zero = torch.zeros(steps, dtype=current.dtype)
    return beta * zero.index_add(0, step_of, current - reference)


def zero_sum_weight(advantage: Tensor, implicit: Tensor, owner: Tensor) -> Tensor:
    """w = (A - mean A) - (R - mean R): (S,), (S,) -> (S,).

    The means are over the group with all trajectories alike, whatever their number of steps: a policy cannot move the
    baseline by stopping early or late, and with omega = beta = 0 what remains is exactly GRPO's advantage. Any
    mean makes the partition function of the KL-constrained optimum cancel. The weights sum to zero in the same sense:
    sum_i 1/T_i sum_t w_{i,t} = 0.
    """
    difference = advantage - implicit
    return difference - (difference * trajectory_shares(owner)).sum().to(difference.dtype)


def trajectory_shares(owner: Tensor) -> Tensor:
    """What each step counts in a mean over trajectories: 1 / (G T_i), with sum 1; (S,) -> (S,)."""
    _, which, count = torch.unique(owner, return_inverse=True, return_counts=True)
    result: Tensor = 1.0 / (len(count) * count[which]).double()
    return result


def _deviation(values: Tensor) -> Tensor:
    return values.std(correction=0)


def _normalised(values: Tensor, center: Tensor, deviation: Tensor) -> Tensor:
    return (values - center) / deviation if deviation > ALIKE else torch.zeros_like(values)
