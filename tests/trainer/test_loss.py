"""The loss of MGPO, against values computed by hand, finite differences and an exact policy gradient."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, tensor

from trainer.advantage import trajectory_advantage
from trainer.loss import (
    ALGORITHMS,
    MGPO,
    Algorithm,
    GroupTensors,
    asymmetric_gate,
    clipped_ratio,
    policy_loss,
    weigh,
)


def doubles(*values: float) -> Tensor:
    return tensor(values, dtype=torch.float64)


def group(old: Tensor) -> GroupTensors:
    """Two trajectories of two and one step, with 2, 1 and 2 tokens."""
    return GroupTensors(
        terminal=doubles(2, 0),
        process=doubles(0.1, -0.1, 0.1),
        stage=tensor([0, 1, 0]),
        owner=tensor([0, 0, 1]),
        step_of=tensor([0, 0, 1, 2, 2]),
        old=old,
    )


def test_the_gate_by_hand() -> None:
    # tau/2 (r - 1) = 0.5 and -0.525
    found = asymmetric_gate(doubles(2, 0), doubles(1, -1), 1.0, 1.05)
    expected = doubles(1 / math.cosh(0.5) ** 2, 1 / math.cosh(0.525) ** 2)
    torch.testing.assert_close(found, expected)


@given(st.floats(0, 50), st.floats(-3, 3))
def test_the_gate_is_one_on_policy_falls_on_both_sides_and_faster_for_negative_weights(
    ratio: float, weight: float
) -> None:
    one = asymmetric_gate(doubles(1), doubles(weight), 1.0, 1.05)
    assert float(one) == 1
    gate = float(asymmetric_gate(doubles(ratio), doubles(weight), 1.0, 1.05))
    mirrored = float(asymmetric_gate(doubles(2 - ratio), doubles(weight), 1.0, 1.05))
    assert 0 <= gate <= 1
    assert gate == pytest.approx(mirrored)
    negative = float(asymmetric_gate(doubles(ratio), doubles(-abs(weight) - 1e-3), 1.0, 1.05))
    positive = float(asymmetric_gate(doubles(ratio), doubles(abs(weight)), 1.0, 1.05))
    assert negative <= positive


def test_the_gate_is_finite_for_any_ratio() -> None:
    assert asymmetric_gate(doubles(math.inf, 1e30), doubles(1, -1), 1.0, 1.05).tolist() == pytest.approx(
        [0, 0]
    )


@given(st.floats(0.05, 4), st.floats(-3, 3).filter(lambda w: abs(w) > 1e-3))
def test_the_clip_is_the_gradient_of_ppos_objective(ratio: float, weight: float) -> None:
    if min(abs(ratio - 0.8), abs(ratio - 1.2)) < 1e-6:
        return
    log_ratio = doubles(math.log(ratio)).requires_grad_()
    r = log_ratio.exp()
    torch.minimum(r * weight, r.clamp(0.8, 1.2) * weight).sum().backward()  # type: ignore[no-untyped-call]
    found = clipped_ratio(doubles(ratio), doubles(weight), 0.2) * weight
    torch.testing.assert_close(found, log_ratio.grad)


def test_weights_by_hand() -> None:
    """omega 0.5, beta 0.1; the reference gives every token 0.5 nats less, the sampler was where the policy is."""
    current = doubles(-1, -1, -1, -1, -1)
    weights = weigh(group(current), current, current - 0.5, replace(MGPO, beta=0.1))
    # A_E = 1, -1; stage 0 holds 0.1 0.1 and stage 1 one step: A_S = 0; A = 1 1 -1
    # R = 0.1 * (1, 0.5, 1) = 0.1 0.05 0.1; A - R = 0.9 0.95 -1.1; mean = (0.925 - 1.1) / 2 = -0.0875
    torch.testing.assert_close(weights.step, doubles(0.9875, 1.0375, -1.0125))
    torch.testing.assert_close(weights.token, doubles(0.9875, 0.9875, 1.0375, -1.0125, -1.0125))


def test_the_gate_multiplies_the_weight() -> None:
    current = doubles(-1, -1, -1, -1, -1)
    old = current - doubles(0, math.log(1.5), 0, 0, math.log(0.5))
    weights = weigh(group(old), current, current, replace(MGPO, omega=0.0, beta=0.0))
    expected = doubles(1, 1 / math.cosh(0.25) ** 2, 1, -1, -1 / math.cosh(0.525 * 0.5) ** 2)
    torch.testing.assert_close(weights.token, expected)


def test_no_gradient_flows_through_the_weights() -> None:
    current = doubles(-1, -2, -1, -1, -3).requires_grad_()
    weights = weigh(group(current.detach()), current, current.detach() - 1, MGPO)
    assert not weights.token.requires_grad
    policy_loss(current, weights.token, 5).backward()  # type: ignore[no-untyped-call]
    torch.testing.assert_close(current.grad, -weights.token / 5)


def test_one_on_policy_step_without_stage_kl_and_gate_is_grpo() -> None:
    """Its gradient is that of group-normalised REINFORCE over the tokens, for unequal numbers of steps too."""
    current = doubles(-1, -2, -1, -1, -3).requires_grad_()
    plain = Algorithm(omega=0.0, beta=0.0, tau_positive=0.0, tau_negative=0.0)
    given = group(current.detach())
    policy_loss(current, weigh(given, current, current, plain).token, 5).backward()  # type: ignore[no-untyped-call]
    advantage = trajectory_advantage(given.terminal)[given.owner][given.step_of]
    torch.testing.assert_close(current.grad, -advantage / 5)
    for name in ("grpo", "mgpo-no-gate"):
        algorithm = replace(ALGORITHMS[name], omega=0.0, beta=0.0)
        torch.testing.assert_close(weigh(given, current, current, algorithm).token, advantage)


def test_equal_terminal_rewards_leave_the_stage_advantage_alone() -> None:
    current = doubles(-1, -1, -1, -1, -1)
    given = replace(group(current), terminal=doubles(1, 1), process=doubles(0.1, 0.0, -0.1))
    assert weigh(given, current, current, ALGORITHMS["grpo"]).token.tolist() == [0] * 5
    found = weigh(given, current, current, replace(MGPO, beta=0.0)).token
    # A_S = 1 in the first step, -1 in the last; A = 0.5 0 -0.5; mean = (0.25 - 0.5) / 2 = -0.125
    torch.testing.assert_close(found, doubles(0.625, 0.625, 0.125, -0.375, -0.375))


def test_parts_of_a_batch_add_up_to_its_loss() -> None:
    log_probabilities, weights = doubles(-1, -2, -3), doubles(1, -1, 0.5)
    whole = policy_loss(log_probabilities, weights, 3)
    parts = policy_loss(log_probabilities[:1], weights[:1], 3) + policy_loss(
        log_probabilities[1:], weights[1:], 3
    )
    assert float(whole) == pytest.approx((1 - 2 + 1.5) / 3)
    torch.testing.assert_close(parts, whole)


def _toy_probability(stop: Tensor, history: tuple[bool, ...]) -> Tensor:
    """Probability of going on (False) and stopping (True) as the history says, at most three times."""
    chances = torch.sigmoid(stop)
    result = torch.ones((), dtype=torch.float64)
    for place, stopped in enumerate(history):
        result = result * (chances[place] if stopped else 1 - chances[place])
    return result


_HISTORIES = [(True,), (False, True), (False, False, True), (False, False, False)]
_RETURN = {(True,): 0.0, (False, True): 1.0, (False, False, True): 0.3, (False, False, False): 2.0}


def test_the_expected_gradient_of_a_toy_process_is_the_policy_gradient() -> None:
    """A process of one to three decisions, groups of two, enumerated: no sampling error.

    The expectation of the group's trajectory weights times the score, without the deviation, is (G - 1)/G times the
    exact gradient of the expected return; the stops cannot bias it although episodes differ in length.
    """
    stop = doubles(0.3, -0.4, 0.2).requires_grad_()
    value = sum(_toy_probability(stop, history) * _RETURN[history] for history in _HISTORIES)
    assert isinstance(value, Tensor)
    (exact,) = torch.autograd.grad(value, stop)
    expected = torch.zeros(3, dtype=torch.float64)
    for pair in itertools.product(_HISTORIES, repeat=2):
        terminal = doubles(*(_RETURN[history] for history in pair))
        owner = tensor([i for i, history in enumerate(pair) for _ in history])
        steps = len(owner)
        with torch.no_grad():
            chance = math.prod(float(_toy_probability(stop, history)) for history in pair)
        scores = torch.log(
            torch.stack(
                [
                    torch.sigmoid(stop[place]) if stopped else 1 - torch.sigmoid(stop[place])
                    for history in pair
                    for place, stopped in enumerate(history)
                ]
            )
        )
        given = GroupTensors(
            terminal=terminal,
            process=torch.zeros(steps, dtype=torch.float64),
            stage=torch.zeros(steps, dtype=torch.long),
            owner=owner,
            step_of=torch.arange(steps),
            old=scores.detach(),
        )
        weights = weigh(given, scores, scores, replace(MGPO, beta=0.0, omega=0.0)).token
        spread = float(terminal.std(correction=0))
        loss = policy_loss(scores, weights, 1) * max(spread, 1e-12)
        (gradient,) = torch.autograd.grad(loss, stop)
        expected -= chance * gradient / 2
    torch.testing.assert_close(expected, exact / 2, atol=1e-9, rtol=0)
