"""Jobs: requests with their funnels, the shards that workers claim, whose turn it is, and what happened."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from propound.job import JobState
from propound.problem import Mode
from propound.storage.columns import ACTIVE, OPEN, enum, now
from propound.storage.tables.base import Base


class ShardState(StrEnum):
    """Where a shard stands."""

    QUEUED = "queued"
    """Given back; to be claimed again once `lease_until` has passed."""
    LEASED = "leased"
    DONE = "done"
    CANCELLED = "cancelled"


class EventKind(StrEnum):
    """What a job event tells."""

    STATE = "state"
    PROGRESS = "progress"


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
    mode: Mapped[Mode] = mapped_column(
        enum(Mode), default=Mode.PROCEDURAL, server_default=Mode.PROCEDURAL.value
    )
    request: Mapped[dict[str, Any]]
    """A `JobRequest`, with the names of its cards in their place."""
    cards: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True), deferred=True)
    """The cards that came with the request, as texts; read by whoever draws specs."""
    seed: Mapped[int] = mapped_column(BigInteger)
    count: Mapped[int]
    group_size: Mapped[int]
    episodes: Mapped[int]
    """The budget in trajectories."""
    max_tokens: Mapped[int | None] = mapped_column(BigInteger)
    """The budget in tokens of models; none: no limit."""
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
    trust: Mapped[dict[str, Any] | None]
    """A `Trust`: whose models verify, as of the first claim."""
    committee: Mapped[str | None]
    """Whose trials say how far its verdicts can be trusted; as of the first claim, in open mode alone."""
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


class JobEvent(Base):
    """What happened to a job, in order; a stream resumes from any id."""

    __tablename__ = "job_events"
    __table_args__ = (Index("events_of_job", "job_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    kind: Mapped[EventKind] = mapped_column(enum(EventKind))
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = now()
