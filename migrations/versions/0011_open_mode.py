"""Open mode: the mode, cards, budget and committee of jobs, evidence and siblings of problems, trials of committees."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    mode = sa.Column("mode", sa.String(32), server_default="procedural", nullable=False)
    op.add_column("jobs", mode)
    op.create_check_constraint("known_mode", "jobs", "mode IN ('procedural', 'open')")
    op.add_column("jobs", sa.Column("cards", JSONB(none_as_null=True), nullable=True))
    op.add_column("jobs", sa.Column("max_tokens", sa.BigInteger(), nullable=True))
    op.add_column("jobs", sa.Column("trust", JSONB(none_as_null=True), nullable=True))
    op.add_column("jobs", sa.Column("committee", sa.Text(), nullable=True))
    op.add_column("trajectories", sa.Column("evidence", JSONB(none_as_null=True), nullable=True))
    op.add_column("trajectories", sa.Column("siblings", JSONB(none_as_null=True), nullable=True))
    op.create_table(
        "siblings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("problem_id", sa.Text(), nullable=False),
        sa.Column("dataset_id", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("given", JSONB(none_as_null=True), nullable=False),
        sa.Column("record", JSONB(none_as_null=True), nullable=False),
        sa.Column("statement_digest", sa.Text(), nullable=False),
        sa.Column("content_digest", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["problem_id"], ["problems.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("problem_id", "ordinal", name="one_sibling_per_place"),
        sa.UniqueConstraint("problem_id", "statement_digest", name="no_sibling_twice"),
    )
    op.create_index("siblings_of_dataset", "siblings", ["dataset_id"])
    op.create_table(
        "trials",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("committee", sa.Text(), nullable=False),
        sa.Column("canary", sa.Text(), nullable=False),
        sa.Column("domain", sa.String(32), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("style", sa.Text(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("rejection", sa.String(32), nullable=True),
        sa.Column("decided", sa.Boolean(), nullable=False),
        sa.Column("errors", JSONB(), nullable=False),
        sa.Column("evidence", JSONB(none_as_null=True), nullable=True),
        sa.Column("job_id", sa.Text(), nullable=True),
        sa.Column("command", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("accepted = (rejection IS NULL)", name="trial_has_one_outcome"),
        sa.CheckConstraint("job_id IS NULL OR command IS NULL", name="trial_has_one_origin"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("committee", "canary", name="one_trial_per_canary"),
    )
    op.create_table(
        "trial_sums",
        sa.Column("committee", sa.Text(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("domain", sa.String(32), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("decided", "accepted", "undecided")),
        sa.PrimaryKeyConstraint("committee", "fault", "domain"),
    )


def downgrade() -> None:
    op.drop_table("trial_sums")
    op.drop_table("trials")
    op.drop_table("siblings")
    op.drop_column("trajectories", "siblings")
    op.drop_column("trajectories", "evidence")
    for name in ("committee", "trust", "max_tokens", "cards", "mode"):
        op.drop_column("jobs", name)
