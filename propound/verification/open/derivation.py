"""Attempts at a statement by those who see nothing else, in rounds, until what they come to is decided."""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from propound.answers import Agreement, AnswerKind, infer_kind
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
    task = task_of(case, claim, coding)
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


def task_of(case: Case, claim: Standard, coding: Coding | None = None) -> Task:
    """What solvers are asked for. Of the claim they are told nothing; its kind says how what they print is read."""
    statement = case.submission.statement
    if coding is not None:
        return Task(statement, case.domain, coding=coding)
    return Task(
        statement, case.domain, claim.kind or infer_kind(claim.gold), unit_asked_for(statement, claim)
    )


def unit_asked_for(statement: str, claim: Standard) -> str:
    """The claim's unit, where it is the last one that the statement asks for by "in kPa" or "how many grams".

    A number that a solver prints bare is in that unit. Empty where the statement asks for another one or for none.
    """
    found = _QUANTITY.fullmatch(claim.gold)
    if found is None or (claim.kind or infer_kind(claim.gold)) is not AnswerKind.QUANTITY:
        return ""
    asked = list(_IN_UNIT.finditer(statement))[-_MOST_UNITS:]
    for words in (match[1].split() for match in reversed(asked)):
        for number in range(len(words), 0, -1):
            one = Standard(f"1 {' '.join(words[:number])}", AnswerKind.QUANTITY)
            if one.compare(one.gold).result is Agreement.EQUAL:
                is_claims = one.compare(f"1 {found[1]}").result is Agreement.EQUAL
                return found[1] if is_claims else ""
    return ""


_QUANTITY = re.compile(r"\s*[-+]?[\d.,/]+(?:[eE][-+]?\d+)?\s*([A-Za-zµμΩ°].{0,40}?)\s*")
_IN_UNIT = re.compile(r"\b(?:in|how many)\s+((?:[^\s.,;:?!()]+)(?: [^\s.,;:?!()]+){0,2})", re.IGNORECASE)
_MOST_UNITS = 12


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
