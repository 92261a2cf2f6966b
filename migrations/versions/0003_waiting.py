"""What a job waits for while a service outside does not answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("waiting_for", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("jobs", "waiting_for")
