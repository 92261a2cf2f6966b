"""A wish for a better proposer, as a user of the API writes it, and where the run stands that follows."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from propound.promotion import Gate
from propound.refinement import Refinement

LIVE = "live"
"""In the place of a checkpoint's version: the one that was promoted last, or the bundled default."""

BaseName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""`live`, the version of a checkpoint that is kept, or the name of one that is bundled; never a path."""


class Experience(StrEnum):
    """Where the groups of episodes come from."""

    SAMPLED = "sampled"
    """The run makes its own, with its newest weights."""
    STORED = "stored"
    """Complete groups that workers made for jobs; each is given to one run alone."""


class TrainingState(StrEnum):
    """Where a training run stands; each state has its timestamp."""

    QUEUED = "queued"
    RUNNING = "running"
    CANCELLING = "cancelling"
    SUCCEEDED = "succeeded"
    """Its checkpoint is kept; whether it was promoted is another question."""
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether the run will never change again."""
        return self in (TrainingState.SUCCEEDED, TrainingState.FAILED, TrainingState.CANCELLED)


class StopReason(StrEnum):
    """Why a run ended."""

    STEPS = "steps"
    """Its budget of steps is used up."""
    MINUTES = "minutes"
    """Its budget of time is used up."""
    STARVED = "starved"
    """There were no more groups to learn from."""
    RULE = "rule"
    """One of the request's stop rules held."""
    CANCELLED = "cancelled"


class TrainingRequest(Refinement):
    """How to refine, from where, on whose episodes, and what the outcome must show to be promoted."""

    base: BaseName = Field(
        default=LIVE, description="`live`, a checkpoint's version, or the name of one that is bundled."
    )
    experience: Experience = Field(
        default=Experience.SAMPLED,
        description="`sampled`: episodes of its own; `stored`: fresh groups of jobs.",
    )
    gate: Gate | None = Field(
        default=Gate(),
        description="What the checkpoint must show to be promoted; null: it is kept and not promoted.",
    )

    def refinement(self) -> Refinement:
        """What the trainer is asked, alone."""
        return Refinement(**{name: getattr(self, name) for name in Refinement.model_fields})
