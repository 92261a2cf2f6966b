"""Surveys: shares by hand."""

from __future__ import annotations

from propound.domain import Domain
from propound.probing.probe import Probe
from propound.probing.survey import Rates, survey
from propound.problem import Problem, SkillUse
from tests.factories import mathematics, science


def chained(number: int, *skills: str) -> Problem:
    composition = tuple(SkillUse(skill=skill, parameters={}) for skill in skills)
    return mathematics.problem(number).model_copy(update={"composition": composition})


def test_figures_by_hand() -> None:
    problems = [chained(1, "a"), chained(2, "a"), chained(3, "a", "b"), science.problem()]
    solved = [4, 0, 1, 4]
    found = survey(
        [
            (problem, Probe(prober="p", version="1", attempts=4, solved=count))
            for problem, count in zip(problems, solved, strict=True)
        ]
    )
    assert (found.prober, found.version, found.attempts) == ("p", "1", 4)
    assert found.all == Rates(problems=4, pass_rate=9 / 16, solved=0.75)
    assert found.by_skills == {
        1: Rates(problems=3, pass_rate=2 / 3, solved=2 / 3),
        2: Rates(problems=1, pass_rate=0.25, solved=1.0),
    }
    assert found.by_domain == {
        Domain.MATHEMATICS: Rates(problems=3, pass_rate=5 / 12, solved=2 / 3),
        Domain.SCIENCE: Rates(problems=1, pass_rate=1.0, solved=1.0),
    }
    assert found.by_skill["a"] == Rates(problems=2, pass_rate=0.5, solved=0.5)
    assert found.pass_rates == {0.0: 1, 0.25: 1, 1.0: 2}
