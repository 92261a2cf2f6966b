"""Finished episodes, accepted or not."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from propound.storage.columns import enum, now
from propound.storage.tables.base import Base
from propound.trajectory import Outcome
from propound.verification.vote import Rejection


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
    evidence: Mapped[dict[str, Any] | None]
    """An `Evidence`: what every stage of verification found, in open mode alone."""
    siblings: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    """Each a `Problem`: the one as verified with other numbers."""
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
