"""The schema: one that revisions and tables agree on, reached from anywhere, once, by many at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, inspect, make_url, select, text

from propound.job import JobRequest
from propound.problem import Mode
from propound.storage import datasets, jobs, shards
from propound.storage.migrate import configuration, is_current, upgrade
from propound.storage.session import Database, open_engine
from propound.storage.tables import Base, Job, StoredTrajectory
from propound.trust import Trust
from tests.factories.jobs import claimant
from tests.services import Services


@pytest.fixture
def empty_url(services: Services, process_name: str) -> Iterator[str]:
    """A database without a single table."""
    name = f"{services.run}_{process_name}_empty"
    engine = open_engine(services.database_url, pool_size=0).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(services.database_url).set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def test_an_empty_database_is_brought_up_once_by_many(empty_url: str) -> None:
    assert not is_current(empty_url)
    with ThreadPoolExecutor(3) as starters:
        list(starters.map(upgrade, [empty_url] * 3))
    assert is_current(empty_url)


def test_revisions_and_tables_agree(database_url: str) -> None:
    engine = open_engine(database_url, pool_size=0)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
        for table in Base.metadata.sorted_tables:
            there = {found["name"] for found in inspect(connection).get_check_constraints(table.name)}
            declared = {str(item.name) for item in table.constraints if isinstance(item, CheckConstraint)}
            assert there == declared, table.name


def test_down_and_up_again(empty_url: str) -> None:
    upgrade(empty_url)
    command.downgrade(configuration(empty_url), "base")
    engine = open_engine(empty_url, pool_size=0)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    upgrade(empty_url)
    assert is_current(empty_url)


def test_a_filled_database_of_procedural_jobs_goes_on_after_open_mode_came(empty_url: str) -> None:
    """Jobs, episodes and problems of before are procedural ones; going back loses only what is new."""
    command.upgrade(configuration(empty_url), "0010")
    engine = open_engine(empty_url, pool_size=0)
    with engine.begin() as connection:
        connection.exec_driver_sql(FILLING)
        before = connection.execute(text(KEPT)).all()
    upgrade(empty_url)
    database = Database(empty_url, pool_size=0)
    with database.begin() as session:
        job = session.scalars(select(Job)).one()
        assert (job.mode, job.cards, job.max_tokens, job.trust, job.committee) == (
            Mode.PROCEDURAL,
            *[None] * 4,
        )
        assert jobs.trust(job, None) == Trust()
        assert JobRequest.model_validate(job.request) == JobRequest(count=5, seed=7)
        row = session.scalars(select(StoredTrajectory)).one()
        assert (row.evidence, row.siblings) == (None, None)
        assert datasets.count_siblings(session, ["ds_1"]) == {}
        lines = list(datasets.export(session, "ds_1"))
        assert [json.loads(line)["mode"] for line in lines] == ["procedural"]
    with database.begin() as session:
        lease = shards.claim(session, claimant())
        assert lease is not None
        assert lease.job_id == "job_1"
    database.close()
    command.downgrade(configuration(empty_url), "0010")
    with engine.connect() as connection:
        assert connection.execute(text(KEPT)).all() == before


KEPT = "SELECT j.id, j.request, j.accepted, t.record, p.record FROM jobs j, trajectories t, problems p"
FILLING = """
INSERT INTO tenants (name) VALUES ('acme');
INSERT INTO jobs (id, tenant, state, request, seed, count, group_size, episodes, next_spec, settled_spec, proposed,
        pending, accepted, surplus, rejected, rejections, policy, policy_version, library_version)
    VALUES ('job_1', 'acme', 'running', '{"count": 5, "seed": 7}', 7, 5, 1, 200, 1, 1, 1,
        0, 1, 0, 0, '{}', 'p', '1', 'l');
INSERT INTO shards (job_id, index, first_spec, specs, state, lease_until, attempts)
    VALUES ('job_1', 0, 0, 1, 'done', now(), 1);
INSERT INTO trajectories (id, job_id, spec_index, member, outcome, verdict, decision, rationale, record, votes, checks,
        problem, skill_hashes, rewards, digest, policy, policy_version, library_version, sampled)
    VALUES ('traj_1', 'job_1', 0, 0, 'submitted', 'accepted', 'accepted', '', '{}', '[]', '[]',
        '{}', '{}', '{}', 'd', 'p', '1', 'l', false);
INSERT INTO datasets (id, job_id, tenant, name) VALUES ('ds_1', 'job_1', 'acme', 'old');
INSERT INTO problems (id, dataset_id, ordinal, trajectory_id, statement, answer, domain, skills, record, evidence,
        statement_digest, composition_digest, content_digest)
    VALUES ('prob_1', 'ds_1', 1, 'traj_1', 'What is 1 + 1?', '2', 'mathematics', '{sum}',
        '{"domain": "mathematics", "statement": "What is 1 + 1?", "answer": "2", "answer_kind": "integer",
          "composition": []}', '{}', 's', 'c', 'abcdef0123456789');
"""
