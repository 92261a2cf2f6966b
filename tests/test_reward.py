"""Rewards by hand (method section 5)."""

from __future__ import annotations

import pytest

from propound.reward import step_reward, terminal_reward
from propound.trajectory import Action, ActionKind, Observation, Stage, Step


@pytest.mark.parametrize(
    ("valid", "pass_rate", "expected"),
    [
        (False, 0.5, 0.0),
        (True, None, 1.0),
        (True, 0.0, 1.0),  # no attempt solves it: no bonus
        (True, 0.25, 1.75),
        (True, 1.0, 1.0),
    ],
)
def test_terminal_reward(valid: bool, pass_rate: float | None, expected: float) -> None:
    assert terminal_reward(valid=valid, pass_rate=pass_rate) == pytest.approx(expected)


def test_terminal_reward_with_other_constants() -> None:
    assert terminal_reward(valid=True, pass_rate=0.5, base=0.2, difficulty=3.0) == pytest.approx(1.7)


def _step(kind: ActionKind, *, ok: bool) -> Step:
    return Step(
        stage=Stage.DRAFT,
        skills=("a",),
        text="",
        action=Action(kind=kind),
        observation=Observation(ok=ok, text=""),
    )


def test_step_rewards_order_the_actions() -> None:
    assert step_reward(_step(ActionKind.EXEC, ok=True)) > step_reward(_step(ActionKind.THINK, ok=True)) > 0
    assert step_reward(_step(ActionKind.EXEC, ok=False)) < 0
    assert step_reward(_step(ActionKind.MALFORMED, ok=False)) < step_reward(_step(ActionKind.EXEC, ok=False))
    assert step_reward(_step(ActionKind.SUBMIT, ok=True)) == 0
