"""A training run as clients write it and read it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from propound.promotion import Comparison
from propound.storage.tables import Training, TrainingEvent, TrainingMetrics
from propound.training import TrainingRequest, TrainingState

REQUEST_EXAMPLE: JsonDict = {
    "base": "live",
    "algorithm": "mgpo",
    "experience": "sampled",
    "steps": 100,
    "minutes": 240,
    "groups": 12,
    "group_size": 8,
    "seed": 1,
    "rate": 1e-4,
    "skills": ["arithmetic-sum", "unit-speed"],
    "maximum_skills": 2,
    "level": 2,
    "stop": [{"figure": "kl", "above": 0.5, "steps": 3}],
    "gate": {"specs": 120},
}


class TrainingCreate(TrainingRequest):
    """What to train, from where, and for how long."""

    model_config = ConfigDict(json_schema_extra={"examples": [REQUEST_EXAMPLE]})

    def request(self) -> TrainingRequest:
        """The request alone."""
        return TrainingRequest(**{field: getattr(self, field) for field in TrainingRequest.model_fields})


class TrainingView(BaseModel):
    """A training run."""

    id: str
    object: Literal["training"] = "training"
    state: TrainingState
    created_at: datetime
    timestamps: dict[str, datetime] = Field(description="When the run entered each state so far.")
    request: TrainingRequest
    schedule_id: str | None = Field(description="The schedule that began it.")
    base_version: str | None = Field(description="What it began with; null until a trainer has begun.")
    prober: str | None = Field(
        description="What measures how hard its problems are; null: nothing does, or no trainer has begun."
    )
    waiting_for: str | None = Field(
        description="Who or what is not there: a service outside that does not answer, or any trainer at all. The run "
        "goes on by itself when it is."
    )
    steps: int = Field(description="Steps done.")
    checkpoint_version: str | None = Field(description="What came out of it.")
    comparison: Comparison | None = Field(
        description="How that compares with what was live, and the decision."
    )
    stop_reason: str | None = Field(
        description="Why it ended: `steps`, `minutes`, `starved`, `rule: ...`, or a sentence."
    )
    error: str | None = Field(description="Why it failed, or why its last attempt did.")


class MetricsView(BaseModel):
    """One step's figures."""

    object: Literal["training.metrics"] = "training.metrics"
    step: int
    figures: dict[str, Any] = Field(description="By name; null where one was not finite.")
    created_at: datetime


class LogView(BaseModel):
    """A line of a run's log."""

    object: Literal["training.log"] = "training.log"
    id: int
    level: str
    text: str
    created_at: datetime


def training_view(training: Training) -> TrainingView:
    """A run as the API shows it."""
    stamps = {state.value: getattr(training, f"{state.value}_at") for state in TrainingState}
    return TrainingView(
        id=training.id,
        state=training.state,
        created_at=training.created_at,
        timestamps={state: stamp for state, stamp in stamps.items() if stamp is not None},
        request=TrainingRequest.model_validate(training.request),
        schedule_id=training.schedule_id,
        base_version=training.base_version,
        prober=training.prober,
        waiting_for=training.waiting_for,
        steps=training.steps,
        checkpoint_version=training.checkpoint_version,
        comparison=None if training.comparison is None else Comparison.model_validate(training.comparison),
        stop_reason=training.stop_reason,
        error=training.error,
    )


def metrics_view(row: TrainingMetrics) -> MetricsView:
    """A step as the API shows it."""
    return MetricsView(step=row.step, figures=row.figures, created_at=row.created_at)


def log_view(event: TrainingEvent) -> LogView:
    """A line of the log as the API shows it."""
    return LogView(
        id=event.id, level=event.data["level"], text=event.data["text"], created_at=event.created_at
    )
