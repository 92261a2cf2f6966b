"""The figures of each training step (`metrics.jsonl`, the dashboard, stop rules), and the rules that end a sick run.

Pure functions of the groups that a step learned from. docs/reference/mgpo.md lists the figures for who reads them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from propound.refinement import StopRule
from propound.trajectory import ActionKind
from trainer.experience import STAGES, Group
from trainer.loss import Algorithm
from trainer.update import Gradients, Weighed

HEALTH = (
    StopRule(figure="kl", above=0.5),
    StopRule(figure="entropy_left", below=0.2, steps=3),
    StopRule(figure="effective_sample_size", below=0.5),
    StopRule(figure="zero_variance", above=0.9, steps=10),
    StopRule(figure="validity_left", below=0.5, steps=5),
)
"""Ends a run that goes wrong; `kl` is in nats a token, the rest are shares of 1."""
_SMOOTHING = 0.2


def has_variance(group: Group) -> bool:
    """Whether the group's terminal rewards differ: otherwise no trajectory is better than another."""
    return len({member.terminal for member in group.members}) > 1


def carries(group: Group, algorithm: Algorithm) -> bool:
    """Whether any trajectory of the group would get a weight, at the reference policy; one alone never does."""
    if len(group.members) < 2:
        return False
    if has_variance(group):
        return True
    rewards: dict[int, set[float]] = {}
    for member in group.members:
        for stage, reward in zip(member.stages, member.process, strict=True):
            rewards.setdefault(stage, set()).add(reward)
    return algorithm.omega != 0 and any(len(each) > 1 for each in rewards.values())


def step_figures(
    batch: Sequence[Weighed], drawn: Sequence[Group], gradients: Gradients, algorithm: Algorithm
) -> dict[str, Any]:
    """Figures of one step: of the `drawn` groups what they earned, of the `batch` that was learnt from the rest.

    All shares are between 0 and 1, all logarithms natural.
    """
    return {**_rewards(drawn), **_policy(batch, gradients), **_weights(batch, algorithm), **_stages(batch)}


def _rewards(groups: Sequence[Group]) -> dict[str, Any]:
    made = [each for group in groups for each in group.episodes]
    episodes = [each for each in made if each.is_decided]
    terminal = _tensor([each.rewards.terminal for each in episodes])
    process = _tensor([r for each in episodes for r in each.rewards.steps])
    steps = [step for each in episodes for step in each.trajectory.steps]
    submitted = [each for each in episodes if each.trajectory.submission is not None]
    accepted = [each for each in episodes if each.verdict.accepted]
    rates = [each.rewards.pass_rate for each in episodes if each.rewards.pass_rate is not None]
    statements = {each.verdict.problem.statement for each in accepted if each.verdict.problem}
    kinds = sorted({step.action.kind for step in steps})
    return {
        "groups": len(groups),
        "episodes": len(made),
        "undecided": _ratio(len(made) - len(episodes), len(made)),
        "reward": _mean(terminal),
        "reward_deviation": _spread(terminal),
        "process_reward": _mean(process),
        "process_reward_deviation": _spread(process),
        "process_reward_by_action": {
            str(kind): _mean(
                _tensor(
                    [
                        r
                        for each in episodes
                        for step, r in zip(each.trajectory.steps, each.rewards.steps, strict=True)
                        if step.action.kind is kind
                    ]
                )
            )
            for kind in kinds
        },
        "zero_variance": _ratio(sum(not has_variance(group) for group in groups), len(groups)),
        "validity": _ratio(len(accepted), len(episodes)),
        "submitted": _ratio(len(submitted), len(episodes)),
        "verified": _ratio(len(accepted), len(submitted)),
        "well_formed": _ratio(
            sum(step.action.kind is not ActionKind.MALFORMED for step in steps), len(steps)
        ),
        "distinct": _ratio(len(statements), len(accepted)),
        "pass_rates": [sum(int(min(rate * 5, 4)) == i for rate in rates) for i in range(5)],
        "turns": _ratio(len(steps), len(episodes)),
    }


def _policy(batch: Sequence[Weighed], gradients: Gradients) -> dict[str, Any]:
    difference = torch.cat([each.reference - each.current for each in batch])
    ratio = torch.cat([each.weights.ratio for each in batch])
    return {
        "tokens": len(ratio),
        "kl": _mean(torch.expm1(difference) - difference),
        "entropy": _mean(gradients.entropies),
        "ratio_smallest": float(ratio.min()),
        "ratio_largest": float(ratio.max()),
        "effective_sample_size": float(ratio.sum() ** 2 / (len(ratio) * (ratio**2).sum())),
    }


def _weights(batch: Sequence[Weighed], algorithm: Algorithm) -> dict[str, Any]:
    weight = torch.cat([each.weights.step[each.group.tensors().step_of] for each in batch])
    gate = torch.cat([each.weights.gate for each in batch])
    of_trajectory = torch.cat([e.weights.of_trajectory[e.group.tensors().owner] for e in batch])
    of_stage = torch.cat([each.weights.of_stage for each in batch])
    centered = (of_trajectory - of_trajectory.mean()) * (of_stage - of_stage.mean())
    advantage = torch.cat([each.weights.advantage for each in batch])
    implicit = torch.cat([each.weights.implicit for each in batch])
    result: dict[str, Any] = {
        "weight": _mean(weight.abs()),
        "weight_of_advantage": _mean(advantage.abs()),
        "weight_of_kl": _mean((implicit - implicit.mean()).abs()) if algorithm.beta else 0.0,
        "covariance_of_advantages": _mean(centered),
    }
    for name, chosen in (("positive", weight >= 0), ("negative", weight < 0)):
        result[f"gate_{name}"] = _mean(gate[chosen])
        result[f"gate_{name}_under_half"] = _mean((gate[chosen] < 0.5).double())
    return result


def _stages(batch: Sequence[Weighed]) -> dict[str, Any]:
    stage = torch.cat([each.group.tensors().stage for each in batch])
    of_token = torch.cat([e.group.tensors().stage[e.group.tensors().step_of] for e in batch])
    reward = torch.cat([each.group.tensors().process for each in batch])
    advantage = torch.cat([each.weights.of_stage for each in batch])
    return {
        "stages": {
            str(name): {
                "reward": _mean(reward[stage == number]),
                "advantage": _mean(advantage[stage == number].abs()),
                "tokens": _mean((of_token == number).double()),
            }
            for number, name in enumerate(STAGES)
        }
    }


def trend(previous: Mapping[str, Any] | None, figures: Mapping[str, Any]) -> dict[str, float]:
    """What is left of the first step's entropy and of the best smoothed validity, and what that takes to go on."""
    entropy, validity = float(figures["entropy"]), float(figures["validity"])
    first = float(previous["first_entropy"]) if previous else entropy
    smooth = float(previous["smooth_validity"]) if previous else validity
    smooth += _SMOOTHING * (validity - smooth)
    best = max(float(previous["best_validity"]) if previous else 0.0, smooth)
    return {
        "first_entropy": first,
        "entropy_left": entropy / first if first else 1.0,
        "smooth_validity": smooth,
        "best_validity": best,
        "validity_left": smooth / best if best else 1.0,
    }


def finite(figures: Mapping[str, Any]) -> dict[str, Any]:
    """The figures as JSON can hold them: None in place of numbers that are not finite."""
    result: dict[str, Any] = {}
    for name, value in figures.items():
        if isinstance(value, Mapping):
            result[name] = finite(value)
        else:
            result[name] = None if isinstance(value, float) and not math.isfinite(value) else value
    return result


def _tensor(values: Sequence[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def _mean(values: Tensor) -> float:
    return float(values.mean()) if len(values) else 0.0


def _spread(values: Tensor) -> float:
    return float(values.std(correction=0)) if len(values) else 0.0


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
