"""The secret that the marks of requests to models are drawn from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "installation",
        sa.Column("single", sa.Boolean(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("single", name="one_installation"),
        sa.PrimaryKeyConstraint("single"),
    )


def downgrade() -> None:
    op.drop_table("installation")
