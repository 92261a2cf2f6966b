"""A schedule as clients write it and read it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from propound.schedule import ScheduleRequest
from propound.storage.tables import Schedule
from propound.training import TrainingRequest


class ScheduleCreate(ScheduleRequest):
    """When to train by itself, and what."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "nightly", "cron": "0 3 * * *", "training": {"minutes": 240}},
                {"name": "steady", "every_groups": 500, "training": {"experience": "stored"}},
            ]
        }
    )


class ScheduleView(BaseModel):
    """A schedule."""

    id: str
    object: Literal["schedule"] = "schedule"
    name: str
    cron: str | None
    every_groups: int | None
    training: TrainingRequest
    next_at: datetime | None = Field(description="When `cron` is due next.")
    last_training_id: str | None = Field(description="The run that it began last.")
    created_at: datetime


def schedule_view(schedule: Schedule) -> ScheduleView:
    """A schedule as the API shows it."""
    return ScheduleView(
        id=schedule.id,
        name=schedule.name,
        cron=schedule.cron,
        every_groups=schedule.every_groups,
        training=TrainingRequest.model_validate(schedule.training),
        next_at=schedule.next_at,
        last_training_id=schedule.last_training_id,
        created_at=schedule.created_at,
    )
