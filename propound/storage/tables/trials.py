"""What committees of open mode made of canaries, of which it is known what is wrong with them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from propound.domain import Domain
from propound.storage.columns import enum, now
from propound.storage.tables.base import Base
from propound.verification.vote import Rejection


class StoredTrial(Base):
    """One canary, put to one committee."""

    __tablename__ = "trials"
    __table_args__ = (
        UniqueConstraint("committee", "canary", name="one_trial_per_canary"),
        CheckConstraint("accepted = (rejection IS NULL)", name="trial_has_one_outcome"),
        CheckConstraint("job_id IS NULL OR command IS NULL", name="trial_has_one_origin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    committee: Mapped[str]
    """Digest of its models, prompts and rules."""
    canary: Mapped[str]
    """Digest of it."""
    domain: Mapped[Domain] = mapped_column(enum(Domain, closed=False))
    fault: Mapped[str | None]
    """What is wrong with it; null: nothing."""
    style: Mapped[str]
    accepted: Mapped[bool]
    rejection: Mapped[Rejection | None] = mapped_column(enum(Rejection, closed=False))
    decided: Mapped[bool]
    """Whether the rejection says anything of the canary."""
    errors: Mapped[dict[str, bool]]
    """Whether a member erred, by member."""
    evidence: Mapped[dict[str, Any] | None]
    """An `Evidence`."""
    job_id: Mapped[str | None] = mapped_column(ForeignKey("jobs.id", ondelete="SET NULL"))
    """The job that it was mixed into."""
    command: Mapped[str | None]
    """The run of a command that made it."""
    created_at: Mapped[datetime] = now()


class TrialSum(Base):
    """How many canaries of a kind a committee accepted, kept with each trial: reading it reads none of them."""

    __tablename__ = "trial_sums"

    committee: Mapped[str] = mapped_column(primary_key=True)
    fault: Mapped[str] = mapped_column(primary_key=True)
    """Empty for sound ones."""
    domain: Mapped[Domain] = mapped_column(enum(Domain, closed=False), primary_key=True)
    decided: Mapped[int] = mapped_column(BigInteger)
    accepted: Mapped[int] = mapped_column(BigInteger)
    undecided: Mapped[int] = mapped_column(BigInteger)
