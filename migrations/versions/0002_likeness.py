"""What near-duplicates are found by, and benchmarks that datasets keep clear of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

GIN = {"postgresql_using": "gin", "postgresql_with": {"fastupdate": "off"}}


def upgrade() -> None:
    # Problems of before have no bands, so nothing is a near-duplicate of them.
    op.add_column(
        "problems",
        sa.Column("bands", sa.ARRAY(sa.BigInteger()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.create_index("problems_by_band", "problems", ["bands"], unique=False, **GIN)
    op.create_table(
        "benchmarks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("benchmarks_of_tenant", "benchmarks", ["tenant", "id"], unique=False)
    op.create_table(
        "benchmark_rows",
        sa.Column("benchmark_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("grams", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.ForeignKeyConstraint(["benchmark_id"], ["benchmarks.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("benchmark_id", "number"),
    )
    op.create_index("benchmark_rows_by_gram", "benchmark_rows", ["grams"], unique=False, **GIN)


def downgrade() -> None:
    op.drop_table("benchmark_rows")
    op.drop_table("benchmarks")
    op.drop_index("problems_by_band", table_name="problems")
    op.drop_column("problems", "bands")
