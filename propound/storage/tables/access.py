"""Who may use this installation, what it keeps of itself, and requests that are sent again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from propound.storage.columns import now
from propound.storage.tables.base import Base


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
