"""A group as an engine has it: what was sampled, by which turns, and what that earned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from propound.episode import Episode
from propound.errors import PropoundError
from propound.trajectory import Stage
from trainer.loss import Algorithm, Gate, GroupTensors, asymmetric_gate, policy_loss, weigh

STEPS = "propound_steps"
"""The name under which an engine's record of a trajectory carries `steps_of` its episode."""
_STAGES = {stage.value: number for number, stage in enumerate(Stage)}


class AdapterError(PropoundError):
    """An engine's data lack something that MGPO needs, or its settings change what MGPO is."""


@dataclass(frozen=True)
class Turn:
    """One step: its n tokens and what it earned."""

    stage: int
    reward: float
    """r_proc."""
    old: Sequence[float]
    """Log-probabilities under the policy that sampled, (n,)."""
    reference: Sequence[float]
    """Under the reference policy, (n,)."""


@dataclass(frozen=True)
class Sampled:
    """One trajectory; one without turns has only its reward."""

    terminal: float
    """r_T."""
    turns: tuple[Turn, ...]


def steps_of(episode: Episode) -> list[dict[str, Any]]:
    """What an engine's record must carry of each step, in order: stage and process reward. JSON."""
    steps = zip(episode.trajectory.steps, episode.rewards.steps, strict=True)
    return [{"stage": step.stage.value, "reward": reward} for step, reward in steps]


def read_step(step: Mapping[str, Any], old: Sequence[float], reference: Sequence[float]) -> Turn:
    """A turn from an item of `steps_of` and its tokens' log-probabilities.

    Raises:
        AdapterError: the item is none, or the two policies do not speak of the same tokens.
    """
    stage, reward = step.get("stage"), step.get("reward")
    if stage not in _STAGES or not isinstance(reward, int | float):
        raise AdapterError(f"a step has a stage ({', '.join(_STAGES)}) and a reward, unlike {step!r}"[:200])
    if len(old) != len(reference):
        raise AdapterError(
            f"{len(old)} tokens were sampled, and the reference policy scored {len(reference)}"
        )
    return Turn(_STAGES[stage], float(reward), old, reference)


def token_weights(group: Sequence[Sampled], algorithm: Algorithm) -> list[list[float]]:
    """w of every token before the gate, for each trajectory in the order of its tokens.

    Raises:
        AdapterError: the algorithm's gate is one that needs more than w.
    """
    check_gate(algorithm)
    turns = [turn for trajectory in group for turn in trajectory.turns]
    owners = [number for number, trajectory in enumerate(group) for _ in trajectory.turns]
    lengths = torch.tensor([len(turn.old) for turn in turns], dtype=torch.long)
    if not turns:
        return [[] for _ in group]
    tensors = GroupTensors(
        terminal=_doubles([trajectory.terminal for trajectory in group]),
        process=_doubles([turn.reward for turn in turns]),
        stage=torch.tensor([turn.stage for turn in turns]),
        owner=torch.tensor(owners),
        step_of=torch.repeat_interleave(torch.arange(len(turns)), lengths),
        old=_doubles([value for turn in turns for value in turn.old]),
    )
    reference = _doubles([value for turn in turns for value in turn.reference])
    weights = weigh(tensors, tensors.old, reference, replace(algorithm, gate=Gate.NONE)).token
    sizes = [sum(len(turn.old) for turn in trajectory.turns) for trajectory in group]
    return [part.tolist() for part in torch.split(weights, sizes)]


def gated_loss(
    log_probabilities: Tensor, old: Tensor, weights: Tensor, tokens: int, taus: tuple[float, float]
) -> tuple[Tensor, Tensor]:
    """The loss of some tokens, all (n,), and the mean of their gates; `tokens` is N of the whole batch.

    `taus`: tau_positive and tau_negative; both 0 is no gate.
    """
    weights = weights.detach()
    gate = asymmetric_gate(torch.exp(log_probabilities.detach() - old), weights, *taus)
    return policy_loss(log_probabilities, gate * weights, tokens), gate.sum() / max(1, len(gate))


def check_gate(algorithm: Algorithm) -> None:
    """Make sure that the algorithm is one that the adapters can host.

    Raises:
        AdapterError: it is not.
    """
    if algorithm.gate is Gate.CLIP:
        raise AdapterError("the adapters gate by sech^2 or not at all; clipping is the engines' own")


def _doubles(values: Sequence[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)
