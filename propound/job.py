"""A user's request for a dataset (`JobRequest`) and the states a job goes through."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from propound.answers.kinds import AnswerKind
from propound.card import PackageText
from propound.domain import Domain
from propound.problem import TOKENS, Mode
from propound.record import Wish

MAX_COUNT = 100_000
"""Most problems that one job may ask for."""
MAX_CARDS = 64
"""Most cards that come with one request."""
LEAST_TOKENS = 1_000
"""Fewer would not even hold the prompt of one turn."""
OPEN_SKILLS = 2
"""Most skills of a problem of open mode, unless a request says otherwise."""

BenchmarkId = Annotated[str, Field(pattern=r"^bench_[0-9a-z]{26}$")]
ENGLISH = "English"
_OPEN = ("cards", "language", "answer_kinds", "problem_tokens", "corrections", "siblings")
"""Fields that only open mode has."""


class JobState(StrEnum):
    """Where a job stands; each state has its timestamp."""

    QUEUED = "queued"
    RUNNING = "running"
    FINALIZING = "finalizing"
    """All problems are accepted; work under way is being settled."""
    SUCCEEDED = "succeeded"
    """All problems are there."""
    EXHAUSTED = "exhausted"
    """The budget ran out first; what was accepted stays exportable."""
    FAILED = "failed"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether the job will never change again."""
        return self in (JobState.SUCCEEDED, JobState.EXHAUSTED, JobState.FAILED, JobState.CANCELLED)


class Difficulty(Wish):
    """A range of pass rates, both ends included: how often the job's prober solves a problem of 16 attempts."""

    minimum: float = Field(default=0.0, ge=0, le=1, description="Lowest pass rate of a problem; 0: any.")
    maximum: float = Field(default=1.0, ge=0, le=1, description="Highest pass rate of a problem; 1: any.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.minimum > self.maximum:
            raise ValueError("minimum is larger than maximum")
        return self


class JobRequest(Wish):
    """What to generate. The same request with the same seed gives the same dataset, byte for byte.

    In open mode a model writes, and servers of models promise no such thing: the same specs are drawn.
    """

    mode: Mode = Field(
        default=Mode.PROCEDURAL,
        description="`procedural`: from what skill packages draw. `open`: written by a language model, solved again "
        "by others.",
    )
    domains: tuple[Domain, ...] = Field(
        default=tuple(Domain), min_length=1, description="Domains that share the problems evenly."
    )
    categories: tuple[str, ...] = Field(
        default=(),
        max_length=64,
        description="Skill categories to draw from; none means all of the domains. In open mode free words.",
    )
    skills: tuple[str, ...] = Field(
        default=(), max_length=256, description="Skills to draw from; none means all of the categories."
    )
    minimum_skills: int = Field(default=1, ge=1, le=4, description="Fewest skills that a problem composes.")
    maximum_skills: int = Field(
        default=4,
        ge=1,
        le=4,
        description=f"Most skills that a problem composes; default in open mode: {OPEN_SKILLS}.",
    )
    count: int = Field(ge=1, le=MAX_COUNT, description="Problems to accept, exactly.")
    seed: int = Field(default=0, ge=0, lt=2**53, description="Seed of every random draw.")
    group_size: int = Field(
        default=4, ge=1, le=16, description="Trajectories per spec (G); every accepted one fills the dataset."
    )
    level: int = Field(
        default=2, ge=1, le=3, description="Size of the drawn numbers: 1 small, 2 medium, 3 large."
    )
    difficulty: Difficulty | None = Field(
        default=None, description="Pass rates that a problem may have; it needs a prober. Default: any."
    )
    max_episodes: int | None = Field(
        default=None,
        ge=1,
        le=50 * MAX_COUNT,
        description="Budget in trajectories; default 20 a problem, at least 200.",
    )
    benchmarks: tuple[BenchmarkId, ...] = Field(
        default=(), max_length=16, description="Benchmarks whose rows must not come up in the dataset."
    )
    max_tokens: int | None = Field(
        default=None,
        ge=LEAST_TOKENS,
        lt=2**53,
        description="Budget of the whole job in tokens of models, prompts included; when it is used up, no episode "
        "begins, and the job ends with what it has. Default: none.",
    )
    cards: tuple[PackageText, ...] = Field(
        default=(),
        max_length=MAX_CARDS,
        description="Open mode: skills of your own, beside those that are there: texts of SKILL.md files, or of "
        "packages by path. A job shows their names instead.",
    )
    language: str = Field(
        default=ENGLISH,
        min_length=1,
        max_length=40,
        pattern=r"^\p{L}[\p{L}\p{M} ()'-]*$",
        description="Open mode: the language of the prose, in words.",
    )
    answer_kinds: tuple[AnswerKind, ...] = Field(
        default=(),
        max_length=len(AnswerKind),
        description="Open mode: kinds that answers in mathematics and science may have; none means any.",
    )
    problem_tokens: int = Field(
        default=TOKENS,
        ge=LEAST_TOKENS,
        le=10_000_000,
        description="Open mode: budget of the author of one problem in tokens, prompts included.",
    )
    corrections: bool = Field(
        default=False,
        description="Open mode: whether a problem may be kept with another answer than its author's, where all "
        "others and the audit agree on it; marked as such.",
    )
    siblings: int = Field(
        default=0,
        ge=0,
        le=16,
        description="Open mode: how often to redraw a problem's numbers, where its author marked them; in an export "
        "of their own.",
    )

    @model_validator(mode="before")
    @classmethod
    def _of_few_skills(cls, data: Any) -> Any:
        """In open mode a problem has few skills, unless the request says otherwise."""
        if not isinstance(data, dict) or data.get("mode") != Mode.OPEN or "maximum_skills" in data:
            return data
        fewest = data.get("minimum_skills")
        return {**data, "maximum_skills": fewest if fewest in (3, 4) else OPEN_SKILLS}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.minimum_skills > self.maximum_skills:
            raise ValueError("minimum_skills is larger than maximum_skills")
        if len(set(self.domains)) != len(self.domains):
            raise ValueError("a domain is named twice")
        if len(set(self.benchmarks)) != len(self.benchmarks):
            raise ValueError("a benchmark is named twice")
        if self.mode is Mode.PROCEDURAL:
            given = [name for name in _OPEN if getattr(self, name) != type(self).model_fields[name].default]
            if given:
                raise ValueError(f"{', '.join(given)}: only in open mode; set mode to open, or leave it out")
        if AnswerKind.PROGRAM in self.answer_kinds:
            raise ValueError("answers are programs in the domain coding alone: name that domain instead")
        return self

    @property
    def episodes(self) -> int:
        """The budget in trajectories."""
        return self.max_episodes or max(200, 20 * self.count)
