"""Tenants in the order of their turns: who was served least recently goes first, however many jobs they have."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from propound.storage.tables import Tenant


def enter(session: Session, tenant: str) -> None:
    """Let a tenant have turns; nothing changes for one who has them."""
    session.execute(insert(Tenant).values(name=tenant).on_conflict_do_nothing())


def serve(session: Session, tenant: str, at: datetime) -> None:
    """Note that a shard of the tenant was claimed; its row is the last that a claim locks."""
    served = insert(Tenant).values(name=tenant, last_served_at=at)
    session.execute(
        served.on_conflict_do_update(
            index_elements=[Tenant.name], set_={"last_served_at": served.excluded.last_served_at}
        )
    )
