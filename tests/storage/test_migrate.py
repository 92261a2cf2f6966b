"""The schema: one that revisions and tables agree on, reached from anywhere, once, by many at a time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, inspect, make_url, text

from propound.storage.migrate import configuration, is_current, upgrade
from propound.storage.session import open_engine
from propound.storage.tables import Base
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
