"""Requests to language models, a row each, and what they come to for each job, role and model."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TOKENS = ("prompt_tokens", "completion_tokens", "thought_tokens")


def upgrade() -> None:
    op.create_table(
        "requests",
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=True),
        sa.Column("command", sa.Text(), nullable=True),
        sa.Column("spec_index", sa.BigInteger(), nullable=False),
        sa.Column("member", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in TOKENS),
        sa.Column("cost", sa.Numeric(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("reply", JSONB(none_as_null=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(reply IS NULL) <> (failure IS NULL)", name="answered_or_failed"),
        sa.CheckConstraint("(job_id IS NULL) <> (command IS NULL)", name="request_has_one_origin"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index(
        "one_answer_per_request",
        "requests",
        ["id"],
        unique=True,
        postgresql_where=sa.text("failure IS NULL"),
    )
    op.create_index(
        "requests_of_job",
        "requests",
        ["job_id", "number"],
        unique=False,
        postgresql_where=sa.text("job_id IS NOT NULL"),
    )
    op.create_index(
        "requests_of_command",
        "requests",
        ["command", "number"],
        unique=False,
        postgresql_where=sa.text("command IS NOT NULL"),
    )
    op.create_table(
        "request_sums",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("requests", "failures", "unpriced")),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in TOKENS),
        sa.Column("cost", sa.Numeric(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "role", "model"),
    )


def downgrade() -> None:
    op.drop_table("request_sums")
    op.drop_table("requests")
