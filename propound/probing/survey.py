"""What the measurements of many problems come to."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, TypeVar

from propound.domain import Domain
from propound.probing.probe import Probe
from propound.problem import Problem
from propound.record import Record

_Key = TypeVar("_Key", bound=Hashable)
Measured = tuple[Problem, Probe]


class Rates(Record):
    """Of some problems."""

    problems: int
    pass_rate: float
    """Mean share of right attempts: pass@1."""
    solved: float
    """Share of the problems that at least one attempt solved."""


class Survey(Record):
    """Of all problems, and of those alike."""

    prober: str
    version: str
    attempts: int
    all: Rates
    by_skills: dict[int, Rates]
    """By the number of skills that a problem composes."""
    by_domain: dict[Domain, Rates]
    by_skill: dict[str, Rates]
    """Of problems of one skill alone."""
    pass_rates: dict[float, int]
    """Problems by pass rate."""


def survey(measured: Sequence[Measured]) -> Survey:
    """The figures of measurements by one prober, of which there is at least one."""
    probes = [probe for _, probe in measured]
    alone = [each for each in measured if len(each[0].skills) == 1]
    rates = [probe.pass_rate for probe in probes]
    return Survey(
        prober=probes[0].prober,
        version=probes[0].version,
        attempts=probes[0].attempts,
        all=_rates(probes),
        by_skills=_by(measured, lambda problem: len(problem.skills)),
        by_domain=_by(measured, lambda problem: problem.domain),
        by_skill=_by(alone, lambda problem: problem.skills[0]),
        pass_rates={rate: rates.count(rate) for rate in sorted(set(rates))},
    )


def _by(measured: Iterable[Measured], key: Callable[[Problem], _Key]) -> dict[_Key, Rates]:
    groups: dict[Any, list[Probe]] = {}
    for problem, probe in measured:
        groups.setdefault(key(problem), []).append(probe)
    return {each: _rates(groups[each]) for each in sorted(groups)}


def _rates(probes: Sequence[Probe]) -> Rates:
    return Rates(
        problems=len(probes),
        pass_rate=sum(probe.pass_rate for probe in probes) / len(probes),
        solved=sum(probe.solved > 0 for probe in probes) / len(probes),
    )
