"""Problems of open mode with evidence and siblings; equal numbers give equal ones."""

from __future__ import annotations

from propound.answers.kinds import AnswerKind
from propound.domain import Domain
from propound.episode import Episode
from propound.problem import Origins, Problem, ProblemSpec, Terms, Work
from propound.solving.attempt import Attempt
from propound.verification.evidence import Evidence, Standing
from tests.factories import episodes
from tests.factories.cards import card

WORDS = (
    "mill",
    "ferry",
    "school",
    "bakery",
    "garden",
    "harbour",
    "library",
    "workshop",
    "theatre",
    "orchard",
)


def problem(number: int = 1, weeks: int = 12) -> Problem:
    """What a place deals out in so many weeks."""
    what = WORDS[number % len(WORDS)]
    return Problem(
        domain=Domain.MATHEMATICS,
        statement=f"Number {number}: a {what} deals out {number + 7} {what} goods a week. How many in {weeks} weeks?",
        answer=str((number + 7) * weeks),
        answer_kind=AnswerKind.INTEGER,
        composition=(),
        open=Origins(
            skills=("equal-shares",),
            work=Work(
                program=f'GIVEN = {{"n": {number + 7}, "w": {weeks}}}\n\ndef solve(n, w):\n    return n * w\n',
                template=f"Number {number}: a {what} deals out {{n}} {what} goods a week. How many in {{w}} weeks?",
            ),
            given={"n": number + 7, "w": weeks},
        ),
    )


def spec(seed: int = 7) -> ProblemSpec:
    """One skill, which comes along."""
    return ProblemSpec(
        domain=Domain.MATHEMATICS,
        skills=("equal-shares",),
        minimum_skills=1,
        maximum_skills=1,
        seed=seed,
        open=Terms(cards=(card("equal-shares"),)),
    )


def evidence(of: Problem) -> Evidence:
    """Two families agree."""
    attempts = tuple(
        Attempt(
            solver=family, family=family, version=f"{family}@1", number=0, answer=of.answer, prompt="ab" * 12
        )
        for family in ("one", "two")
    )
    return Evidence(standing=Standing(), claim=of.answer, kind=of.answer_kind, attempts=attempts)


def episode(number: int, member: int = 0, *, siblings: int = 0) -> Episode:
    """An accepted episode of open mode."""
    made = problem(number)
    plain = episodes.episode(made, member=member, of=spec(number))
    return plain.model_copy(
        update={
            "verdict": plain.verdict.model_copy(update={"evidence": evidence(made)}),
            "siblings": tuple(problem(number, weeks) for weeks in range(20, 20 + siblings)),
        }
    )
