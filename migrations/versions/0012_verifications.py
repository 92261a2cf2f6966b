"""Verifications: rows that somebody brought, each with what came of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_NOW = sa.text("now()")


def upgrade() -> None:
    op.create_table(
        "verifications",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("well_posed", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("verdicts", JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_served_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("waiting_for", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('queued', 'running', 'succeeded')", name="known_verificationstate"),
        sa.CheckConstraint("done >= 0 AND done <= count", name="done_at_most_count"),
        sa.CheckConstraint("done = propound_total(verdicts)", name="done_have_verdicts"),
        sa.CheckConstraint("(state = 'succeeded') = (done = count)", name="succeeded_has_all_results"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("verifications_of_tenant", "verifications", ["tenant", "id"])
    op.create_index(
        "verifications_in_turn",
        "verifications",
        ["last_served_at", "id"],
        postgresql_where=sa.text("state <> 'succeeded'"),
    )
    op.create_table(
        "verification_rows",
        sa.Column("verification_id", sa.Text(), nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("row", JSONB(none_as_null=True), nullable=True),
        sa.Column("result", JSONB(none_as_null=True), nullable=True),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["verification_id"], ["verifications.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("verification_id", "index"),
    )
    op.create_index(
        "rows_to_verify",
        "verification_rows",
        ["verification_id", "index"],
        postgresql_where=sa.text("result IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("verification_rows")
    op.drop_table("verifications")
