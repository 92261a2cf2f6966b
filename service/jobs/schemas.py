"""A job as clients write it and read it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from propound.job import JobRequest, JobState
from propound.models.ledger import Spending
from propound.storage.jobs import trust
from propound.storage.tables import Dataset, Job
from propound.trust import Calibration, Trust

NO_CONTROL = r"^[^\x00-\x1f\x7f]*$"
JobName = Annotated[
    str, Field(min_length=1, max_length=200, pattern=NO_CONTROL, description="A name for the dataset.")
]

REQUEST_EXAMPLE: JsonDict = {
    "name": "warm-up",
    "domains": ["mathematics", "coding", "science"],
    "count": 100,
    "seed": 7,
    "minimum_skills": 1,
    "maximum_skills": 3,
}

SUMS_EXAMPLE: JsonDict = {
    "requests": 180,
    "failures": 4,
    "prompt_tokens": 260_000,
    "completion_tokens": 58_000,
    "thought_tokens": 12_000,
    "cost": 0.31,
    "unpriced": 0,
}

JOB_EXAMPLE: JsonDict = {
    "id": "job_01jqz3m8v5r2k9x7w4t6y0b1cd",
    "object": "job",
    "name": "warm-up",
    "state": "running",
    "created_at": "2026-01-05T09:00:00Z",
    "timestamps": {"queued": "2026-01-05T09:00:00Z", "running": "2026-01-05T09:00:01Z"},
    "request": {
        "mode": "procedural",
        "domains": ["mathematics", "coding", "science"],
        "categories": [],
        "skills": [],
        "minimum_skills": 1,
        "maximum_skills": 3,
        "count": 100,
        "seed": 7,
        "group_size": 4,
        "level": 2,
        "difficulty": None,
        "max_episodes": None,
        "benchmarks": [],
        "max_tokens": None,
        "cards": [],
        "language": "English",
        "answer_kinds": [],
        "problem_tokens": 50_000,
        "corrections": False,
        "siblings": 0,
    },
    "dataset_id": "ds_01jqz3m8v5r2k9x7w4t6y0b1ce",
    "policy": "teacher",
    "policy_version": "1",
    "prober": "33f1c0e2a7b94d58@0.7/400",
    "pass_rates": {"0.25": 12, "0.5": 28},
    "progress": {"accepted": 40, "count": 100, "rate_per_second": 8.0, "eta_seconds": 7.5},
    "funnel": {
        "proposed": 60,
        "pending": 4,
        "accepted": 40,
        "surplus": 0,
        "rejected": 16,
        "rejections": {"degenerate": 11, "duplicate": 5},
    },
    "spending": {**SUMS_EXAMPLE, "by_role": {"proposer": SUMS_EXAMPLE}, "by_model": {"qwen": SUMS_EXAMPLE}},
    "unrecorded": {"no_model": 60},
    "error": None,
    "stop_reason": None,
    "waiting_for": None,
    "trust": {"mode": "procedural", "families": [], "shared_family": [], "calibration": None},
}


class JobCreate(JobRequest):
    """What to generate, and what to call it."""

    model_config = ConfigDict(json_schema_extra={"examples": [REQUEST_EXAMPLE]})

    name: JobName | None = None

    def request(self) -> JobRequest:
        """The request alone: what the dataset depends on."""
        return JobRequest(**{field: getattr(self, field) for field in JobRequest.model_fields})


class Progress(BaseModel):
    """How far a job has come."""

    accepted: int
    count: int = Field(description="Problems asked for.")
    rate_per_second: float | None = Field(description="Accepted problems a second since the job began.")
    eta_seconds: float | None = Field(description="At that rate, until all are there; null when not running.")


class Funnel(BaseModel):
    """What became of the episodes; proposed = pending + accepted + surplus + rejected, always."""

    proposed: int = Field(description="Episodes finished.")
    pending: int = Field(description="Verified; their turn has not come yet.")
    accepted: int
    surplus: int = Field(description="Verified, but the dataset was full.")
    rejected: int
    rejections: dict[str, int] = Field(description="Rejected episodes by reason.")


class JobView(BaseModel):
    """A job."""

    model_config = ConfigDict(json_schema_extra={"examples": [JOB_EXAMPLE]})

    id: str
    object: Literal["job"] = "job"
    name: str
    state: JobState
    created_at: datetime
    timestamps: dict[str, datetime] = Field(description="When the job entered each state so far.")
    request: JobRequest
    dataset_id: str
    policy: str | None = Field(description="Who proposes; null until a worker has begun.")
    policy_version: str | None
    prober: str | None = Field(
        description="Version of the solver that measures how hard the problems are; null where none does."
    )
    pass_rates: dict[str, int] = Field(
        description="Accepted problems by pass rate: the share of the prober's attempts that were right."
    )
    progress: Progress
    funnel: Funnel
    spending: Spending = Field(description="What its requests to language models come to so far.")
    unrecorded: dict[str, int] = Field(
        description="Episodes that no training can learn from, by why it is not known exactly what was sampled."
    )
    error: str | None = Field(description="Why the job failed.")
    stop_reason: str | None = Field(description="Why the job ended, in a sentence.")
    waiting_for: str | None = Field(
        description="The service outside that the job waits for, and since when; null while its episodes go on."
    )
    trust: Trust = Field(description="What the rightness of its problems rests on.")


FINAL_STAMPS = ("succeeded_at", "exhausted_at", "failed_at", "cancelled_at")


def job_view(
    job: Job,
    dataset: Dataset,
    spending: Spending,
    calibration: Calibration | None = None,
    now: datetime | None = None,
) -> JobView:
    """A job as the API shows it."""
    return JobView(
        id=job.id,
        name=dataset.name,
        state=job.state,
        created_at=job.created_at,
        timestamps=timestamps(job),
        request=JobRequest.model_validate(job.request),
        dataset_id=dataset.id,
        policy=job.policy,
        policy_version=job.policy_version,
        prober=job.prober,
        pass_rates=dict(sorted(job.pass_rates.items(), key=lambda item: float(item[0]))),
        progress=progress(job, now or datetime.now(UTC)),
        funnel=Funnel(
            proposed=job.proposed,
            pending=job.pending,
            accepted=job.accepted,
            surplus=job.surplus,
            rejected=job.rejected,
            rejections=dict(sorted(job.rejections.items())),
        ),
        spending=spending,
        unrecorded=dict(sorted(job.unrecorded.items())),
        error=job.error,
        stop_reason=job.stop_reason,
        waiting_for=job.waiting_for,
        trust=trust(job, calibration),
    )


def timestamps(job: Job) -> dict[str, datetime]:
    """When the job entered each state, in the order of the states."""
    stamps: dict[str, Any] = {state: getattr(job, f"{state}_at") for state in JobState}
    return {state: stamp for state, stamp in stamps.items() if stamp is not None}


def progress(job: Job, now: datetime) -> Progress:
    """Rate = accepted / (end or now - start of work); ETA = what is missing / rate."""
    ends = [stamp for stamp in (getattr(job, name) for name in FINAL_STAMPS) if stamp is not None]
    rate = eta = None
    if job.running_at is not None:
        elapsed = ((ends[0] if ends else now) - job.running_at).total_seconds()
        rate = job.accepted / elapsed if elapsed > 0 else None
    if rate and job.state is JobState.RUNNING:
        eta = (job.count - job.accepted) / rate
    return Progress(
        accepted=job.accepted,
        count=job.count,
        rate_per_second=None if rate is None else round(rate, 3),
        eta_seconds=None if eta is None else round(eta, 1),
    )
