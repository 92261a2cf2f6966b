"""MGPO in verl: an advantage for its driver and a policy loss for its actors.

Signatures from verl v0.9.0 (commit 483b8a0, 2026-08-14): `ray_trainer.compute_advantage(data, adv_estimator, ...)`,
which has the whole batch; `register_policy_loss(name)` with `fn(old_log_prob, log_prob, advantages, response_mask,
loss_agg_mode, config, rollout_is_weights)`, which has neither steps nor reference; what an agent loop puts into
`AgentLoopOutput.extra_fields` arrives in `data.non_tensor_batch`. Every process of verl loads this with

    export VERL_USE_EXTERNAL_MODULES=trainer.adapters.verl_plugin

and then, with the entry point `verl.trainer.main_ppo_v0` (the newer trainer hands the advantage no extra fields):

    algorithm.adv_estimator=mgpo
    actor_rollout_ref.actor.policy_loss.loss_mode=mgpo
    actor_rollout_ref.actor.loss_agg_mode=token-mean
    actor_rollout_ref.actor.use_kl_loss=True
    actor_rollout_ref.actor.kl_loss_coef=0

The last two make verl compute the reference and leave it to the weights. The agent loop puts `steps_of` an episode,
with `start` and `end` of each step's tokens in the response, into `extra_fields["propound_steps"]`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from trainer.adapters.sampled import (
    STEPS,
    AdapterError,
    Sampled,
    Turn,
    check_gate,
    gated_loss,
    read_step,
    token_weights,
)
from trainer.loss import MGPO, Algorithm

NAME = "mgpo"


def compute_advantage(data: Any, algorithm: Algorithm = MGPO) -> Any:
    """The batch (`DataProto`) with the weight of every token as `advantages` and `returns`, both (B, L).

    Raises:
        AdapterError: it has no reference log-probabilities, no groups or no steps.
    """
    for name in ("old_log_probs", "ref_log_prob", "token_level_rewards", "response_mask"):
        if name not in data.batch.keys():  # noqa: SIM118  # a TensorDict has no `in`
            raise AdapterError(f"the batch has no {name}; MGPO needs use_kl_loss=True for the reference")
    for name in ("uid", STEPS):
        if name not in data.non_tensor_batch:
            raise AdapterError(f"the batch has no {name}; start verl with verl.trainer.main_ppo_v0")
    old, reference = data.batch["old_log_probs"].double(), data.batch["ref_log_prob"].double()
    mask = data.batch["response_mask"].bool()
    terminal = data.batch["token_level_rewards"].double().sum(-1)
    groups: dict[Any, list[int]] = defaultdict(list)
    for row, uid in enumerate(data.non_tensor_batch["uid"]):
        groups[uid].append(row)
    advantages = torch.zeros_like(old)
    for rows in groups.values():
        group = [
            Sampled(
                float(terminal[row]),
                _turns(data.non_tensor_batch[STEPS][row], old[row], reference[row], mask[row]),
            )
            for row in rows
        ]
        for row, weights in zip(rows, token_weights(group, algorithm), strict=True):
            advantages[row, mask[row]] = torch.tensor(weights, dtype=torch.float64)
    data.batch["advantages"] = advantages.to(data.batch["old_log_probs"].dtype)
    data.batch["returns"] = data.batch["advantages"]
    return data


def _turns(
    steps: Sequence[Mapping[str, Any]], old: Tensor, reference: Tensor, mask: Tensor
) -> tuple[Turn, ...]:
    """The steps of one response, (L,); together they are exactly its sampled tokens."""
    turns = []
    covered = torch.zeros_like(mask)
    for step in steps or ():
        span = slice(int(step["start"]), int(step["end"]))
        if bool(covered[span].any()) or (covered[: span.start].sum() != mask[: span.start].sum()):
            raise AdapterError("the steps of a response overlap, leave tokens out or are not in order")
        covered[span] = True
        turns.append(read_step(step, old[span].tolist(), reference[span].tolist()))
    if not torch.equal(covered, mask):
        raise AdapterError("the steps of a response are not its sampled tokens")
    return tuple(turns)


def mgpo_policy_loss(  # noqa: PLR0917  # verl's signature
    old_log_prob: Tensor,
    log_prob: Tensor,
    advantages: Tensor,
    response_mask: Tensor,
    loss_agg_mode: str = "token-mean",
    config: Any = None,
    rollout_is_weights: Tensor | None = None,
) -> tuple[Tensor, dict[str, Any]]:
    """The loss of a micro-batch, tensors (B, L), and metrics; `tau_pos` and `tau_neg` are the actor's settings.

    Raises:
        AdapterError: the loss would be divided by something else than the batch's number of tokens, or weighted twice.
    """
    if loss_agg_mode != "token-mean":
        raise AdapterError(
            f"MGPO divides by the number of tokens: loss_agg_mode=token-mean, not {loss_agg_mode}"
        )
    if rollout_is_weights is not None:
        raise AdapterError("a token's weight is MGPO's alone: no rollout correction beside it")
    mask = response_mask.bool()
    batch: Mapping[str, Any] = config.global_batch_info
    tokens = batch.get("batch_num_tokens")
    ranks = batch.get("dp_size", 1)
    if tokens is None and ranks > 1:
        raise AdapterError("batch_num_tokens is needed where there are several ranks")
    taus = (float(config.tau_pos), float(config.tau_neg))
    count = int(mask.sum()) if tokens is None else int(tokens)
    loss, gate = gated_loss(log_prob[mask], old_log_prob[mask], advantages[mask], count, taus)
    return loss * ranks, {"actor/mgpo_gate": float(gate)}  # verl averages over ranks


def register(algorithm: Algorithm = MGPO) -> None:
    """Make "mgpo" known to verl as policy loss and as advantage estimator, in this process.

    Raises:
        ImportError: verl is not installed.
        AdapterError: the algorithm's gate is another engine's business.
    """
    check_gate(algorithm)
    from verl.trainer.ppo import core_algos, ray_trainer

    core_algos.register_policy_loss(NAME)(mgpo_policy_loss)
    usual: Callable[..., Any] = ray_trainer.compute_advantage

    def either(data: Any, adv_estimator: Any, *more: Any, **named: Any) -> Any:
        if adv_estimator == NAME:
            return compute_advantage(data, algorithm)
        return usual(data, adv_estimator, *more, **named)

    ray_trainer.compute_advantage = either
