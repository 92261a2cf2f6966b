"""What an installation keeps of itself, in one row: the secret that the marks of requests to models are drawn from."""

from __future__ import annotations

import secrets

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from propound.storage.tables import Installation

SECRET_BYTES = 32


def secret(session: Session) -> bytes:
    """The installation's secret, drawn at the first call; the same for all processes from then on."""
    found: bytes | None = session.scalar(select(Installation.secret))
    if found is not None:
        return found
    row = {"single": True, "secret": secrets.token_bytes(SECRET_BYTES)}
    session.execute(insert(Installation).values(row).on_conflict_do_nothing())
    drawn: bytes = session.scalars(select(Installation.secret)).one()
    return drawn
