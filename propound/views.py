"""What the REST API answers, as records."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from propound.job import JobRequest, JobState
from propound.models.ledger import Spending
from propound.training import TrainingRequest, TrainingState
from propound.trust import Trust


class View(BaseModel):
    """Something that the API answered; fields that this version does not know are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Progress(View):
    """How far a job has come."""

    accepted: int
    count: int
    rate_per_second: float | None = None
    eta_seconds: float | None = None


class Funnel(View):
    """What became of the episodes; proposed = pending + accepted + surplus + rejected."""

    proposed: int
    pending: int
    accepted: int
    surplus: int
    rejected: int
    rejections: dict[str, int]


class Job(View):
    """A request, where it stands, its funnel and what it has spent."""

    id: str
    name: str
    state: JobState
    created_at: datetime
    timestamps: dict[str, datetime]
    request: JobRequest
    dataset_id: str
    policy: str | None
    policy_version: str | None
    prober: str | None = None
    pass_rates: dict[str, int] = {}
    progress: Progress
    funnel: Funnel
    spending: Spending = Spending()
    unrecorded: dict[str, int] = {}
    error: str | None
    stop_reason: str | None
    waiting_for: str | None = None
    trust: Trust = Trust()


class Dataset(View):
    """What a job fills."""

    model_config = ConfigDict(frozen=True, extra="allow")
    id: str
    name: str
    job_id: str
    created_at: datetime
    trust: Trust = Trust()


class Benchmark(View):
    """A file whose rows must not come up in datasets."""

    id: str
    name: str
    rows: int
    digest: str
    created_at: datetime


class Sibling(View):
    """A problem of a dataset with other numbers."""

    id: str
    problem_id: str
    dataset_id: str
    ordinal: int
    statement: str
    answer: str
    given: dict[str, Any]
    content_digest: str


class Key(View):
    """An API key; the secret is there only when it was just made."""

    id: str
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    secret: str | None = None


class Event(View):
    """Something that happened to a job."""

    id: int
    kind: str
    data: dict[str, Any]


class Training(View):
    """A training run."""

    id: str
    state: TrainingState
    created_at: datetime
    timestamps: dict[str, datetime]
    request: TrainingRequest
    schedule_id: str | None
    base_version: str | None
    prober: str | None = None
    waiting_for: str | None = None
    steps: int
    checkpoint_version: str | None
    comparison: dict[str, Any] | None
    stop_reason: str | None
    error: str | None


class Metrics(View):
    """The figures of one step of a training run."""

    step: int
    figures: dict[str, Any]
    created_at: datetime


class LogLine(View):
    """A line of the log of a training run."""

    id: int
    level: str
    text: str
    created_at: datetime


class VerificationProgress(View):
    """How far a verification has come."""

    done: int
    count: int


class Verification(View):
    """Rows that somebody brought, and how far they are verified."""

    id: str
    state: str
    progress: VerificationProgress
    by_verdict: dict[str, int]
    spending: Spending = Spending()
    waiting_for: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether every row has a verdict."""
        return self.progress.done == self.progress.count


class Schedule(View):
    """When training runs begin by themselves."""

    id: str
    name: str
    cron: str | None
    every_groups: int | None
    training: TrainingRequest
    next_at: datetime | None
    last_training_id: str | None
    created_at: datetime


class Checkpoint(View):
    """A checkpoint that is kept; `lineage` only where one was asked for."""

    version: str
    name: str
    state: str
    live: bool
    parent_version: str | None
    training_id: str | None
    figures: dict[str, Any]
    created_at: datetime
    lineage: list[str] | None = None


class Promotion(View):
    """Something became live; no version: the bundled default."""

    id: int
    version: str | None
    by: str
    reason: str
    created_at: datetime
