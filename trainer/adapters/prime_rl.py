"""MGPO in prime-rl: an algorithm for its orchestrator and a loss for its trainer.

Signatures from prime-rl v0.8.1.dev67 (commit 559b447, 2026-08-21) and verifiers a60a606 of the same day:
`Algorithm.score_group(episodes)`, `assign_advantages(trace, per-token list)`, `OPDAlgorithm.score_episode` (scores a
frozen reference model), and a custom loss `fn(LossInputs, **kwargs) -> LossOutputs`, a sum that the trainer divides by
the global number of tokens.

The orchestrator is started by this module in place of its own command: prime-rl takes no algorithms from outside.

    export PROPOUND_REFERENCE='{"name": "base", "base_url": "http://host:8000/v1"}'
    python -m trainer.adapters.prime_rl @ orch.toml

with `[orchestrator.algo] type = "grpo"` (whose place MGPO takes) and `filter_zero_advantages = false` below
`[orchestrator.train]` (tokens of weight 0 count in N), and in the trainer's file

    [trainer.loss]
    type = "custom"
    import_path = "trainer.adapters.prime_rl.mgpo_loss"

Sample at temperature 1: the reference model is scored at 1. The environment puts `steps_of` an episode into
`trace.info["propound_steps"]`, one item for each sampled message, and r_T into the trace's rewards.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor

from trainer.adapters.sampled import (
    STEPS,
    AdapterError,
    Sampled,
    check_gate,
    gated_loss,
    read_step,
    token_weights,
)
from trainer.loss import MGPO, Algorithm

REFERENCE = "PROPOUND_REFERENCE"
"""Environment variable: the fields of prime-rl's `FrozenModelConfig` as JSON."""


class Node(Protocol):
    """A message of a trace (`verifiers.v1.MessageNode`)."""

    sampled: bool
    mask: list[bool]
    logprobs: list[float]
    """Of the sampled tokens alone, as `reference_logprobs`."""
    reference_logprobs: list[float] | None


class Trace(Protocol):
    """A trajectory (`verifiers.v1.Trace`)."""

    nodes: Sequence[Any]
    info: dict[str, Any]

    @property
    def reward(self) -> float:
        """r_T."""
        ...


class LossInputs(Protocol):
    """One sequence of length L, as the trainer gives it (`prime_rl.trainer.rl.loss.LossInputs`)."""

    trainer_logprobs: Tensor
    inference_logprobs: Tensor
    advantages: Tensor
    loss_mask: Tensor
    loss_weights: Tensor | None


@dataclass
class LossOutputs:
    """What the trainer reads of a loss function's result."""

    loss: Tensor
    metrics: dict[str, Tensor]


def mgpo_loss(
    inputs: LossInputs, tau_positive: float = MGPO.tau_positive, tau_negative: float = MGPO.tau_negative
) -> LossOutputs:
    """The summed loss of a sequence whose advantages are `score`'s.

    Raises:
        AdapterError: the sequence has loss weights of its own.
    """
    mask = inputs.loss_mask
    if inputs.loss_weights is not None and bool((inputs.loss_weights[mask] != 1).any()):
        raise AdapterError("a token's weight is MGPO's alone: no loss weights beside it")
    loss, gate = gated_loss(
        inputs.trainer_logprobs[mask],
        inputs.inference_logprobs[mask],
        inputs.advantages[mask],
        1,
        (tau_positive, tau_negative),
    )
    return LossOutputs(loss, {"mgpo/gate": gate})


def score(traces: Sequence[Trace], algorithm: Algorithm = MGPO) -> list[list[float]]:
    """The weight of every sampled token of a group's traces, as `assign_advantages` takes them.

    Raises:
        AdapterError: a trace's steps are not said, or it has no reference log-probabilities.
    """
    return token_weights([_sampled(trace) for trace in traces], algorithm)


def _sampled(trace: Trace) -> Sampled:
    nodes: list[Node] = [node for node in trace.nodes if any(node.mask)]
    steps = trace.info.get(STEPS)
    if not isinstance(steps, list) or len(steps) != len(nodes):
        raise AdapterError(f"info[{STEPS!r}] has no item for each of {len(nodes)} sampled messages")
    if any(node.reference_logprobs is None for node in nodes):
        raise AdapterError("a sampled message was not scored by the reference model")
    turns = (
        read_step(step, node.logprobs, node.reference_logprobs or [])
        for step, node in zip(steps, nodes, strict=True)
    )
    return Sampled(trace.reward, tuple(turns))


def register(reference: Mapping[str, Any], algorithm: Algorithm = MGPO) -> None:
    """Put MGPO in the place of prime-rl's "grpo"; `reference` are the fields of its `FrozenModelConfig`.

    Raises:
        ImportError: prime-rl is not installed.
        AdapterError: the algorithm's gate is another engine's business.
    """
    check_gate(algorithm)
    from prime_rl.configs.algorithm import FrozenModelConfig
    from prime_rl.orchestrator.algo import ALGORITHM_CLASSES
    from prime_rl.orchestrator.algo.base import Algorithm as Base
    from prime_rl.orchestrator.algo.opd import OPDAlgorithm
    from prime_rl.orchestrator.algo.routing import assign_advantages

    class MGPOAlgorithm(OPDAlgorithm):  # type: ignore[misc]  # untyped where it is not installed
        """Scores the reference model as on-policy distillation does, and a group as MGPO does."""

        action_loss_type = "rl"

        def __init__(self, config: Any, policy_pool: Any) -> None:
            Base.__init__(self, config, policy_pool)
            self.teacher = FrozenModelConfig(**reference)
            self.teacher_pool = None

        async def score_group(self, episodes: list[Any]) -> None:
            """Assign every sampled token its weight; failed traces have no part."""
            traces = [
                trace
                for episode in episodes
                for trace in episode.traces
                if trace.agent.trainable and not trace.has_error
            ]
            for trace, weights in zip(traces, score(traces, algorithm), strict=True):
                assign_advantages(trace, weights)

    ALGORITHM_CLASSES["grpo"] = MGPOAlgorithm


def main() -> None:
    """prime-rl's orchestrator with MGPO; its arguments are prime-rl's."""
    told = os.environ.get(REFERENCE)
    if not told:
        raise SystemExit(f"{REFERENCE} names the reference model: a JSON object with name and base_url")
    register(json.loads(told))
    from prime_rl.entrypoints.orchestrator import main as orchestrate

    orchestrate()


if __name__ == "__main__":
    main()
