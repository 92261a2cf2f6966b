"""Alembic revisions; `propound migrate` or `propound.storage.migrate.upgrade(url)` applies them."""
