"""What is wanted (`ProblemSpec`), what an agent hands in (`Submission`) and what is kept (`Problem`).

These records cross processes: they are JSON in PostgreSQL, in exports and on the command line.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from propound.answers.kinds import AnswerKind
from propound.answers.limits import MAX_ANSWER
from propound.record import Record, digest

MAX_STATEMENT = 6_000
"""Longest statement that is read, in characters."""

class Mode(StrEnum):
    """How a problem comes to be, and what its rightness rests on."""

    PROCEDURAL = "procedural"
    """From what skill packages draw; read back and recomputed."""
    OPEN = "open"
    """Written by a model; solved again by others. Nobody serves it yet."""


class Domain(StrEnum):
    """What a problem is about."""

    MATHEMATICS = "mathematics"
    CODING = "coding"
    SCIENCE = "science"


class SkillUse(Record):
    """One step of a composition: a skill with its parameters.

    A parameter that is fed by the step before it is a *reference*, written `@` with its conversions:
    `@p+q` (numerator plus denominator), `@%20+5` (5 more than the remainder by 20), `@*0.4` (40 % of it).
    """

    skill: str
    parameters: dict[str, Any]


class ProblemSpec(Record):
    """One episode's task: the skills on offer and how many of them the problem must use."""

    domain: Domain
    skills: tuple[str, ...] = Field(min_length=1, max_length=8)
    """The active skills K_0 at the start, sorted by name; some may exclude each other."""
    alternates: tuple[str, ...] = ()
    """Skills that `edit` may add in place of a dropped one."""
    minimum_skills: int = Field(ge=1, le=8)
    maximum_skills: int = Field(ge=1, le=8)
    level: int = Field(default=2, ge=1, le=3)
    """How large the drawn parameters are: 1 small, 2 medium, 3 large."""
    seed: int = Field(ge=0)
    """The seed of the spec; member m of its group draws from (seed, m)."""


class Submission(Record):
    """What `submit` hands in."""

    statement: str = Field(min_length=1, max_length=MAX_STATEMENT)
    answer: str = Field(min_length=1, max_length=MAX_ANSWER)
    """The final answer; for coding the output, as JSON, of the example that the statement gives."""
    composition: tuple[SkillUse, ...] = Field(default=(), max_length=8)
    """What the agent means to have written; empty: what the statement says, read with the active skills."""


class CodingMode(StrEnum):
    """What a coding problem asks for."""

    FUNCTION = "function"
    """A function, which is called."""
    STDIN = "stdin"
    """A whole program, which reads standard input and prints."""


class TestCase(Record):
    """One call of a coding problem's function: positional arguments and the expected result, as JSON values.

    For a whole program, the text of its standard input is the one argument, and what it prints the result.
    """

    __test__ = False
    arguments: list[Any]
    expected: Any


class Coding(Record):
    """What a coding problem carries beside its statement."""

    mode: CodingMode = CodingMode.FUNCTION
    entry_point: str
    """Name of the function; empty for a whole program."""
    reference: str
    """Python source of the reference solution."""
    tests: tuple[TestCase, ...]
    mutants: int
    """Mutants of the reference that behave differently from it; the tests kill every one."""
    killed: int = 0
    """Of those, how many fail at least one test."""
    operators: dict[str, int] = Field(default_factory=dict)
    """Killed mutants by the operator that made them (see `propound.skills.toolkit.mutation`)."""
    time_limit_s: int = 5
    """Seconds that a submission gets for one test: a wide class of the reference's own counted steps."""
    memory_limit_mb: int = 512
    """Memory that a submission gets: a wide class of the reference's own peak."""


class Problem(Record):
    """A verified problem: what a solver sees, the gold answer, and how to compare with it."""

    domain: Domain
    statement: str
    answer: str
    """Gold answer in plain text; for coding the reference solution's source."""
    answer_kind: AnswerKind
    composition: tuple[SkillUse, ...]
    relative_tolerance: float | None = None
    """Only for real and quantity."""
    coding: Coding | None = None

    @property
    def skills(self) -> tuple[str, ...]:
        """Names of the skills used, in the order of the composition."""
        return tuple(use.skill for use in self.composition)

    def content_digest(self) -> str:
        """Identity of the content: equal for the same problem made by any job on any machine."""
        return digest(self.model_dump(mode="json"))

    def composition_digest(self) -> str:
        """Identity of what is asked, whatever the wording: two problems that share it are duplicates."""
        return digest([use.model_dump(mode="json") for use in self.composition])
