"""Bring a database to the newest schema, from a checkout or an installed package alike."""

from __future__ import annotations

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from propound.storage.session import open_engine

_LOCK = 7_326_001
"""Advisory lock: processes that start together migrate one after the other."""


def configuration(url: str | None = None) -> Config:
    """Alembic's configuration for the packaged revisions; without a URL the settings say where."""
    config = Config()
    config.set_main_option("script_location", str(files("migrations")).replace("%", "%%"))
    config.attributes["url"] = url
    return config


def upgrade(url: str) -> None:
    """Apply every missing revision; does nothing on a current database."""
    engine = open_engine(url, pool_size=0)
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            config = configuration(url)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def is_current(url: str) -> bool:
    """Whether the database has exactly the newest revision."""
    engine = open_engine(url, pool_size=0)
    try:
        with engine.connect() as connection:
            applied = MigrationContext.configure(connection).get_current_heads()
    finally:
        engine.dispose()
    return set(applied) == set(ScriptDirectory.from_config(configuration(url)).get_heads())
