"""What is wanted (`ProblemSpec`), what an agent hands in (`Submission`) and what is kept (`Problem`).

These records cross processes: they are JSON in PostgreSQL, in exports and on the command line.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from propound.answers.kinds import AnswerKind
from propound.answers.limits import MAX_ANSWER
from propound.card import Card
from propound.domain import Domain
from propound.record import Record, digest
from propound.words import words

MAX_STATEMENT = 6_000
"""Longest statement that is read, in characters."""
MAX_PROGRAM = 12_000
"""Longest program that an author hands in, in characters."""
TOKENS = 50_000
"""Tokens that a model may use for one problem of open mode, unless a request says otherwise."""


class Mode(StrEnum):
    """How a problem comes to be, and what its rightness rests on."""

    PROCEDURAL = "procedural"
    """From what skill packages draw; read back and recomputed."""
    OPEN = "open"
    """Written by a model; solved again by others."""


class Moded(Record):
    """A record with a part that only open mode has; in procedural mode its JSON is as if there were no such part."""

    @property
    def mode(self) -> Mode:
        """The mode that it belongs to."""
        return Mode.PROCEDURAL if getattr(self, "open", None) is None else Mode.OPEN

    @model_serializer(mode="wrap")
    def _leave_out(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        data: dict[str, Any] = handler(self)
        if data.get("open", ...) is None:
            del data["open"]
        return data


class SkillUse(Record):
    """One step of a composition: a skill with its parameters.

    A parameter that is fed by the step before it is a *reference*, written `@` with its conversions:
    `@p+q` (numerator plus denominator), `@%20+5` (5 more than the remainder by 20), `@*0.4` (40 % of it).
    """

    skill: str
    parameters: dict[str, Any]


class CodingMode(StrEnum):
    """What a coding problem asks for."""

    FUNCTION = "function"
    """A function, which is called."""
    STDIN = "stdin"
    """A whole program, which reads standard input and prints."""


class Terms(Record):
    """What a spec of open mode says beside the names of skills; it needs no library to be worked on."""

    cards: tuple[Card, ...] = Field(min_length=1, max_length=16)
    """Of all its skills and alternates."""
    language: str = Field(default="English", min_length=1, max_length=40)
    """Of the prose."""
    answer_kinds: tuple[AnswerKind, ...] = ()
    """Kinds that the answer may have; none: any but a program."""
    coding: CodingMode | None = None
    """What a coding problem asks for; None in the other domains."""
    max_tokens: int = Field(default=TOKENS, ge=1)
    """Tokens that its proposer may use for the episode, prompts included."""
    corrections: bool = False
    """Whether a problem may be kept with another answer than its author's, where all others agree on it."""
    siblings: int = Field(default=0, ge=0, le=16)
    """Siblings that an accepted problem is to have: the same problem with other numbers."""

    def card(self, name: str) -> Card:
        """The card of that name.

        Raises:
            KeyError: there is none.
        """
        return {card.name: card for card in self.cards}[name]


class ProblemSpec(Moded):
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
    open: Terms | None = None
    """In open mode alone."""


class Work(Record):
    """What an author of open mode hands in beside statement and answer."""

    program: str = Field(min_length=1, max_length=MAX_PROGRAM)
    """Python source that computes the answer from what is given: prints it, or defines GIVEN and solve; for coding the
    reference solution."""
    answer_kind: AnswerKind | None = None
    """None: as the answer is written."""
    template: str = Field(default="", max_length=MAX_STATEMENT)
    """The statement with slots, `{n}`, for what GIVEN names; empty where there are none."""
    generator: str = Field(default="", max_length=MAX_PROGRAM)
    """For coding: Python source with `generate(rng)`: the list of a call's arguments, or the text of an input."""


class Submission(Moded):
    """What `submit` hands in."""

    statement: str = Field(min_length=1, max_length=MAX_STATEMENT)
    answer: str = Field(min_length=1, max_length=MAX_ANSWER)
    """The final answer; for coding the output, as JSON, of the example that the statement gives."""
    composition: tuple[SkillUse, ...] = Field(default=(), max_length=8)
    """What the agent means to have written; empty: what the statement says, read with the active skills."""
    open: Work | None = None
    """In open mode alone."""


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


class Origins(Record):
    """Where a problem of open mode comes from."""

    skills: tuple[str, ...]
    """Names of the skills that were active when it was handed in."""
    work: Work
    """What its author handed in."""
    given: dict[str, Any] = Field(default_factory=dict)
    """What the author's program names as given."""
    language: str = "English"
    corrected: str | None = None
    """The author's own answer, where all others agreed on another one, which is now the gold answer."""


class Problem(Moded):
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
    open: Origins | None = None
    """In open mode alone."""

    @property
    def skills(self) -> tuple[str, ...]:
        """Names of the skills used, in the order of the composition; in open mode by name."""
        if self.open is not None:
            return self.open.skills
        return tuple(use.skill for use in self.composition)

    def content_digest(self) -> str:
        """Identity of the content: equal for the same problem made by any job on any machine."""
        return digest(self.model_dump(mode="json"))

    def composition_digest(self) -> str:
        """Identity of what is asked, whatever the wording: two problems that share it are duplicates.

        In open mode nothing but the statement says what is asked.
        """
        if self.open is not None:
            return digest(["open", words(self.statement)])
        return digest([use.model_dump(mode="json") for use in self.composition])
