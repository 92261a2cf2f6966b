"""Engines get from the adapters what our own trainer computes: the same loss, and the same gradient at every token.

The engines are not installed here; their records are shaped by hand as the signatures say that the adapters name.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from propound.episode import Episode
from propound.policy.chat import load_tokenizer
from propound.trajectory import Stage
from tests.factories import checkpoints, experience
from trainer.adapters import prime_rl, verl
from trainer.adapters.sampled import STEPS, AdapterError, Sampled, Turn, read_step, steps_of, token_weights
from trainer.experience import Group, read_group
from trainer.loss import ALGORITHMS, MGPO, Algorithm, Gate, policy_loss, weigh

CONTEXT = 4096


@dataclass
class LossInputs:
    """prime-rl's."""

    trainer_logprobs: Tensor
    inference_logprobs: Tensor
    ref_logprobs: Tensor | None
    advantages: Tensor
    loss_mask: Tensor
    loss_weights: Tensor | None = None


def staged(episode: Episode, seed: object) -> Episode:
    """The episode with other stages: a network of random weights never leaves the first one."""
    rng = random.Random(str(seed))
    steps = [
        step.model_copy(update={"stage": rng.choice(list(Stage)[:2])}) for step in episode.trajectory.steps
    ]
    trajectory = episode.trajectory.model_copy(update={"steps": tuple(steps)})
    return episode.model_copy(update={"trajectory": trajectory})


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[list[Episode]], list[Group]]:
    """Two groups of three trajectories, as a network of ours sampled them, and how our trainer reads them."""
    folder = checkpoints.write(tmp_path_factory.mktemp("checkpoint"), context=CONTEXT)
    groups = [
        [staged(experience.rewarded(each, (i, j)), (i, j)) for j, each in enumerate(group)]
        for i, group in enumerate(experience.episodes(folder))
    ]
    return groups, [read_group(load_tokenizer(folder), group, CONTEXT) for group in groups]


def references(groups: list[Group]) -> list[Tensor]:
    generator = torch.Generator().manual_seed(5)
    return [
        group.tensors().old + 0.3 * torch.randn(group.tokens, generator=generator, dtype=torch.float64)
        for group in groups
    ]


def ours(
    groups: list[Group], current: list[Tensor], reference: list[Tensor], algorithm: Algorithm
) -> tuple[Tensor, Tensor]:
    """Loss of the whole batch, and its gradient with respect to all tokens' log-probabilities."""
    moving = [each.clone().requires_grad_() for each in current]
    total = sum(group.tokens for group in groups)
    parts = [
        policy_loss(now, weigh(group.tensors(), now, then, algorithm).token, total)
        for group, now, then in zip(groups, moving, reference, strict=True)
    ]
    loss = torch.stack(parts).sum()
    return loss.detach(), torch.cat(torch.autograd.grad(loss, moving))


def traces(episodes: list[Episode], group: Group, reference: Tensor) -> list[Any]:
    """A group as prime-rl has it: messages with their own tokens, sampled ones among others."""
    found, start = [], 0
    for episode, member in zip(episodes, group.members, strict=True):
        nodes = [SimpleNamespace(sampled=False, mask=[False] * 7, logprobs=[], reference_logprobs=None)]
        for step in range(len(member.stages)):
            places = [index for index, of in enumerate(member.step_of) if of == step]
            then = [float(reference[start + index]) for index in places]
            old = [member.old[index] for index in places]
            mask = [False] * 3 + [True] * len(places)
            nodes.append(SimpleNamespace(sampled=True, mask=mask, logprobs=old, reference_logprobs=then))
            nodes.append(
                SimpleNamespace(sampled=False, mask=[False] * 5, logprobs=[], reference_logprobs=None)
            )
        info = {STEPS: steps_of(episode)}
        found.append(SimpleNamespace(nodes=nodes, info=info, reward=episode.rewards.terminal))
        start += len(member.old)
    return found


def spread(trace: Any, values: Tensor, other: float) -> Tensor:
    """Values of sampled tokens on all of a trace's tokens."""
    mask = torch.tensor([flag for node in trace.nodes for flag in node.mask])
    full = torch.full(mask.shape, other, dtype=values.dtype)
    return full.masked_scatter(mask, values)


def in_prime_rl(
    episodes: list[list[Episode]], groups: list[Group], current: list[Tensor], reference: list[Tensor],
    algorithm: Algorithm, taus: tuple[float, float],
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Loss and gradient as prime-rl's `compute_loss` has them: sums over sequences, divided by N."""
    moving = [each.clone().requires_grad_() for each in current]
    total = torch.zeros((), dtype=torch.float64)
    for of, group, now, then in zip(episodes, groups, moving, reference, strict=True):
        members = traces(of, group, then)
        parts = torch.split(now, [len(member.old) for member in group.members])
        for trace, weights, part in zip(members, prime_rl.score(members, algorithm), parts, strict=True):
            old = torch.tensor(
                [value for node in trace.nodes for value in node.logprobs], dtype=torch.float64
            )
            mask = torch.tensor([flag for node in trace.nodes for flag in node.mask])
            advantages = spread(trace, torch.tensor(weights), 9.0)
            inputs = LossInputs(
                spread(trace, part, -3.0), spread(trace, old, 0.0), None, advantages.double(), mask
            )
            total = total + prime_rl.mgpo_loss(inputs, *taus).loss
    loss = total / sum(group.tokens for group in groups)
    return loss.detach(), torch.cat(torch.autograd.grad(loss, moving))


def rows(episodes: list[list[Episode]], groups: list[Group], reference: list[Tensor]) -> tuple[Any, Tensor]:
    """The batch as verl has it, rows of two groups mixed and padded, and each row's place among ours."""
    length = max(len(each.ids) - each.prompt for group in groups for each in group.stretches)
    names = ("old_log_probs", "ref_log_prob", "token_level_rewards")
    made: list[dict[str, Any]] = []
    place = 0
    for number, (of, group, then) in enumerate(zip(episodes, groups, reference, strict=True)):
        start = 0
        for episode, member in zip(of, group.members, strict=True):
            row: dict[str, Any] = {name: torch.full((length,), 0.0, dtype=torch.float64) for name in names}
            row["response_mask"] = torch.zeros(length, dtype=torch.long)
            (stretch,) = member.stretches
            places = torch.tensor(stretch.own) - stretch.prompt
            row["response_mask"][places] = 1
            row["old_log_probs"][places] = torch.tensor(member.old, dtype=torch.float64)
            row["ref_log_prob"][places] = then[start : start + len(places)]
            row["token_level_rewards"][places[-1]] = episode.rewards.terminal
            of_step = torch.tensor(member.step_of)
            row["steps"] = [
                {**step, "start": int(places[of_step == i][0]), "end": int(places[of_step == i][-1]) + 1}
                for i, step in enumerate(steps_of(episode))
            ]
            row["uid"], row["at"] = f"spec-{number}", torch.arange(place, place + len(places))
            start += len(places)
            place += len(places)
            made.append(row)
    made = made[::2] + made[1::2]
    batch = {name: torch.stack([row[name] for row in made]) for name in (*names, "response_mask")}
    objects = {
        "uid": np.array([row["uid"] for row in made], dtype=object),
        STEPS: np.array([*[row["steps"] for row in made], None], dtype=object)[:-1],
    }
    return SimpleNamespace(batch=batch, non_tensor_batch=objects), torch.cat([row["at"] for row in made])


def in_verl(
    episodes: list[list[Episode]], groups: list[Group], current: list[Tensor], reference: list[Tensor],
    algorithm: Algorithm, taus: tuple[float, float],
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Loss and gradient as verl has them: micro-batches of padded rows on two ranks, gradients averaged."""
    data, at = rows(episodes, groups, reference)
    batch = verl.compute_advantage(data, algorithm).batch
    moving = torch.cat(current).clone().requires_grad_()
    mask = batch["response_mask"].bool()
    now = torch.zeros(mask.shape, dtype=torch.float64).masked_scatter(mask, moving[at])
    info = {"dp_size": 2, "batch_num_tokens": int(mask.sum())}
    config = SimpleNamespace(global_batch_info=info, tau_pos=taus[0], tau_neg=taus[1])
    losses = [
        verl.mgpo_policy_loss(
            batch["old_log_probs"][part],
            now[part],
            batch["advantages"][part],
            batch["response_mask"][part],
            config=config,
        )[0]
        for part in torch.split(torch.arange(len(mask)), 2)
    ]
    loss = torch.stack(losses).sum() / 2
    return loss.detach(), torch.autograd.grad(loss, moving)[0]


ENGINES = {"prime-rl": in_prime_rl, "verl": in_verl}
NO_GATE = replace(MGPO, gate=Gate.NONE)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "algorithm", [MGPO, NO_GATE, ALGORITHMS["mgpo-no-stage"], ALGORITHMS["mgpo-leave-one-out"]]
)
def test_the_first_update_is_ours(
    sampled: tuple[list[list[Episode]], list[Group]], engine: str, algorithm: Algorithm
) -> None:
    episodes, groups = sampled
    current, reference = [group.tensors().old for group in groups], references(groups)
    taus = (0.0, 0.0) if algorithm.gate is Gate.NONE else (algorithm.tau_positive, algorithm.tau_negative)
    found = ENGINES[engine](episodes, groups, current, reference, algorithm, taus)
    expected = ours(groups, current, reference, algorithm)
    assert float(expected[1].abs().max()) > 1e-3
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_without_kl_later_updates_are_ours_too(
    sampled: tuple[list[list[Episode]], list[Group]], engine: str
) -> None:
    episodes, groups = sampled
    algorithm = ALGORITHMS["mgpo-no-kl"]
    current = [each - 0.1 for each in references(groups)]  # a policy that has moved a good deal
    taus = (algorithm.tau_positive, algorithm.tau_negative)
    found = ENGINES[engine](episodes, groups, current, references(groups), algorithm, taus)
    torch.testing.assert_close(
        found, ours(groups, current, references(groups), algorithm), atol=1e-6, rtol=1e-6
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_with_kl_later_updates_keep_the_implicit_rewards_of_sampling(
    sampled: tuple[list[list[Episode]], list[Group]], engine: str
) -> None:
    """What the module says that it leaves out: the gate is of now, the weight is of then."""
    episodes, groups = sampled
    reference = references(groups)
    current = [group.tensors().old + 0.05 for group in groups]
    taus = (MGPO.tau_positive, MGPO.tau_negative)
    _, gradient = ENGINES[engine](episodes, groups, current, reference, MGPO, taus)
    then = [
        weigh(group.tensors(), group.tensors().old, each, NO_GATE)
        for group, each in zip(groups, reference, strict=True)
    ]
    now = [
        weigh(group.tensors(), each, each, replace(MGPO, beta=0.0))
        for group, each in zip(groups, current, strict=True)
    ]
    total = sum(group.tokens for group in groups)
    signs = [torch.sign(old.token) == torch.sign(new.token) for old, new in zip(then, now, strict=True)]
    expected = torch.cat([-old.token * new.gate / total for old, new in zip(then, now, strict=True)])
    alike = torch.cat(signs)
    assert alike.double().mean() > 0.5
    torch.testing.assert_close(gradient[alike], expected[alike], atol=1e-6, rtol=1e-6)


TURNS = st.builds(
    Turn,
    st.integers(0, 3),
    st.sampled_from([-0.1, 0.0, 0.1]),
    st.lists(st.floats(-5, 0), min_size=3, max_size=3),
    st.lists(st.floats(-5, 0), min_size=3, max_size=3),
)
TRAJECTORIES = st.builds(Sampled, st.sampled_from([0.0, 1.0, 1.5]), st.lists(TURNS, max_size=4).map(tuple))


@given(st.lists(TRAJECTORIES, min_size=1, max_size=5))
def test_weights_of_a_group_sum_to_zero_trajectory_by_trajectory(group: list[Sampled]) -> None:
    weights = token_weights(group, MGPO)
    assert [len(each) for each in weights] == [3 * len(trajectory.turns) for trajectory in group]
    means = [sum(each) / len(each) for each in weights if each]
    assert sum(means) == pytest.approx(0, abs=1e-9)


def test_what_is_missing_is_said(sampled: tuple[list[list[Episode]], list[Group]]) -> None:
    episodes, groups = sampled
    (trace, *_) = traces(episodes[0], groups[0], references(groups)[0])
    with pytest.raises(AdapterError, match="clipping"):
        prime_rl.score([trace], ALGORITHMS["grpo"])
    trace.nodes[1].reference_logprobs = None
    with pytest.raises(AdapterError, match="not scored"):
        prime_rl.score([trace])
    trace.info = {}
    with pytest.raises(AdapterError, match="no item for each"):
        prime_rl.score([trace])
    with pytest.raises(AdapterError, match="has a stage"):
        read_step({"stage": "thinking", "reward": 1}, [0.0], [0.0])
    with pytest.raises(AdapterError, match="2 tokens were sampled"):
        read_step({"stage": "draft", "reward": 1}, [0.0, 0.0], [0.0])
    ones = torch.ones(3)
    weighted = LossInputs(ones, ones, None, ones, ones.bool(), 2 * ones)
    with pytest.raises(AdapterError, match="loss weights"):
        prime_rl.mgpo_loss(weighted)
    assert prime_rl.mgpo_loss(replace(weighted, loss_weights=ones)).loss == -3


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda data: data.batch.pop("ref_log_prob"), "use_kl_loss"),
        (lambda data: data.non_tensor_batch.pop(STEPS), "main_ppo_v0"),
        (lambda data: data.non_tensor_batch[STEPS][0].pop(), "not its sampled tokens"),
        (lambda data: data.non_tensor_batch[STEPS][0].reverse(), "not in order"),
        (lambda data: data.non_tensor_batch[STEPS][0].append(data.non_tensor_batch[STEPS][0][0]), "overlap"),
    ],
)
def test_a_batch_of_verl_that_lacks_something_is_refused(
    sampled: tuple[list[list[Episode]], list[Group]], change: Any, reason: str
) -> None:
    episodes, groups = sampled
    data, _ = rows(episodes, groups, references(groups))
    change(data)
    with pytest.raises(AdapterError, match=reason):
        verl.compute_advantage(data)


def test_settings_of_verl_that_change_the_loss_are_refused() -> None:
    ones = torch.ones(1, 3)
    config = SimpleNamespace(global_batch_info={"dp_size": 2, "batch_num_tokens": None}, tau_pos=1, tau_neg=1)
    with pytest.raises(AdapterError, match="token-mean"):
        verl.mgpo_policy_loss(ones, ones, ones, ones, "seq-mean-token-mean", config)
    with pytest.raises(AdapterError, match="rollout correction"):
        verl.mgpo_policy_loss(ones, ones, ones, ones, config=config, rollout_is_weights=ones)
    with pytest.raises(AdapterError, match="batch_num_tokens"):
        verl.mgpo_policy_loss(ones, ones, ones, ones, config=config)
    alone = SimpleNamespace(global_batch_info={}, tau_pos=1, tau_neg=1)
    assert verl.mgpo_policy_loss(ones, ones, 2 * ones, ones, config=alone)[0] == -2
    nothing = torch.zeros(1, 3)
    loss, metrics = verl.mgpo_policy_loss(ones, ones, ones, nothing, config=SimpleNamespace(
        global_batch_info={"dp_size": 2, "batch_num_tokens": 5}, tau_pos=1, tau_neg=1
    ))  # fmt: skip
    assert (float(loss), metrics) == (0.0, {"actor/mgpo_gate": 0.0})
