"""Rewards by hand (method section 5)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.reward import process_rewards, terminal_reward
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


KINDS = {
    "draw": ActionKind.DRAW,
    "check": ActionKind.CHECK,
    "exec": ActionKind.EXEC,
    "edit": ActionKind.EDIT,
    "think": ActionKind.THINK,
    "submit": ActionKind.SUBMIT,
    "malformed": ActionKind.MALFORMED,
}


def _step(word: str) -> Step:
    """`draw`, `check!` (failed), `read a`, ..."""
    name, _, skill = word.removesuffix("!").partition(" ")
    action = (
        Action(kind=ActionKind.READ, arguments={"name": skill}) if skill else Action(kind=KINDS[name])
    )
    failed = word.endswith("!") or action.kind is ActionKind.MALFORMED
    return Step(
        stage=Stage.DRAFT,
        skills=("a",),
        text="",
        action=action,
        observation=Observation(ok=not failed, text=""),
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("draw, check, submit", [0.1, 0.1, 0]),
        ("draw, check!, check, submit", [0.1, -0.02, 0.1, 0]),
        ("draw, malformed, check", [0.1, -0.1, 0.1]),
        # what is repeated earns nothing more: neither a draw, nor a check, nor a program
        ("draw, draw, check, draw, check, exec, exec", [0.1, -0.02, 0.1, -0.02, -0.02, 0.1, -0.02]),
        ("read a, read b, read a, read c!", [0.02, 0.02, -0.02, -0.02]),
        # a reflection needs a failure before it and a success after it, and earns once
        ("think, draw, check!, think, check", [-0.02, 0.1, -0.02, 0.02, 0.1]),
        ("draw, check!, think, check!, think", [0.1, -0.02, -0.02, -0.02, -0.02]),
        ("draw!, think, draw, check!, think, check", [-0.02, 0.02, 0.1, -0.02, -0.02, 0.1]),
        # a pruning needs a failed program; after it the programs earn again, once
        ("edit, draw, check", [-0.02, 0.1, 0.1]),
        ("draw!, edit, draw, check", [-0.02, 0.1, 0.1, 0.1]),
        ("draw, check!, edit, draw, draw, check, submit", [0.1, -0.02, 0.1, 0.1, -0.02, 0.1, 0]),
        ("draw!, edit, draw!, edit, draw", [-0.02, 0.1, -0.02, -0.02, 0.1]),
        ("submit!", [-0.02]),
    ],
)
def test_process_rewards_by_hand(words: str, expected: list[float]) -> None:
    assert process_rewards([_step(word) for word in words.split(", ")]) == pytest.approx(expected)


WORDS = st.sampled_from(
    [f"{name}{end}" for name in (*KINDS, "read a", "read b") for end in ("", "!")]
)


@given(st.lists(WORDS, max_size=60))
def test_no_loop_pays(words: list[str]) -> None:
    """An episode cannot collect more than each kind of progress once, and the programs' a second time."""
    rewards = process_rewards([_step(word) for word in words])
    assert len(rewards) == len(words)
    assert sum(each for each in rewards if each > 0) <= 2 * 3 * 0.1 + 0.1 + 2 * 0.02 + 0.02 + 1e-9


@given(st.lists(WORDS, min_size=1, max_size=30))
def test_doing_all_again_never_pays(words: list[str]) -> None:
    steps = [_step(word) for word in words]
    first = process_rewards([*steps, *steps])[len(steps) :]
    assert sum(process_rewards([*steps, *steps, *steps])[2 * len(steps) :]) <= sum(first) + 1e-9
