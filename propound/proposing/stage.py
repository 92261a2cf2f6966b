"""How the cognitive stage moves: one deterministic rule over the action history.

The method (section 2) leaves the computation of sigma_t open. Here it follows the programs that the agent runs:

| stage    | a draw  | a check passed | own program ended well | any of them failed | skills edited |
|----------|---------|----------------|------------------------|--------------------|---------------|
| draft    | check   | finalize       | check                  | refine             | draft         |
| check    | check   | finalize       | finalize               | refine             | refine        |
| refine   | check   | finalize       | check                  | refine             | refine        |
| finalize | check   | finalize       | finalize               | refine             | refine        |

Thinking, reading and malformed turns leave it as it is. So an agent that finds an error in any stage is back
in refine, and reaches finalize only with a passed check after its last draft.
"""

from __future__ import annotations

from propound.trajectory import PROGRAMS, ActionKind, Stage

_AFTER_OWN_PROGRAM = {
    Stage.DRAFT: Stage.CHECK,
    Stage.CHECK: Stage.FINALIZE,
    Stage.REFINE: Stage.CHECK,
    Stage.FINALIZE: Stage.FINALIZE,
}


def next_stage(stage: Stage, action: ActionKind, *, ok: bool) -> Stage:
    """The stage after an action whose observation was `ok` or not."""
    if action in PROGRAMS and not ok:
        return Stage.REFINE
    if action is ActionKind.DRAW:
        return Stage.CHECK
    if action is ActionKind.CHECK:
        return Stage.FINALIZE
    if action is ActionKind.EXEC:
        return _AFTER_OWN_PROGRAM[stage]
    if action is ActionKind.EDIT and ok:
        return Stage.DRAFT if stage is Stage.DRAFT else Stage.REFINE
    return stage
