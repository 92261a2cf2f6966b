"""The tables. Counters and acceptance are guarded here too, so that no bug can make a funnel that lies."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    Text,
    TypeDecorator,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from propound.job import JobState
from propound.problem import Domain
from propound.storage.escape import escape_text, restore_text
from propound.trajectory import Outcome
from propound.verification.verdict import Rejection


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


class SafeText(TypeDecorator[str]):
    """Text that may hold what PostgreSQL refuses; see `propound.storage.escape`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Escape on the way in."""
        return None if value is None else escape_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Restore on the way out."""
        return None if value is None else restore_text(value)


def _enum(kind: type[StrEnum], *, closed: bool = True) -> Enum:
    """A string enum kept as text; a closed one is checked by the database."""
    return Enum(
        kind,
        name=f"known_{kind.__name__.lower()}",
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        create_constraint=closed,
        length=32,
    )


def _now() -> Mapped[datetime]:
    return mapped_column(server_default=func.now())


_GIN: dict[str, Any] = {"postgresql_using": "gin", "postgresql_with": {"fastupdate": "off"}}
"""An index on the numbers of an array; without fastupdate, whose list of late entries is read one by one."""


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
    created_at: Mapped[datetime] = _now()
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


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
        Index(
            "jobs_active",
            "last_served_at",
            postgresql_where=text("state IN ('queued', 'running', 'finalizing', 'cancelling')"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    state: Mapped[JobState] = mapped_column(_enum(JobState))
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

    created_at: Mapped[datetime] = _now()
    queued_at: Mapped[datetime] = _now()
    running_at: Mapped[datetime | None]
    finalizing_at: Mapped[datetime | None]
    succeeded_at: Mapped[datetime | None]
    exhausted_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    cancelling_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    last_served_at: Mapped[datetime] = _now()
    """When a shard was last claimed; the least recently served job goes first."""

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
    error: Mapped[str | None]
    stop_reason: Mapped[str | None]
    waiting_for: Mapped[str | None]
    """The service outside that its episodes cannot go on without, and since when; None once one is stored."""


class Shard(Base):
    """A few consecutive specs of a job, the unit that a worker claims."""

    __tablename__ = "shards"
    __table_args__ = (
        Index("shards_open", "job_id", "lease_until", postgresql_where=text("state IN ('queued', 'leased')")),
    )

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    first_spec: Mapped[int]
    specs: Mapped[int]
    state: Mapped[ShardState] = mapped_column(_enum(ShardState))
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
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    spec_index: Mapped[int]
    member: Mapped[int]
    outcome: Mapped[Outcome] = mapped_column(_enum(Outcome, closed=False))
    verdict: Mapped[VerdictKind] = mapped_column(_enum(VerdictKind))
    rejection: Mapped[Rejection | None] = mapped_column(_enum(Rejection, closed=False))
    """Of the verdict, or why it was not admitted when its turn came."""
    decision: Mapped[Decision] = mapped_column(_enum(Decision))
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
    digest: Mapped[str]
    """Content digest of the trajectory."""
    policy: Mapped[str]
    policy_version: Mapped[str]
    library_version: Mapped[str]
    created_at: Mapped[datetime] = _now()
    claimed_by_training: Mapped[str | None]


class Dataset(Base):
    """What a job fills."""

    __tablename__ = "datasets"
    __table_args__ = (Index("datasets_of_tenant", "tenant", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), unique=True)
    tenant: Mapped[str]
    name: Mapped[str]
    created_at: Mapped[datetime] = _now()


class StoredProblem(Base):
    """An accepted problem, in its place in the dataset."""

    __tablename__ = "problems"
    __table_args__ = (
        UniqueConstraint("dataset_id", "ordinal", name="one_problem_per_place"),
        UniqueConstraint("dataset_id", "statement_digest", name="no_statement_twice"),
        UniqueConstraint("dataset_id", "composition_digest", name="no_composition_twice"),
        Index("problems_by_band", "bands", **_GIN),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id", ondelete="CASCADE"))
    ordinal: Mapped[int]
    """1, 2, ... in the order of acceptance."""
    trajectory_id: Mapped[str] = mapped_column(ForeignKey("trajectories.id", ondelete="CASCADE"), unique=True)
    statement: Mapped[str]
    answer: Mapped[str]
    domain: Mapped[Domain] = mapped_column(_enum(Domain, closed=False))
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
    created_at: Mapped[datetime] = _now()


class StoredBenchmarkRow(Base):
    """The runs of words of one row of a benchmark (`propound.decontamination`)."""

    __tablename__ = "benchmark_rows"
    __table_args__ = (Index("benchmark_rows_by_gram", "grams", **_GIN),)

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
    kind: Mapped[EventKind] = mapped_column(_enum(EventKind))
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = _now()


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
