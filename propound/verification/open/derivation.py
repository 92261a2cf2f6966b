"""Attempts at a statement by those who see nothing else, in rounds, until what they come to is decided."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from propound.answers import AnswerKind, infer_kind
from propound.models.catalogue import Model
from propound.models.purpose import Purpose, Role
from propound.problem import Coding
from propound.solving.attempt import Attempt, Solving, Task
from propound.solving.vector import reference_name
from propound.verification.committee import Standard
from propound.verification.consensus import Rule, decided
from propound.verification.verifiers import Case


def derive(
    case: Case, solvers: Sequence[Solving], claim: Standard, rule: Rule, *, coding: Coding | None = None
) -> tuple[Attempt, ...]:
    """As many attempts as it takes: one of each family in a round, all of a round at the same time.

    Args:
        case: whose statement is solved; nothing else of it is shown to a solver.
        solvers: who solves; those of one family take turns in its place.
        claim: what the attempts are held against, to know when to stop; for coding as `coding_claim` says.
        rule: how many attempts there are at most, how they are asked, and when they are decided.
        coding: for coding: inputs, and the outputs of the reference.

    Raises:
        SandboxFailedError: the sandbox itself failed.
        ServiceDownError: a solver's server is down.
    """
    kind = claim.kind or infer_kind(claim.gold)
    task = Task(case.submission.statement, case.domain, None if coding else kind, coding)
    purpose = Purpose(origin=case.origin, member=case.member, role=Role.SOLVER)
    families = families_of(solvers)
    made: list[Attempt] = []

    def attempt(family: Family, turn: int) -> Attempt:
        solver, number = family.turn(turn)
        found = solver.attempt(task, number, purpose, asking=rule.asking, seed=case.seed)
        return found.model_copy(update={"family": family.name})

    with ThreadPoolExecutor(max(1, len(families)), thread_name_prefix="attempt") as threads:
        for turn in range(rule.attempts):
            made += threads.map(attempt, families, [turn] * len(families))
            left = {family.name: rule.attempts - turn - 1 for family in families}
            if decided(claim, made, rule, left):
                break
    return tuple(made)


def coding_claim(coding: Coding) -> Standard:
    """What attempts at a coding problem are held against: the name of the outputs that the reference gives."""
    return Standard(reference_name(coding), AnswerKind.TEXT)


@dataclass(frozen=True)
class Family:
    """Solvers that may err together."""

    name: str
    solvers: tuple[Solving, ...]

    def turn(self, number: int) -> tuple[Solving, int]:
        """Who makes the family's attempt of that number, and the how manieth of its own that is."""
        own, place = divmod(number, len(self.solvers))
        return self.solvers[place], own


def families_of(solvers: Sequence[Solving]) -> tuple[Family, ...]:
    """The solvers by family, in the order of their first: equal families are one, and so are models that are one."""
    groups: list[list[Solving]] = []
    for solver in solvers:
        kin = [group for group in groups if any(_are_kin(solver.model, each.model) for each in group)]
        groups = [group for group in groups if group not in kin]
        groups.append([each for group in kin for each in group] + [solver])
    places = {id(solver): place for place, solver in enumerate(solvers)}
    ordered = [sorted(group, key=lambda solver: places[id(solver)]) for group in groups]
    ordered.sort(key=lambda group: places[id(group[0])])
    return tuple(
        Family(next((each.model.family for each in group if each.model.family), group[0].name), tuple(group))
        for group in ordered
    )


def _are_kin(one: Model, other: Model) -> bool:
    return one.is_same(other) or (one.family is not None and one.family == other.family)
