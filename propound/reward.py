"""Rewards (method section 5): verdict and pass rate -> terminal reward; steps -> process rewards."""

from __future__ import annotations

from collections.abc import Sequence

from propound.record import Record
from propound.trajectory import PROGRAMS, ActionKind, Step, Trajectory
from propound.verification.verdict import Verdict

BASE = 1.0
"""R_base, the reward of a valid problem."""
DIFFICULTY = 1.0
"""lambda, the largest bonus for difficulty."""

PROGRESS = {
    **dict.fromkeys(PROGRAMS, 0.1), ActionKind.EDIT: 0.1, ActionKind.READ: 0.02, ActionKind.THINK: 0.02,
}  # fmt: skip
"""r_proc of a step that brings the episode on; the paper leaves the values open."""
IDLE = -0.02
"""Of a step that fails, or brings nothing new: trying is never worse than marking time."""
MALFORMED = -0.1


class Rewards(Record):
    """What an episode earned (method section 5)."""

    terminal: float
    """r_T of the trajectory."""
    steps: tuple[float, ...]
    """r_proc of each step, in order."""
    pass_rate: float | None
    """rho, the prober's pass rate; None where no prober measured it."""


def terminal_reward(
    *, valid: bool, pass_rate: float | None, base: float = BASE, difficulty: float = DIFFICULTY
) -> float:
    """r_T = V(q) (R_base + 1[rho > 0] lambda (1 - rho)); without a measured rho there is no bonus."""
    if not valid:
        return 0.0
    if pass_rate is None or pass_rate <= 0:
        return base
    return base + difficulty * (1 - pass_rate)


def process_rewards(steps: Sequence[Step]) -> tuple[float, ...]:
    """r_proc of each step: successful tool executions, justified prunings and coherent reflections earn, once.

    A program (a draw, a check, one of the agent's own) earns the first time that it succeeds, and again after a
    justified pruning: of the first edit that follows a failed program. A skill earns the first time that it is read,
    a reflection once, between a failure and a success. Whatever earned every time would be worth repeating instead of
    submitting (docs/lab/experiments.md).
    """
    earned: set[tuple[ActionKind, str]] = set()
    rewards: list[float] = []
    for place, step in enumerate(steps):
        kind = step.action.kind
        progress = (kind, "")
        if kind is ActionKind.READ:
            progress = (kind, str(step.action.arguments.get("name")))
        elif kind in PROGRAMS and (ActionKind.EDIT, "") in earned:
            progress = (kind, "after a pruning")
        if kind is ActionKind.MALFORMED:
            rewards.append(MALFORMED)
        elif not step.observation.ok or progress in earned or not _is_justified(steps, place):
            rewards.append(IDLE)
        else:
            earned.add(progress)
            rewards.append(PROGRESS.get(kind, 0.0))
    return tuple(rewards)


def _is_justified(steps: Sequence[Step], place: int) -> bool:
    """Whether an edit or a reflection had a reason: a failure before it, and for the latter a success after it."""
    kind = steps[place].action.kind
    if kind is ActionKind.EDIT:
        programs = [step for step in steps[:place] if step.action.kind in PROGRAMS]
        return bool(programs) and not programs[-1].observation.ok
    if kind is ActionKind.THINK:
        around = steps[max(0, place - 1) : place + 2]
        return [step.observation.ok for step in around] == [False, True, True]
    return True


def rewards(trajectory: Trajectory, verdict: Verdict, pass_rate: float | None = None) -> Rewards:
    """All rewards of an episode. A problem whose answer others corrected is kept, and earns its author nothing."""
    problem = verdict.problem
    is_corrected = problem is not None and problem.open is not None and problem.open.corrected is not None
    return Rewards(
        terminal=terminal_reward(valid=verdict.accepted and not is_corrected, pass_rate=pass_rate),
        steps=process_rewards(trajectory.steps),
        pass_rate=pass_rate,
    )
