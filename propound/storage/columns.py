"""What all tables are made of: columns for text as models write it, for enums and times, and what their indexes say."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Dialect, Enum, Text, TypeDecorator, func, literal_column
from sqlalchemy.orm import Mapped, mapped_column

from propound.storage.escape import escape_text, restore_text


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


def enum(kind: type[StrEnum], *, closed: bool = True) -> Enum:
    """A string enum kept as text; a closed one is checked by the database."""
    return Enum(
        kind,
        name=f"known_{kind.__name__.lower()}",
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        create_constraint=closed,
        length=32,
    )


def now() -> Mapped[datetime]:
    """When the row was made."""
    return mapped_column(server_default=func.now())


GIN: dict[str, Any] = {"postgresql_using": "gin", "postgresql_with": {"fastupdate": "off"}}
"""An index on the numbers of an array; without fastupdate, whose list of late entries is read one by one."""


ACTIVE = "state IN ('queued', 'running', 'finalizing', 'cancelling')"
OPEN = "state IN ('queued', 'leased')"


def active_jobs() -> ColumnElement[bool]:
    """Jobs that are not over, in the very words of their index: with parameters PostgreSQL would not know it."""
    return literal_column(f"jobs.{ACTIVE}", Boolean)


def open_shards() -> ColumnElement[bool]:
    """Shards that are not over, in the very words of their index."""
    return literal_column(f"shards.{OPEN}", Boolean)
