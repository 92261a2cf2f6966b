"""Siblings: a checked problem of open mode with other numbers, where its author marked slots and their bounds.

The author's program answers each redraw, and somebody who sees the new statement alone has to come to the same answer.
So a sibling stands on two programs, as its parent does; it names its parent, and counts for nothing in the funnel.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from propound.answers import Agreement
from propound.domain import Domain
from propound.models.purpose import NOBODY, Origin, Purpose, Role
from propound.problem import Problem
from propound.sandbox import Sandbox
from propound.solving.attempt import Solving, Task
from propound.solving.given import outputs_on, redraw, regiven
from propound.verification.committee import Standard
from propound.verification.open.derivation import unit_asked_for

REDRAWS = 3
"""Redraws that are tried for each sibling that is wanted."""
FIRST_ATTEMPT = 100
"""Numbers of attempts at siblings begin here: those at the parent have lower ones."""


def siblings_of(
    problem: Problem,
    count: int,
    solvers: Sequence[Solving],
    sandbox: Sandbox,
    *,
    seed: int = 0,
    origin: Origin = NOBODY,
    member: int = 0,
) -> tuple[Problem, ...]:
    """As many siblings as can be had, `count` at most; none where the author marked no slots with bounds.

    Raises:
        SandboxFailedError: the sandbox itself failed.
        ServiceDownError: a solver's server is down.
    """
    if problem.open is None or problem.domain is Domain.CODING or not solvers or count < 1:
        return ()
    rng = random.Random(f"siblings:{seed}")
    drawn: dict[str, dict[str, Any]] = {}
    for _ in range(REDRAWS * count):
        found = redraw(problem.open.work, rng)
        if found is None:
            return ()
        if found[0] != problem.statement:
            drawn.setdefault(*found)
    answers = outputs_on(problem.open.work.program, list(drawn.values()), sandbox)
    made: list[Problem] = []
    for number, ((statement, given), answer) in enumerate(zip(drawn.items(), answers, strict=True)):
        if len(made) == count:
            break
        if answer is None:
            continue
        solver = solvers[number % len(solvers)]
        purpose = Purpose(origin=origin, member=member, role=Role.SOLVER)
        standard = Standard(answer, problem.answer_kind, problem.relative_tolerance)
        task = Task(statement, problem.domain, problem.answer_kind, unit_asked_for(statement, standard))
        attempt = solver.attempt(task, FIRST_ATTEMPT + number, purpose, seed=seed)
        if attempt.answer is not None and standard.compare(attempt.answer).result is Agreement.EQUAL:
            made.append(_redrawn(problem, statement, answer, given))
    return tuple(made)


def _redrawn(problem: Problem, statement: str, answer: str, given: dict[str, Any]) -> Problem:
    """The problem with these numbers, in its program too."""
    assert problem.open is not None
    work = problem.open.work
    program = regiven(work.program, given)
    redrawn = problem.open.model_copy(
        update={"given": given, "work": work.model_copy(update={"program": program})}
    )
    return problem.model_copy(update={"statement": statement, "answer": answer, "open": redrawn})
