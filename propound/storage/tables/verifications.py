"""Verifications: rows that somebody brought, each with what came of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from propound.storage.columns import enum, now
from propound.storage.tables.base import Base


class VerificationState(StrEnum):
    """Where a verification stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    """Every row has a result, whatever it says."""


class StoredVerification(Base):
    """A request to verify rows, and how far it is."""

    __tablename__ = "verifications"
    __table_args__ = (
        CheckConstraint("done >= 0 AND done <= count", name="done_at_most_count"),
        CheckConstraint("done = propound_total(verdicts)", name="done_have_verdicts"),
        CheckConstraint("(state = 'succeeded') = (done = count)", name="succeeded_has_all_results"),
        Index("verifications_of_tenant", "tenant", "id"),
        Index("verifications_in_turn", "last_served_at", "id", postgresql_where=text("state <> 'succeeded'")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    state: Mapped[VerificationState] = mapped_column(enum(VerificationState))
    well_posed: Mapped[str] = mapped_column(Text)
    """How solvers are asked for it: an `Asking`."""
    count: Mapped[int]
    done: Mapped[int]
    verdicts: Mapped[dict[str, int]]
    """Rows that are done, by verdict."""
    created_at: Mapped[datetime] = now()
    finished_at: Mapped[datetime | None]
    last_served_at: Mapped[datetime] = now()
    """When rows were last claimed; the least recently served goes first."""
    waiting_for: Mapped[str | None]
    """The service outside that its rows cannot go on without; None once one is done."""


class VerificationRow(Base):
    """One row: claimed with a lease, until it has a result."""

    __tablename__ = "verification_rows"
    __table_args__ = (
        Index("rows_to_verify", "verification_id", "index", postgresql_where=text("result IS NULL")),
    )

    verification_id: Mapped[str] = mapped_column(
        ForeignKey("verifications.id", ondelete="CASCADE"), primary_key=True
    )
    index: Mapped[int] = mapped_column(primary_key=True)
    """Its place in the request, from 1."""
    row: Mapped[dict[str, Any] | None]
    """A `Row`; None where it could not be read."""
    result: Mapped[dict[str, Any] | None]
    """A `Result`."""
    holder: Mapped[str | None]
    """Who works on it."""
    lease_until: Mapped[datetime] = now()
    """Until then it is its holder's, or nobody's."""
    attempts: Mapped[int] = mapped_column(default=0)
    """Claims that came to nothing, for a reason of ours."""
    error: Mapped[str | None]
    """Why the last one did."""
