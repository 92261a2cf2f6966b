"""A user's request for a dataset (`JobRequest`) and the states a job goes through."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from propound.domain import Domain
from propound.record import Wish

MAX_COUNT = 100_000
"""Most problems that one job may ask for."""

BenchmarkId = Annotated[str, Field(pattern=r"^bench_[0-9a-z]{26}$")]


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
    """What to generate. The same request with the same seed gives the same dataset, byte for byte."""

    domains: tuple[Domain, ...] = Field(
        default=tuple(Domain), min_length=1, description="Domains that share the problems evenly."
    )
    categories: tuple[str, ...] = Field(
        default=(), max_length=64, description="Skill categories to draw from; none means all of the domains."
    )
    skills: tuple[str, ...] = Field(
        default=(), max_length=256, description="Skills to draw from; none means all of the categories."
    )
    minimum_skills: int = Field(default=1, ge=1, le=4, description="Fewest skills that a problem composes.")
    maximum_skills: int = Field(default=4, ge=1, le=4, description="Most skills that a problem composes.")
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

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.minimum_skills > self.maximum_skills:
            raise ValueError("minimum_skills is larger than maximum_skills")
        if len(set(self.domains)) != len(self.domains):
            raise ValueError("a domain is named twice")
        if len(set(self.benchmarks)) != len(self.benchmarks):
            raise ValueError("a benchmark is named twice")
        return self

    @property
    def episodes(self) -> int:
        """The budget in trajectories."""
        return self.max_episodes or max(200, 20 * self.count)
