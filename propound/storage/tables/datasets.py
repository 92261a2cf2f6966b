"""What jobs fill, problem by problem."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from propound.domain import Domain
from propound.storage.columns import GIN, enum, now
from propound.storage.tables.base import Base


class Dataset(Base):
    """What a job fills."""

    __tablename__ = "datasets"
    __table_args__ = (Index("datasets_of_tenant", "tenant", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), unique=True)
    tenant: Mapped[str]
    name: Mapped[str]
    chain: Mapped[str] = mapped_column(server_default="")
    """A digest of all its problems in their order (`propound.storage.datasets.link`); empty before the first."""
    created_at: Mapped[datetime] = now()


class StoredProblem(Base):
    """An accepted problem, in its place in the dataset."""

    __tablename__ = "problems"
    __table_args__ = (
        UniqueConstraint("dataset_id", "ordinal", name="one_problem_per_place"),
        UniqueConstraint("dataset_id", "statement_digest", name="no_statement_twice"),
        UniqueConstraint("dataset_id", "composition_digest", name="no_composition_twice"),
        Index("problems_by_band", "bands", **GIN),
        Index("problems_by_content", "content_digest", postgresql_ops={"content_digest": "text_pattern_ops"}),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id", ondelete="CASCADE"))
    ordinal: Mapped[int]
    """1, 2, ... in the order of acceptance."""
    trajectory_id: Mapped[str] = mapped_column(ForeignKey("trajectories.id", ondelete="CASCADE"), unique=True)
    statement: Mapped[str]
    answer: Mapped[str]
    domain: Mapped[Domain] = mapped_column(enum(Domain, closed=False))
    skills: Mapped[list[str]]
    record: Mapped[dict[str, Any]]
    """A `Problem`."""
    evidence: Mapped[dict[str, Any]]
    statement_digest: Mapped[str]
    composition_digest: Mapped[str]
    content_digest: Mapped[str]
    bands: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=text("'{}'"))
    """Of its fingerprint (`propound.dedup`), scoped to the dataset."""


class StoredSibling(Base):
    """An accepted problem with other numbers: beside the dataset, in neither its count nor the funnel."""

    __tablename__ = "siblings"
    __table_args__ = (
        UniqueConstraint("problem_id", "ordinal", name="one_sibling_per_place"),
        UniqueConstraint("problem_id", "statement_digest", name="no_sibling_twice"),
        Index("siblings_of_dataset", "dataset_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    problem_id: Mapped[str] = mapped_column(ForeignKey("problems.id", ondelete="CASCADE"))
    """Its parent."""
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id", ondelete="CASCADE"))
    """The parent's."""
    ordinal: Mapped[int]
    """1, 2, ... among those of one parent."""
    statement: Mapped[str]
    answer: Mapped[str]
    given: Mapped[dict[str, Any]]
    """What was drawn."""
    record: Mapped[dict[str, Any]]
    """A `Problem`."""
    statement_digest: Mapped[str]
    content_digest: Mapped[str]
