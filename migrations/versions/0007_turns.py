"""Turns of tenants, an index of their jobs in turn, digests of datasets, problems by content."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ACTIVE = "state IN ('queued', 'running', 'finalizing', 'cancelling')"


def upgrade() -> None:
    op.create_table(
        "tenants",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "last_served_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("name"),
    )
    op.execute("INSERT INTO tenants SELECT tenant, max(last_served_at) FROM jobs GROUP BY tenant")
    op.drop_index("jobs_active", "jobs")
    op.create_index(
        "jobs_in_turn", "jobs", ["tenant", "last_served_at", "id"], postgresql_where=sa.text(ACTIVE)
    )
    op.create_index(
        "problems_by_content",
        "problems",
        ["content_digest"],
        postgresql_ops={"content_digest": "text_pattern_ops"},
    )
    op.add_column("datasets", sa.Column("chain", sa.Text(), server_default="", nullable=False))
    connection = op.get_bind()
    for dataset_id in connection.scalars(sa.text("SELECT id FROM datasets")).all():
        rows = connection.execute(
            sa.text(
                "SELECT content_digest, evidence->>'trajectory_digest' FROM problems WHERE dataset_id = :id "
                "ORDER BY ordinal"
            ),
            {"id": dataset_id},
        )
        chain = ""
        for content, trajectory in rows:
            chain = hashlib.sha256(f"{chain}{content}{trajectory}".encode("ascii")).hexdigest()
        connection.execute(
            sa.text("UPDATE datasets SET chain = :chain WHERE id = :id"), {"chain": chain, "id": dataset_id}
        )


def downgrade() -> None:
    op.drop_column("datasets", "chain")
    op.drop_index("problems_by_content", "problems")
    op.drop_index("jobs_in_turn", "jobs")
    op.create_index("jobs_active", "jobs", ["last_served_at"], postgresql_where=sa.text(ACTIVE))
    op.drop_table("tenants")
