"""The stage rule, as its table says."""

from __future__ import annotations

import pytest

from propound.proposing.stage import next_stage
from propound.trajectory import ActionKind, Stage

D, C, R, F = Stage.DRAFT, Stage.CHECK, Stage.REFINE, Stage.FINALIZE


@pytest.mark.parametrize(
    ("stage", "exec_ok", "exec_failed", "edited"), [(D, C, R, D), (C, F, R, R), (R, C, R, R), (F, F, R, R)]
)
def test_programs_and_edits_move_the_stage(
    stage: Stage, exec_ok: Stage, exec_failed: Stage, edited: Stage
) -> None:
    assert next_stage(stage, ActionKind.EXEC, ok=True) is exec_ok
    assert next_stage(stage, ActionKind.EXEC, ok=False) is exec_failed
    assert next_stage(stage, ActionKind.EDIT, ok=True) is edited


@pytest.mark.parametrize("stage", list(Stage))
def test_draws_and_checks_move_the_stage(stage: Stage) -> None:
    assert next_stage(stage, ActionKind.DRAW, ok=True) is C
    assert next_stage(stage, ActionKind.CHECK, ok=True) is F
    assert next_stage(stage, ActionKind.DRAW, ok=False) is next_stage(stage, ActionKind.CHECK, ok=False) is R


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("ok", [True, False])
@pytest.mark.parametrize("kind", [ActionKind.THINK, ActionKind.READ, ActionKind.MALFORMED, ActionKind.SUBMIT])
def test_other_actions_leave_it(stage: Stage, kind: ActionKind, ok: bool) -> None:
    assert next_stage(stage, kind, ok=ok) is stage


@pytest.mark.parametrize("stage", list(Stage))
def test_a_refused_edit_changes_nothing(stage: Stage) -> None:
    assert next_stage(stage, ActionKind.EDIT, ok=False) is stage
