"""The advantages of MGPO, against values computed by hand, and their identities."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, tensor

from trainer.advantage import (
    fused_advantage,
    implicit_reward,
    stage_advantage,
    trajectory_advantage,
    trajectory_shares,
    zero_sum_weight,
)

REWARDS = st.floats(-2, 2, width=32).map(lambda value: round(value, 2))


def doubles(*values: float) -> Tensor:
    return tensor(values, dtype=torch.float64)


def test_trajectory_advantage_by_hand() -> None:
    # mean 1, deviations -1 -1 0 2, population variance 6/4
    deviation = math.sqrt(1.5)
    expected = doubles(-1 / deviation, -1 / deviation, 0, 2 / deviation)
    torch.testing.assert_close(trajectory_advantage(doubles(0, 0, 1, 3)), expected)


def test_equal_rewards_give_no_trajectory_advantage() -> None:
    assert trajectory_advantage(doubles(1.7, 1.7, 1.7)).tolist() == [0, 0, 0]
    assert trajectory_advantage(doubles(1.7)).tolist() == [0]


def test_stage_advantage_by_hand() -> None:
    # stage 0: rewards 0.1 0.1 -0.1 with mean 1/30, variance (2 (1/15)^2 + (2/15)^2) / 3 = 2/225
    # stage 1: equal rewards
    reward = doubles(0.1, 0.02, 0.1, -0.1, 0.02)
    stage, owner = tensor([0, 1, 0, 0, 1]), tensor([0, 0, 0, 1, 1])
    high, low = (1 / 15) / math.sqrt(2 / 225), -(2 / 15) / math.sqrt(2 / 225)
    torch.testing.assert_close(stage_advantage(reward, stage, owner), doubles(high, 0, high, low, 0))


def test_leaving_a_trajectory_out_of_its_own_baseline_by_hand() -> None:
    # one stage; trajectory 0 has 0.1 0.1, trajectory 1 has -0.1: baselines -0.1 -0.1 and 0.1, deviation as above
    reward, owner = doubles(0.1, 0.1, -0.1), tensor([0, 0, 1])
    deviation = math.sqrt(2 / 225)
    found = stage_advantage(reward, torch.zeros(3, dtype=torch.long), owner, leave_one_out=True)
    torch.testing.assert_close(found, doubles(0.2, 0.2, -0.2) / deviation)


def test_a_stage_that_only_one_trajectory_visits_has_no_leave_one_out_advantage() -> None:
    reward, owner = doubles(0.1, -0.1), tensor([0, 0])
    found = stage_advantage(reward, torch.zeros(2, dtype=torch.long), owner, leave_one_out=True)
    assert found.tolist() == [0, 0]


def test_repeated_visits_leak_into_the_plain_baseline_but_not_into_the_other() -> None:
    """However often trajectory 0 repeats its step, what it is compared with stays that of trajectory 1."""
    deviations = []
    for visits in (1, 5, 50):
        reward = doubles(*[0.1] * visits, -0.1)
        owner, stage = tensor([0] * visits + [1]), torch.zeros(visits + 1, dtype=torch.long)
        plain = stage_advantage(reward, stage, owner)[0]
        out = stage_advantage(reward, stage, owner, leave_one_out=True)[0]
        spread = reward.std(correction=0)
        deviations.append(float(plain * spread))
        assert float(out * spread) == pytest.approx(0.2)
    assert deviations == pytest.approx([0.1, 0.2 / 6, 0.2 / 51])


def test_fusion_by_hand() -> None:
    fused = fused_advantage(doubles(1, -1), doubles(0.5, -2, 3), tensor([0, 0, 1]), 0.5)
    assert fused.tolist() == [1.25, 0.0, 0.5]


def test_implicit_reward_sums_an_actions_tokens() -> None:
    current, reference = doubles(-1, -2, -0.5), doubles(-1.5, -2.5, -1)
    found = implicit_reward(current, reference, tensor([0, 0, 2]), 3, beta=0.1)
    torch.testing.assert_close(found, doubles(0.1, 0, 0.05))


def test_zero_sum_weight_by_hand() -> None:
    # trajectory 0 has two steps, trajectory 1 one: A - R = 2, 0, 3; mean = (1 + 3) / 2 = 2
    weight = zero_sum_weight(doubles(2, 1, 4), doubles(0, 1, 1), tensor([0, 0, 1]))
    torch.testing.assert_close(weight, doubles(0, -2, 1))


@given(st.lists(st.lists(REWARDS, min_size=1, max_size=6), min_size=1, max_size=6), st.data())
def test_weights_sum_to_zero_with_all_trajectories_alike(
    steps: list[list[float]], data: st.DataObject
) -> None:
    owner = tensor([i for i, each in enumerate(steps) for _ in each])
    advantage = doubles(*(value for each in steps for value in each))
    implicit = doubles(*(data.draw(REWARDS) for _ in owner))
    weight = zero_sum_weight(advantage, implicit, owner)
    assert float((weight * trajectory_shares(owner)).sum()) == pytest.approx(0, abs=1e-12)


@given(st.lists(REWARDS, min_size=2, max_size=8), st.data())
def test_without_stage_advantage_and_kl_the_weight_is_grpos_advantage(
    terminal: list[float], data: st.DataObject
) -> None:
    """Whatever the numbers of steps: no trajectory moves the baseline by its length."""
    owner = tensor([i for i in range(len(terminal)) for _ in range(data.draw(st.integers(1, 5)))])
    of_trajectory = trajectory_advantage(doubles(*terminal))
    fused = fused_advantage(of_trajectory, torch.zeros(len(owner), dtype=torch.float64), owner, 0.0)
    weight = zero_sum_weight(fused, torch.zeros_like(fused), owner)
    torch.testing.assert_close(weight, of_trajectory[owner], atol=1e-9, rtol=0)


@given(st.lists(REWARDS, min_size=2, max_size=8), st.floats(0.1, 10), st.floats(-5, 5))
def test_advantages_ignore_shift_and_scale_of_the_rewards(
    terminal: list[float], scale: float, shift: float
) -> None:
    first = trajectory_advantage(doubles(*terminal))
    second = trajectory_advantage(doubles(*terminal) * scale + shift)
    torch.testing.assert_close(first, second, atol=1e-5, rtol=0)
