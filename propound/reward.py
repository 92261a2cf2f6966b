"""Rewards (method section 5): verdict and pass rate -> terminal reward; steps -> process rewards."""

from __future__ import annotations

from propound.episode import Episode, Rewards
from propound.probing.probe import Probe
from propound.skills import Library
from propound.trajectory import PROGRAMS, ActionKind, Step, Trajectory
from propound.verification.verdict import Verdict

BASE = 1.0
"""R_base, the reward of a valid problem."""
DIFFICULTY = 1.0
"""lambda, the largest bonus for difficulty."""

_STEP = {
    **dict.fromkeys(PROGRAMS, 0.1), ActionKind.EDIT: 0.1, ActionKind.READ: 0.02, ActionKind.THINK: 0.02,
}  # fmt: skip
"""r_proc of a step that did what it was meant to; the paper leaves the values open."""
_FAILED = -0.02
_MALFORMED = -0.1


def terminal_reward(
    *, valid: bool, pass_rate: float | None, base: float = BASE, difficulty: float = DIFFICULTY
) -> float:
    """r_T = V(q) (R_base + 1[rho > 0] lambda (1 - rho)); without a measured rho there is no bonus."""
    if not valid:
        return 0.0
    if pass_rate is None or pass_rate <= 0:
        return base
    return base + difficulty * (1 - pass_rate)


def step_reward(step: Step) -> float:
    """r_proc: successful tool executions, justified prunings and coherent reflections earn, mistakes cost a little."""
    if step.action.kind is ActionKind.MALFORMED:
        return _MALFORMED
    if not step.observation.ok:
        return _FAILED
    return _STEP.get(step.action.kind, 0.0)


def rewards(trajectory: Trajectory, verdict: Verdict, pass_rate: float | None = None) -> Rewards:
    """All rewards of an episode."""
    return Rewards(
        terminal=terminal_reward(valid=verdict.accepted, pass_rate=pass_rate),
        steps=tuple(step_reward(step) for step in trajectory.steps),
        pass_rate=pass_rate,
    )


def rewarded(
    trajectory: Trajectory, verdict: Verdict, library: Library, probe: Probe | None = None
) -> Episode:
    """The finished episode, with its rewards and what its evidence needs of the library."""
    used = verdict.problem.skills if verdict.problem else trajectory.spec.skills
    return Episode(
        trajectory=trajectory,
        verdict=verdict,
        rewards=rewards(trajectory, verdict, probe.pass_rate if probe else None),
        skill_hashes={name: library[name].content_hash for name in used},
        library_version=library.version,
        probe=probe,
    )
