"""Training runs with their metrics, events and claims; schedules; checkpoints and what was promoted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SAMPLED = """
UPDATE trajectories SET sampled = jsonb_array_length(record->'steps') > 0
AND NOT jsonb_path_exists(record, '$.steps[*] ? (@.sampling == null)')
"""


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _time(name: str, *, now: bool = False) -> sa.Column[object]:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=not now)


def upgrade() -> None:
    op.add_column(
        "trajectories", sa.Column("sampled", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.execute(SAMPLED)
    op.alter_column("trajectories", "sampled", server_default=None)
    op.drop_column("trajectories", "claimed_by_training")
    op.create_index(
        "trajectories_to_learn_from",
        "trajectories",
        ["policy_version", "job_id", "spec_index"],
        unique=False,
        postgresql_where=sa.text("sampled"),
    )
    op.create_table(
        "checkpoints",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("parent_version", sa.Text(), nullable=True),
        sa.Column("training_id", sa.Text(), nullable=True),
        sa.Column(
            "state", _choice("known_checkpointstate", "candidate", "refused", "promoted"), nullable=False
        ),
        sa.Column("figures", JSONB(), nullable=False),
        _time("created_at", now=True),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_table(
        "promotions",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("previous_id", sa.BigInteger(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        _time("created_at", now=True),
        sa.ForeignKeyConstraint(["version"], ["checkpoints.version"]),
        sa.ForeignKeyConstraint(["previous_id"], ["promotions.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "schedules",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("cron", sa.Text(), nullable=True),
        sa.Column("every_groups", sa.Integer(), nullable=True),
        sa.Column("training", JSONB(), nullable=False),
        _time("next_at"),
        sa.Column("last_training_id", sa.Text(), nullable=True),
        _time("created_at", now=True),
        sa.CheckConstraint("(cron IS NULL) <> (every_groups IS NULL)", name="schedule_has_one_trigger"),
        sa.CheckConstraint("(cron IS NULL) = (next_at IS NULL)", name="cron_names_a_time"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("schedules_by_time", "schedules", ["next_at"], unique=False)
    op.create_table(
        "trainings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column(
            "state",
            _choice(
                "known_trainingstate", "queued", "running", "cancelling", "succeeded", "failed", "cancelled"
            ),
            nullable=False,
        ),
        sa.Column("request", JSONB(), nullable=False),
        sa.Column("schedule_id", sa.Text(), nullable=True),
        sa.Column("base_version", sa.Text(), nullable=True),
        sa.Column("trainer", sa.Text(), nullable=True),
        _time("lease_until", now=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("checkpoint_version", sa.Text(), nullable=True),
        sa.Column("comparison", JSONB(), nullable=True),
        sa.Column("stop_reason", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        _time("created_at", now=True),
        _time("queued_at", now=True),
        _time("running_at"),
        _time("cancelling_at"),
        _time("succeeded_at"),
        _time("failed_at"),
        _time("cancelled_at"),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedules.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["checkpoint_version"], ["checkpoints.version"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "trainings_open",
        "trainings",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'running', 'cancelling')"),
    )
    op.create_table(
        "training_metrics",
        sa.Column("training_id", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("figures", JSONB(), nullable=False),
        _time("created_at", now=True),
        sa.ForeignKeyConstraint(["training_id"], ["trainings.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("training_id", "step"),
    )
    op.create_table(
        "training_events",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("training_id", sa.Text(), nullable=False),
        sa.Column("kind", _choice("known_trainingeventkind", "state", "metrics", "log"), nullable=False),
        sa.Column("data", JSONB(), nullable=False),
        _time("created_at", now=True),
        sa.ForeignKeyConstraint(["training_id"], ["trainings.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("events_of_training", "training_events", ["training_id", "id"], unique=False)
    op.create_table(
        "training_groups",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("spec_index", sa.Integer(), nullable=False),
        sa.Column("training_id", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["training_id"], ["trainings.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "spec_index"),
        sa.UniqueConstraint("training_id", "ordinal", name="one_group_per_place"),
    )


def downgrade() -> None:
    for table in (
        "training_groups",
        "training_events",
        "training_metrics",
        "trainings",
        "schedules",
        "promotions",
        "checkpoints",
    ):
        op.drop_table(table)
    op.drop_index("trajectories_to_learn_from", table_name="trajectories")
    op.drop_column("trajectories", "sampled")
    op.add_column("trajectories", sa.Column("claimed_by_training", sa.Text(), nullable=True))
