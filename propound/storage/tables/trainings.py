"""Training runs, what they learned from and what they made, and what is live."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from propound.storage.columns import enum, now
from propound.storage.tables.base import Base
from propound.training import TrainingState


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
