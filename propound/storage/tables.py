"""The tables. Counters and acceptance are guarded here too, so that no bug can make a funnel that lies."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Numeric,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from propound.domain import Domain
from propound.job import JobState
from propound.models.purpose import Role
from propound.storage.columns import ACTIVE, GIN, OPEN, SafeText, enum, now
from propound.training import TrainingState
from propound.trajectory import Outcome
from propound.verification.vote import Rejection


class ShardState(StrEnum):
    """Where a shard stands."""

    QUEUED = "queued"
    """Given back; to be claimed again once `lease_until` has passed."""
    LEASED = "leased"
    DONE = "done"
    CANCELLED = "cancelled"


class VerdictKind(StrEnum):
    """What verification said of a trajectory."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Decision(StrEnum):
    """What became of a trajectory in its job."""

    PENDING = "pending"
    """Verified; its turn has not come yet."""
    ACCEPTED = "accepted"
    SURPLUS = "surplus"
    """Verified, but the dataset is full, or the job ended before its turn."""
    REJECTED = "rejected"


class EventKind(StrEnum):
    """What a job event tells."""

    STATE = "state"
    PROGRESS = "progress"


class TrainingEventKind(StrEnum):
    """What an event of a training run tells."""

    STATE = "state"
    METRICS = "metrics"
    """One step's figures."""
    LOG = "log"


class CheckpointState(StrEnum):
    """What became of a checkpoint."""

    CANDIDATE = "candidate"
    """Kept; no gate has refused it, and it was never live."""
    REFUSED = "refused"
    """The gate found it no better than the live one."""
    PROMOTED = "promoted"
    """It is live, or was."""


class Base(DeclarativeBase):
    """Base of all tables; JSON is `jsonb`, times carry their zone."""

    type_annotation_map = {  # noqa: RUF012
        datetime: DateTime(timezone=True),
        str: SafeText(),
        dict[str, Any]: JSONB(none_as_null=True),
        dict[str, int]: JSONB(),
        dict[str, str]: JSONB(),
        list[dict[str, Any]]: JSONB(),
        list[str]: ARRAY(Text),
    }


class ApiKey(Base):
    """A key of the API; only the hash of its secret is kept."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    tenant: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    prefix: Mapped[str] = mapped_column(unique=True)
    hash: Mapped[str]
    """SHA-256 (hex) of the whole secret."""
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime] = now()
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Installation(Base):
    """What this installation keeps of itself, in the only row."""

    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("single", name="one_installation"),)

    single: Mapped[bool] = mapped_column(primary_key=True)
    secret: Mapped[bytes]
    """See `propound.storage.installation`."""


class Job(Base):
    """A request, where it stands, and its funnel."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint("proposed = pending + accepted + surplus + rejected", name="funnel_reconciles"),
        CheckConstraint("rejected = propound_total(rejections)", name="rejections_have_reasons"),
        CheckConstraint("accepted <= count", name="accepted_at_most_count"),
        CheckConstraint(
            "pending >= 0 AND accepted >= 0 AND surplus >= 0 AND rejected >= 0", name="counters_not_negative"
        ),
        CheckConstraint("settled_spec <= next_spec", name="settled_was_claimed"),
        CheckConstraint(
            "pending = 0 OR state NOT IN ('succeeded', 'exhausted', 'failed', 'cancelled')",
            name="final_is_settled",
        ),
        CheckConstraint("state <> 'succeeded' OR accepted = count", name="succeeded_is_complete"),
        Index("jobs_of_tenant", "tenant", "id"),
        Index("jobs_in_turn", "tenant", "last_served_at", "id", postgresql_where=text(ACTIVE)),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    state: Mapped[JobState] = mapped_column(enum(JobState))
    request: Mapped[dict[str, Any]]
    """A `JobRequest`."""
    seed: Mapped[int] = mapped_column(BigInteger)
    count: Mapped[int]
    group_size: Mapped[int]
    episodes: Mapped[int]
    """The budget in trajectories."""
    library_version: Mapped[str | None]
    policy: Mapped[str | None]
    policy_version: Mapped[str | None]
    """Of the worker that claimed the first shard; every problem's evidence has its own."""

    created_at: Mapped[datetime] = now()
    queued_at: Mapped[datetime] = now()
    running_at: Mapped[datetime | None]
    finalizing_at: Mapped[datetime | None]
    succeeded_at: Mapped[datetime | None]
    exhausted_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    cancelling_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    last_served_at: Mapped[datetime] = now()
    """When a shard was last claimed; of a tenant's jobs the least recently served goes first."""

    next_spec: Mapped[int] = mapped_column(default=0)
    """The first spec that is in no shard yet."""
    settled_spec: Mapped[int] = mapped_column(default=0)
    """All specs below are settled."""
    proposed: Mapped[int] = mapped_column(default=0)
    pending: Mapped[int] = mapped_column(default=0)
    accepted: Mapped[int] = mapped_column(default=0)
    surplus: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    rejections: Mapped[dict[str, int]] = mapped_column(default=dict)
    """Rejected trajectories by reason."""
    probers: Mapped[list[str]] = mapped_column(default=list, server_default=text("'{}'"))
    """Versions of the pool of probers from weak to strong, as of the first claim; none where nothing is measured."""
    prober: Mapped[str | None]
    """Version of the one that measures all of its problems: the pool's choice at the first claim."""
    unrecorded: Mapped[dict[str, int]] = mapped_column(default=dict, server_default=text("'{}'"))
    """Episodes that no training can learn from, by `propound.trajectory.Unrecorded`."""
    pass_rates: Mapped[dict[str, int]] = mapped_column(default=dict, server_default=text("'{}'"))
    """Accepted problems by pass rate, as `propound.storage.pools.key` writes it."""
    error: Mapped[str | None]
    stop_reason: Mapped[str | None]
    waiting_for: Mapped[str | None]
    """The service outside that its episodes cannot go on without, and since when; None once one is stored."""


class Tenant(Base):
    """Someone who has asked for datasets, and when it was their turn last."""

    __tablename__ = "tenants"

    name: Mapped[str] = mapped_column(primary_key=True)
    last_served_at: Mapped[datetime] = now()
    """When a shard of any of their jobs was last claimed; the least recently served tenant goes first."""


class StoredPool(Base):
    """Where a pool of probers stands; it outlives jobs."""

    __tablename__ = "prober_pools"

    versions: Mapped[str] = mapped_column(primary_key=True)
    """Of its probers, from weak to strong, with spaces between."""
    state: Mapped[dict[str, Any]]
    """A `PoolState`."""


class Shard(Base):
    """A few consecutive specs of a job, the unit that a worker claims."""

    __tablename__ = "shards"
    __table_args__ = (Index("shards_open", "job_id", "lease_until", postgresql_where=text(OPEN)),)

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    first_spec: Mapped[int]
    specs: Mapped[int]
    state: Mapped[ShardState] = mapped_column(enum(ShardState))
    worker: Mapped[str | None]
    """The holder of the lease."""
    lease_until: Mapped[datetime]
    """Until then it belongs to its worker; a queued one is not claimed before."""
    attempts: Mapped[int]
    """Claims since an episode of this shard was last stored."""
    error: Mapped[str | None]
    """Why the last attempt was given up."""


class StoredTrajectory(Base):
    """One finished episode: the record, the verdict on it, and what became of it."""

    __tablename__ = "trajectories"
    __table_args__ = (
        UniqueConstraint("job_id", "spec_index", "member", name="one_trajectory_per_member"),
        CheckConstraint("(verdict = 'rejected') = (problem IS NULL)", name="verified_has_problem"),
        CheckConstraint("(decision = 'rejected') = (rejection IS NOT NULL)", name="rejected_has_reason"),
        Index(
            "trajectories_to_learn_from",
            "policy_version",
            "job_id",
            "spec_index",
            postgresql_where=text("sampled"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    spec_index: Mapped[int]
    member: Mapped[int]
    outcome: Mapped[Outcome] = mapped_column(enum(Outcome, closed=False))
    verdict: Mapped[VerdictKind] = mapped_column(enum(VerdictKind))
    rejection: Mapped[Rejection | None] = mapped_column(enum(Rejection, closed=False))
    """Of the verdict, or why it was not admitted when its turn came."""
    decision: Mapped[Decision] = mapped_column(enum(Decision))
    rationale: Mapped[str]
    record: Mapped[dict[str, Any]]
    """A `Trajectory`."""
    votes: Mapped[list[dict[str, Any]]]
    checks: Mapped[list[dict[str, Any]]]
    problem: Mapped[dict[str, Any] | None]
    """The `Problem` as verified."""
    skill_hashes: Mapped[dict[str, str]]
    """Content hash of every skill that the problem uses."""
    rewards: Mapped[dict[str, Any]]
    probe: Mapped[dict[str, Any] | None]
    """A `Probe`, where a prober measured the problem."""
    digest: Mapped[str]
    """Content digest of the trajectory."""
    policy: Mapped[str]
    policy_version: Mapped[str]
    library_version: Mapped[str]
    sampled: Mapped[bool]
    """Whether every step has its tokens and log-probabilities: what a training run can learn from."""
    created_at: Mapped[datetime] = now()


class StoredRequest(Base):
    """One attempt at a request to a language model, answered or failed; a number that nobody told is null, never 0."""

    __tablename__ = "requests"
    __table_args__ = (
        CheckConstraint("(reply IS NULL) <> (failure IS NULL)", name="answered_or_failed"),
        CheckConstraint("(job_id IS NULL) <> (command IS NULL)", name="request_has_one_origin"),
        Index("one_answer_per_request", "id", unique=True, postgresql_where=text("failure IS NULL")),
        Index("requests_of_job", "job_id", "number", postgresql_where=text("job_id IS NOT NULL")),
        Index("requests_of_command", "command", "number", postgresql_where=text("command IS NOT NULL")),
    )

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    """In the order in which they ended, nearly."""
    id: Mapped[str]
    """See `propound.models.ledger.request_id`; failed attempts at a request share it with the answer."""
    job_id: Mapped[str | None] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    command: Mapped[str | None]
    """The run of a command, where the request is no job's."""
    spec_index: Mapped[int] = mapped_column(BigInteger)
    member: Mapped[int]
    role: Mapped[Role] = mapped_column(enum(Role, closed=False))
    part: Mapped[str]
    turn: Mapped[int]
    attempt: Mapped[int]
    model: Mapped[str]
    """Our name of it."""
    family: Mapped[str | None]
    prompt_tokens: Mapped[int | None]
    completion_tokens: Mapped[int | None]
    thought_tokens: Mapped[int | None]
    cost: Mapped[float | None] = mapped_column(Numeric(asdecimal=False))
    """In the currency of the model's prices."""
    seconds: Mapped[float]
    failure: Mapped[str | None]
    reply: Mapped[dict[str, Any] | None]
    """A `Reply`."""
    created_at: Mapped[datetime] = now()


class RequestSum(Base):
    """What a job's requests in one role to one model come to, kept with each of them: reading it reads none of them."""

    __tablename__ = "request_sums"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[Role] = mapped_column(enum(Role, closed=False), primary_key=True)
    model: Mapped[str] = mapped_column(primary_key=True)
    requests: Mapped[int] = mapped_column(BigInteger)
    """Attempts, those that failed included."""
    failures: Mapped[int] = mapped_column(BigInteger)
    unpriced: Mapped[int] = mapped_column(BigInteger)
    """Answers whose price is not known; `cost` is without them."""
    prompt_tokens: Mapped[int | None] = mapped_column(BigInteger)
    """Of the answers that say; null where none does, like the sums below."""
    completion_tokens: Mapped[int | None] = mapped_column(BigInteger)
    thought_tokens: Mapped[int | None] = mapped_column(BigInteger)
    cost: Mapped[float | None] = mapped_column(Numeric(asdecimal=False))


class Dataset(Base):
    """What a job fills."""

    __tablename__ = "datasets"
    __table_args__ = (Index("datasets_of_tenant", "tenant", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), unique=True)
    tenant: Mapped[str]
    name: Mapped[str]
    chain: Mapped[str] = mapped_column(server_default="")
    """A digest of all its problems in their order (`propound.storage.datasets.link`); empty before the first."""
    created_at: Mapped[datetime] = now()


class StoredProblem(Base):
    """An accepted problem, in its place in the dataset."""

    __tablename__ = "problems"
    __table_args__ = (
        UniqueConstraint("dataset_id", "ordinal", name="one_problem_per_place"),
        UniqueConstraint("dataset_id", "statement_digest", name="no_statement_twice"),
        UniqueConstraint("dataset_id", "composition_digest", name="no_composition_twice"),
        Index("problems_by_band", "bands", **GIN),
        Index("problems_by_content", "content_digest", postgresql_ops={"content_digest": "text_pattern_ops"}),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id", ondelete="CASCADE"))
    ordinal: Mapped[int]
    """1, 2, ... in the order of acceptance."""
    trajectory_id: Mapped[str] = mapped_column(ForeignKey("trajectories.id", ondelete="CASCADE"), unique=True)
    statement: Mapped[str]
    answer: Mapped[str]
    domain: Mapped[Domain] = mapped_column(enum(Domain, closed=False))
    skills: Mapped[list[str]]
    record: Mapped[dict[str, Any]]
    """A `Problem`."""
    evidence: Mapped[dict[str, Any]]
    statement_digest: Mapped[str]
    composition_digest: Mapped[str]
    content_digest: Mapped[str]
    bands: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=text("'{}'"))
    """Of its fingerprint (`propound.dedup`), scoped to the dataset."""


class Benchmark(Base):
    """A file whose rows must not come up in datasets; only hashes of its rows are kept."""

    __tablename__ = "benchmarks"
    __table_args__ = (Index("benchmarks_of_tenant", "tenant", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    name: Mapped[str]
    rows: Mapped[int]
    digest: Mapped[str]
    """SHA-256 (hex) of the file's bytes."""
    created_at: Mapped[datetime] = now()


class StoredBenchmarkRow(Base):
    """The runs of words of one row of a benchmark (`propound.decontamination`)."""

    __tablename__ = "benchmark_rows"
    __table_args__ = (Index("benchmark_rows_by_gram", "grams", **GIN),)

    benchmark_id: Mapped[str] = mapped_column(
        ForeignKey("benchmarks.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    """Its line in the file, from 1."""
    grams: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))


class JobEvent(Base):
    """What happened to a job, in order; a stream resumes from any id."""

    __tablename__ = "job_events"
    __table_args__ = (Index("events_of_job", "job_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    kind: Mapped[EventKind] = mapped_column(enum(EventKind))
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = now()


class Training(Base):
    """A training run: its request, its lease, where it stands and what came out of it."""

    __tablename__ = "trainings"
    __table_args__ = (
        Index(
            "trainings_open",
            "lease_until",
            postgresql_where=text("state IN ('queued', 'running', 'cancelling')"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[TrainingState] = mapped_column(enum(TrainingState))
    request: Mapped[dict[str, Any]]
    """A `TrainingRequest`."""
    schedule_id: Mapped[str | None] = mapped_column(ForeignKey("schedules.id", ondelete="SET NULL"))
    base_version: Mapped[str | None]
    """What `base` meant when a trainer began; a continued run begins from the same."""
    prober: Mapped[str | None]
    """Version of the prober that measures its problems, chosen when it began; None: none does."""
    waiting_for: Mapped[str | None]
    """The service outside that its trainer waits for, while it is down."""
    trainer: Mapped[str | None]
    """The holder of the lease."""
    lease_until: Mapped[datetime] = now()
    """Until then it belongs to its trainer; a queued one is not claimed before."""
    attempts: Mapped[int] = mapped_column(default=0)
    """Claims since a step was last noted."""
    steps: Mapped[int] = mapped_column(default=0)
    """Steps of which figures are noted."""
    checkpoint_version: Mapped[str | None] = mapped_column(ForeignKey("checkpoints.version"))
    comparison: Mapped[dict[str, Any] | None]
    """The gate's `Comparison` with the checkpoint that was live."""
    stop_reason: Mapped[str | None]
    error: Mapped[str | None]

    created_at: Mapped[datetime] = now()
    queued_at: Mapped[datetime] = now()
    running_at: Mapped[datetime | None]
    cancelling_at: Mapped[datetime | None]
    succeeded_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]


class TrainingMetrics(Base):
    """The figures of one step of a run."""

    __tablename__ = "training_metrics"

    training_id: Mapped[str] = mapped_column(ForeignKey("trainings.id", ondelete="CASCADE"), primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    figures: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = now()


class TrainingEvent(Base):
    """What happened to a run, in order; a stream resumes from any id."""

    __tablename__ = "training_events"
    __table_args__ = (Index("events_of_training", "training_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    training_id: Mapped[str] = mapped_column(ForeignKey("trainings.id", ondelete="CASCADE"))
    kind: Mapped[TrainingEventKind] = mapped_column(enum(TrainingEventKind))
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = now()


class TrainingGroup(Base):
    """A claim: the group of episodes of one spec belongs to one run, in the order in which it got them."""

    __tablename__ = "training_groups"
    __table_args__ = (UniqueConstraint("training_id", "ordinal", name="one_group_per_place"),)

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    spec_index: Mapped[int] = mapped_column(primary_key=True)
    training_id: Mapped[str] = mapped_column(ForeignKey("trainings.id", ondelete="CASCADE"))
    ordinal: Mapped[int]
    """0, 1, ... in the order of the claims."""


class Schedule(Base):
    """When training runs begin by themselves."""

    __tablename__ = "schedules"
    __table_args__ = (
        CheckConstraint("(cron IS NULL) <> (every_groups IS NULL)", name="schedule_has_one_trigger"),
        CheckConstraint("(cron IS NULL) = (next_at IS NULL)", name="cron_names_a_time"),
        Index("schedules_by_time", "next_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    cron: Mapped[str | None]
    every_groups: Mapped[int | None]
    training: Mapped[dict[str, Any]]
    """A `TrainingRequest`."""
    next_at: Mapped[datetime | None]
    """When a cron schedule is due."""
    last_training_id: Mapped[str | None]
    created_at: Mapped[datetime] = now()


class StoredCheckpoint(Base):
    """A checkpoint that is kept: its weights lie in a folder, its descent and its figures here."""

    __tablename__ = "checkpoints"

    version: Mapped[str] = mapped_column(primary_key=True)
    """Digest of its content."""
    name: Mapped[str]
    folder: Mapped[str]
    """Where the trainer that kept it put it."""
    parent_version: Mapped[str | None]
    training_id: Mapped[str | None]
    state: Mapped[CheckpointState] = mapped_column(enum(CheckpointState))
    figures: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = now()


class Promotion(Base):
    """What became live, when and by whom; the newest row says what is live now."""

    __tablename__ = "promotions"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    version: Mapped[str | None] = mapped_column(ForeignKey("checkpoints.version"))
    """None: the bundled default."""
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("promotions.id"))
    """The promotion that a rollback leads back to."""
    by: Mapped[str]
    """A key's id, or `gate`."""
    reason: Mapped[str]
    created_at: Mapped[datetime] = now()


class IdempotencyKey(Base):
    """The response that a repeated request with the same key gets, for 24 hours."""

    __tablename__ = "idempotency_keys"

    tenant: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    method: Mapped[str]
    path: Mapped[str]
    body_digest: Mapped[str]
    status: Mapped[int | None]
    """None while the first request is under way."""
    response: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
