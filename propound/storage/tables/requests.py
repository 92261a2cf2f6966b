"""What was asked of language models, and what it comes to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from propound.models.purpose import Role
from propound.storage.columns import enum, now
from propound.storage.tables.base import Base


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
