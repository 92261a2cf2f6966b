"""API keys: `pp_<prefix>_<secret>`, shown once; the table holds the prefix and the hash of the whole."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from propound.storage.ids import Prefix, new_id
from propound.storage.tables import ApiKey

DEFAULT_TENANT = "default"
_FIRST_KEY_LOCK = 7_326_002
USE_IS_NOTED_EVERY = timedelta(minutes=1)
_LONGEST_SECRET = 200


class Scope(StrEnum):
    """What a key may do."""

    JOBS_READ = "jobs:read"
    JOBS_WRITE = "jobs:write"
    DATASETS_READ = "datasets:read"
    KEYS_ADMIN = "keys:admin"
    TRAININGS_ADMIN = "trainings:admin"
    """Train, promote and roll back: the proposer is the whole deployment's."""
    ADMIN = "admin"
    """All of the others."""


@dataclass(frozen=True)
class NewKey:
    """A key that was just made; the only time that its secret is known."""

    key: ApiKey
    secret: str


def create(session: Session, *, tenant: str, name: str, scopes: Sequence[Scope]) -> NewKey:
    """Make a key."""
    prefix = secrets.token_hex(4)
    secret = f"pp_{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey(
        id=new_id(Prefix.KEY),
        tenant=tenant,
        name=name,
        prefix=prefix,
        hash=_hash(secret),
        scopes=sorted({str(scope) for scope in scopes}),
    )
    session.add(key)
    session.flush()
    session.refresh(key)
    return NewKey(key, secret)


def ensure_first_key(session: Session) -> str | None:
    """With an empty table, make the admin key of the default tenant and return its secret; otherwise None."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _FIRST_KEY_LOCK})
    if session.scalar(select(ApiKey.id).limit(1)) is not None:
        return None
    return create(session, tenant=DEFAULT_TENANT, name="first key", scopes=[Scope.ADMIN]).secret


def authenticate(session: Session, secret: str) -> ApiKey | None:
    """The live key that the secret belongs to, or None. Notes the use, at most once a minute."""
    match secret.split("_", 2):
        case ["pp", prefix, _] if len(secret) <= _LONGEST_SECRET:
            last = func.coalesce(ApiKey.last_used_at, ApiKey.created_at - USE_IS_NOTED_EVERY)
            is_due = last <= func.now() - USE_IS_NOTED_EVERY
            query = select(ApiKey, is_due).where(ApiKey.prefix == prefix, ApiKey.revoked_at.is_(None))
            found = session.execute(query).one_or_none()
        case _:
            return None
    if found is None or not hmac.compare_digest(found[0].hash, _hash(secret)):
        return None
    key, use_is_due = found
    if use_is_due:
        noted = update(ApiKey).where(ApiKey.id == key.id).values(last_used_at=func.now())
        session.execute(noted.execution_options(synchronize_session=False))
    return key


def allows(key: ApiKey, scope: Scope) -> bool:
    """Whether the key has the scope, or all of them."""
    return scope in key.scopes or Scope.ADMIN in key.scopes


def page(session: Session, tenant: str, *, limit: int, before: str | None = None) -> list[ApiKey]:
    """The tenant's keys, newest first, revoked ones included; those with a smaller id than `before`."""
    query = select(ApiKey).where(ApiKey.tenant == tenant).order_by(ApiKey.id.desc()).limit(limit)
    if before is not None:
        query = query.where(ApiKey.id < before)
    return list(session.scalars(query))


def revoke(session: Session, tenant: str, key_id: str) -> ApiKey | None:
    """Revoke the tenant's key for good; None where there is no such key. Revoking twice changes nothing."""
    key = session.scalar(select(ApiKey).where(ApiKey.id == key_id, ApiKey.tenant == tenant).with_for_update())
    if key is not None and key.revoked_at is None:
        key.revoked_at = session.scalar(select(func.now()))
    return key


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
