"""What a training run waits for while a server is down, and which prober measures its problems."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trainings", sa.Column("waiting_for", sa.Text(), nullable=True))
    op.add_column("trainings", sa.Column("prober", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("trainings", "prober")
    op.drop_column("trainings", "waiting_for")
