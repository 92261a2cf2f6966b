"""Files whose rows must not come up in datasets."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from propound.storage.columns import GIN, now
from propound.storage.tables.base import Base


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
