"""When to train by itself: the record of a schedule, and the times that a cron expression names."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import Field, field_validator, model_validator

from propound.record import Wish
from propound.training import Experience, TrainingRequest


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
