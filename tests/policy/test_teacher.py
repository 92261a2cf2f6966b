"""The scripted teacher: expert trajectories, real repairs, the same for the same seed."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from propound.curriculum import draw_spec
from propound.draft import read_draw
from propound.job import JobRequest
from propound.policy.teacher import Teacher
from propound.problem import ProblemSpec
from propound.proposing.procedural import ProceduralEnvironment
from propound.proposing.rollout import rollout
from propound.sandbox import open_sandbox
from propound.skills import default_library
from propound.trajectory import ActionKind, Outcome, Stage, Trajectory

LIBRARY = default_library()
SANDBOX = open_sandbox()
TEACHER = Teacher(LIBRARY)


def _play(spec: ProblemSpec, member: int = 0) -> Trajectory:
    return rollout(TEACHER, ProceduralEnvironment(spec, LIBRARY, SANDBOX, 24), member)


@cache
def _trajectories() -> list[Trajectory]:
    request = JobRequest(count=1, seed=5)
    return [_play(draw_spec(request, LIBRARY, index)) for index in range(45)]


def test_most_episodes_end_with_a_submission() -> None:
    outcomes = Counter(trajectory.outcome for trajectory in _trajectories())
    assert outcomes[Outcome.SUBMITTED] >= 40
    assert outcomes[Outcome.POLICY_FAILED] == 0


def test_no_turn_is_malformed() -> None:
    kinds = Counter(step.action.kind for trajectory in _trajectories() for step in trajectory.steps)
    assert kinds[ActionKind.MALFORMED] == 0
    assert all(
        kinds[kind]
        for kind in (
            ActionKind.THINK,
            ActionKind.READ,
            ActionKind.DRAW,
            ActionKind.CHECK,
            ActionKind.SUBMIT,
        )
    )


def test_failed_checks_happen_and_are_repaired() -> None:
    repaired = [
        trajectory
        for trajectory in _trajectories()
        if trajectory.outcome is Outcome.SUBMITTED
        and any(step.stage is Stage.REFINE for step in trajectory.steps)
    ]
    assert len(repaired) >= 5


def test_a_declared_conflict_is_pruned() -> None:
    request = JobRequest(count=1, seed=11)
    specs = (draw_spec(request, LIBRARY, index) for index in range(2_000))
    conflicting = [
        spec for _, spec in zip(range(2_000), specs, strict=False) if LIBRARY.conflict(spec.skills)
    ][:8]
    assert len(conflicting) == 8
    pruned = 0
    for spec in conflicting:
        trajectory = _play(spec)
        if trajectory.submission is not None:
            assert LIBRARY.conflict(trajectory.steps[-1].skills) is None
            pruned += any(step.action.kind is ActionKind.EDIT for step in trajectory.steps)
    assert pruned >= 6


def test_the_same_seed_gives_the_same_trajectory() -> None:
    spec = draw_spec(JobRequest(count=1, seed=2), LIBRARY, 3)
    assert _play(spec).content_digest() == _play(spec).content_digest()
    assert _play(spec, member=1).content_digest() != _play(spec).content_digest()


def test_thoughts_vary() -> None:
    thoughts = [
        step.action.thought
        for trajectory in _trajectories()
        for step in trajectory.steps
        if step.action.thought
    ]
    assert len(set(thoughts)) >= 0.6 * len(thoughts)


def test_statements_are_worded_as_the_draw_shows() -> None:
    seen = 0
    for trajectory in _trajectories():
        drawn = [
            step for step in trajectory.steps if step.action.kind is ActionKind.DRAW and step.observation.ok
        ]
        if not (trajectory.submission and drawn):
            continue
        shown = read_draw(drawn[-1].observation.text).texts
        assert "quantity 1" in shown
        for name in shown.keys() - {"answer"}:
            pieces = re.split(r"\{[^{}]*\}", shown[name])
            assert all(piece in trajectory.submission.statement for piece in pieces), name
            seen += 1
    assert seen > 10
