"""How hard problems are: probes of trajectories, the prober and the pass rates of jobs, pools of probers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trajectories", sa.Column("probe", JSONB(none_as_null=True), nullable=True))
    op.add_column(
        "jobs", sa.Column("probers", ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)
    )
    op.add_column("jobs", sa.Column("prober", sa.Text(), nullable=True))
    op.add_column("jobs", sa.Column("pass_rates", JSONB(), server_default=sa.text("'{}'"), nullable=False))
    op.create_table(
        "prober_pools",
        sa.Column("versions", sa.Text(), nullable=False),
        sa.Column("state", JSONB(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("versions"),
    )


def downgrade() -> None:
    op.drop_table("prober_pools")
    op.drop_column("jobs", "pass_rates")
    op.drop_column("jobs", "prober")
    op.drop_column("jobs", "probers")
    op.drop_column("trajectories", "probe")
