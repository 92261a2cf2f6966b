"""Jobs with their funnel, shards of work, trajectories, datasets of problems, events and keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TOTAL = """
CREATE FUNCTION propound_total(counts jsonb) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS 'SELECT coalesce(sum(value::bigint), 0)::bigint FROM jsonb_each_text(counts)'
"""


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _time(name: str, *, required: bool = False, now: bool = False) -> sa.Column[object]:
    return sa.Column(
        name,
        sa.DateTime(timezone=True),
        server_default=sa.text("now()") if now else None,
        nullable=not (required or now),
    )


def upgrade() -> None:
    op.execute(TOTAL)
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        _time("created_at", now=True),
        _time("last_used_at"),
        _time("revoked_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("prefix"),
    )
    op.create_index("ix_api_keys_tenant", "api_keys", ["tenant"], unique=False)
    op.create_table(
        "idempotency_keys",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("body_digest", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("response", JSONB(), nullable=True),
        _time("created_at", now=True),
        sa.PrimaryKeyConstraint("tenant", "key"),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"], unique=False)
    op.create_table(
        "jobs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column(
            "state",
            _choice(
                "known_jobstate",
                "queued",
                "running",
                "finalizing",
                "succeeded",
                "exhausted",
                "failed",
                "cancelling",
                "cancelled",
            ),
            nullable=False,
        ),
        sa.Column("request", JSONB(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("group_size", sa.Integer(), nullable=False),
        sa.Column("episodes", sa.Integer(), nullable=False),
        sa.Column("library_version", sa.Text(), nullable=True),
        sa.Column("policy", sa.Text(), nullable=True),
        sa.Column("policy_version", sa.Text(), nullable=True),
        _time("created_at", now=True),
        _time("queued_at", now=True),
        _time("running_at"),
        _time("finalizing_at"),
        _time("succeeded_at"),
        _time("exhausted_at"),
        _time("failed_at"),
        _time("cancelling_at"),
        _time("cancelled_at"),
        _time("last_served_at", now=True),
        sa.Column("next_spec", sa.Integer(), nullable=False),
        sa.Column("settled_spec", sa.Integer(), nullable=False),
        sa.Column("proposed", sa.Integer(), nullable=False),
        sa.Column("pending", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("surplus", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("rejections", JSONB(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("stop_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "pending = 0 OR state NOT IN ('succeeded', 'exhausted', 'failed', 'cancelled')",
            name="final_is_settled",
        ),
        sa.CheckConstraint("state <> 'succeeded' OR accepted = count", name="succeeded_is_complete"),
        sa.CheckConstraint("accepted <= count", name="accepted_at_most_count"),
        sa.CheckConstraint(
            "pending >= 0 AND accepted >= 0 AND surplus >= 0 AND rejected >= 0", name="counters_not_negative"
        ),
        sa.CheckConstraint("proposed = pending + accepted + surplus + rejected", name="funnel_reconciles"),
        sa.CheckConstraint("rejected = propound_total(rejections)", name="rejections_have_reasons"),
        sa.CheckConstraint("settled_spec <= next_spec", name="settled_was_claimed"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "jobs_active",
        "jobs",
        ["last_served_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'running', 'finalizing', 'cancelling')"),
    )
    op.create_index("jobs_of_tenant", "jobs", ["tenant", "id"], unique=False)
    op.create_table(
        "datasets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        _time("created_at", now=True),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("job_id"),
    )
    op.create_index("datasets_of_tenant", "datasets", ["tenant", "id"], unique=False)
    op.create_table(
        "job_events",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("kind", _choice("known_eventkind", "state", "progress"), nullable=False),
        sa.Column("data", JSONB(), nullable=False),
        _time("created_at", now=True),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("events_of_job", "job_events", ["job_id", "id"], unique=False)
    op.create_table(
        "shards",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("first_spec", sa.Integer(), nullable=False),
        sa.Column("specs", sa.Integer(), nullable=False),
        sa.Column(
            "state", _choice("known_shardstate", "queued", "leased", "done", "cancelled"), nullable=False
        ),
        sa.Column("worker", sa.Text(), nullable=True),
        _time("lease_until", required=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "index"),
    )
    op.create_index(
        "shards_open",
        "shards",
        ["job_id", "lease_until"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'leased')"),
    )
    op.create_table(
        "trajectories",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("spec_index", sa.Integer(), nullable=False),
        sa.Column("member", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("verdict", _choice("known_verdictkind", "accepted", "rejected"), nullable=False),
        sa.Column("rejection", sa.String(32), nullable=True),
        sa.Column(
            "decision",
            _choice("known_decision", "pending", "accepted", "surplus", "rejected"),
            nullable=False,
        ),
        sa.Column("rationale", sa.Text(), nullable=False),
        sa.Column("record", JSONB(), nullable=False),
        sa.Column("votes", JSONB(), nullable=False),
        sa.Column("checks", JSONB(), nullable=False),
        sa.Column("problem", JSONB(), nullable=True),
        sa.Column("skill_hashes", JSONB(), nullable=False),
        sa.Column("rewards", JSONB(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("library_version", sa.Text(), nullable=False),
        _time("created_at", now=True),
        sa.Column("claimed_by_training", sa.Text(), nullable=True),
        sa.CheckConstraint("(decision = 'rejected') = (rejection IS NOT NULL)", name="rejected_has_reason"),
        sa.CheckConstraint("(verdict = 'rejected') = (problem IS NULL)", name="verified_has_problem"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("job_id", "spec_index", "member", name="one_trajectory_per_member"),
    )
    op.create_table(
        "problems",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("dataset_id", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("trajectory_id", sa.Text(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("domain", sa.String(32), nullable=False),
        sa.Column("skills", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("record", JSONB(), nullable=False),
        sa.Column("evidence", JSONB(), nullable=False),
        sa.Column("statement_digest", sa.Text(), nullable=False),
        sa.Column("composition_digest", sa.Text(), nullable=False),
        sa.Column("content_digest", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["trajectory_id"], ["trajectories.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("dataset_id", "composition_digest", name="no_composition_twice"),
        sa.UniqueConstraint("dataset_id", "ordinal", name="one_problem_per_place"),
        sa.UniqueConstraint("dataset_id", "statement_digest", name="no_statement_twice"),
        sa.UniqueConstraint("trajectory_id"),
    )


def downgrade() -> None:
    for table in (
        "problems",
        "trajectories",
        "shards",
        "job_events",
        "datasets",
        "jobs",
        "idempotency_keys",
        "api_keys",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION propound_total(jsonb)")
