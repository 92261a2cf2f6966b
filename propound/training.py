"""A wish for a better proposer (`TrainingRequest`), the states of a training run and the reasons for which it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, FiniteFloat, field_validator, model_validator

from propound.promotion import Gate
from propound.record import Wish

LIVE = "live"
"""In the place of a checkpoint's version: the one that was promoted last, or the bundled default."""

BaseName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""`live`, the version of a checkpoint that is kept, or the name of one that is bundled; never a path."""


class Algorithm(StrEnum):
    """How rewards become gradients; what each of them means is said in `trainer.loss`."""

    MGPO = "mgpo"
    MGPO_NO_STAGE = "mgpo-no-stage"
    MGPO_NO_GATE = "mgpo-no-gate"
    MGPO_NO_KL = "mgpo-no-kl"
    MGPO_LEAVE_ONE_OUT = "mgpo-leave-one-out"
    GRPO = "grpo"


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


class StopRule(Wish):
    """Ends a run once one of its figures has been too low or too high for some steps in a row."""

    figure: str = Field(
        pattern=r"^[a-z][a-z0-9_.]{0,63}$", description="Name of a figure of every step's metrics."
    )
    above: FiniteFloat | None = None
    below: FiniteFloat | None = None
    steps: int = Field(default=1, ge=1, le=1_000, description="Steps in a row.")

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if (self.above is None) == (self.below is None):
            raise ValueError("a stop rule has one bound: above or below")
        return self

    def holds(self, figures: Mapping[str, Any]) -> bool:
        """Whether one step's figure is beyond the bound; one that is missing or no number never is."""
        value = figures.get(self.figure)
        if not isinstance(value, int | float):
            return False
        return value > self.above if self.above is not None else self.below is not None and value < self.below

    def __str__(self) -> str:
        bound = f"above {self.above:g}" if self.above is not None else f"below {self.below:g}"
        return f"{self.figure} was {bound}" + (f" for {self.steps} steps" if self.steps > 1 else "")


def broken_rule(rules: Sequence[StopRule], history: Sequence[Mapping[str, Any]]) -> StopRule | None:
    """The first rule that has held in each of the last steps of the history, as many as it says."""
    for rule in rules:
        last = history[-rule.steps :]
        if len(last) == rule.steps and all(rule.holds(figures) for figures in last):
            return rule
    return None


class TrainingRequest(Wish):
    """What to train, from where, and for how long."""

    base: BaseName = Field(
        default=LIVE, description="`live`, a checkpoint's version, or the name of one that is bundled."
    )
    algorithm: Algorithm = Algorithm.MGPO
    experience: Experience = Field(
        default=Experience.SAMPLED,
        description="`sampled`: episodes of its own; `stored`: fresh groups of jobs.",
    )
    steps: int = Field(default=50, ge=1, le=100_000, description="Most optimizer steps.")
    minutes: FiniteFloat | None = Field(
        default=None, gt=0, le=100_000, description="Most minutes of training."
    )
    groups: int = Field(default=12, ge=1, le=1_024, description="Groups of episodes a step.")
    group_size: int = Field(
        default=8, ge=2, le=64, description="Episodes of a group, where the run makes its own."
    )
    staleness: int = Field(
        default=2, ge=0, le=1_000, description="How many steps old the policy behind a stored group may be."
    )
    seed: int = Field(default=0, ge=0, lt=2**31)
    stop: tuple[StopRule, ...] = Field(
        default=(), max_length=16, description="Ends the run before its budget."
    )
    gate: Gate | None = Field(
        default=Gate(),
        description="What the checkpoint must show to be promoted; null: it is kept and not promoted.",
    )


class ScheduleRequest(Wish):
    """When to train by itself: at times (`cron`), or whenever so many fresh groups are there (`every_groups`)."""

    name: str = Field(default="untitled", min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
    cron: str | None = Field(
        default=None,
        max_length=200,
        description="Five fields: minute, hour, day, month, day of the week; in UTC.",
    )
    every_groups: int | None = Field(
        default=None,
        ge=1,
        le=100_000,
        description="Groups of the live checkpoint that no run has learned from.",
    )
    training: TrainingRequest = TrainingRequest()

    @field_validator("cron")
    @classmethod
    def _readable(cls, cron: str | None) -> str | None:
        if cron is not None:
            next_time(cron, datetime(2026, 1, 1))  # noqa: DTZ001  # only to see whether there is one
        return cron

    @model_validator(mode="after")
    def _one_trigger(self) -> Self:
        if (self.cron is None) == (self.every_groups is None):
            raise ValueError("a schedule has one trigger: cron or every_groups")
        if self.every_groups is not None and self.training.experience is not Experience.STORED:
            raise ValueError(
                "a run that begins with stored groups learns from them: experience must be stored"
            )
        return self


def next_time(cron: str, after: datetime) -> datetime:
    """The first time that the expression names after `after`, in its time zone.

    Raises:
        ValueError: it is no cron expression of five fields, or names no time at all.
    """
    from cronsim import CronSim, CronSimError

    try:
        if len(cron.split()) != 5:
            raise ValueError("a cron expression has five fields")
        return next(CronSim(cron, after))
    except (CronSimError, StopIteration):
        raise ValueError(f"{cron!r} is no cron expression that comes true") from None
