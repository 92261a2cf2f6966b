"""How Alembic reaches the database: a given connection, a given URL, or the one of the settings."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from propound.config import settings
from propound.storage.session import open_engine
from propound.storage.tables import Base


def run(connection: Connection) -> None:
    """Run the revisions on a connection."""
    context.configure(connection=connection, target_metadata=Base.metadata, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """Run them where the configuration says."""
    attributes = context.config.attributes
    connection = attributes.get("connection")
    if connection is not None:
        run(connection)
        return
    url = attributes.get("url") or settings().database_url
    if url is None:
        raise SystemExit("set PROPOUND_DATABASE_URL to the database that is to be migrated")
    engine = open_engine(url, pool_size=0)
    with engine.begin() as fresh:
        run(fresh)
    engine.dispose()


main()
