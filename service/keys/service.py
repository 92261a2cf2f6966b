"""Rules about keys: nobody hands out more than they have, and nobody locks themselves out."""

from __future__ import annotations

from sqlalchemy.orm import Session

from propound.storage import keys
from service.auth import Caller
from service.errors import MissingScopeError, NotFoundError, OwnKeyError
from service.keys.schemas import KeyCreate


def create(session: Session, caller: Caller, wanted: KeyCreate) -> keys.NewKey:
    """Make a key of the caller's tenant.

    Raises:
        MissingScopeError: a scope that the caller's own key lacks.
    """
    for scope in wanted.scopes:
        if not caller.may(scope):
            raise MissingScopeError(f"your own key lacks {scope}, so it cannot grant it")
    return keys.create(session, tenant=caller.tenant, name=wanted.name, scopes=wanted.scopes)


def revoke(session: Session, caller: Caller, key_id: str) -> None:
    """Revoke a key for good; doing it twice changes nothing.

    Raises:
        OwnKeyError: the key of this very request.
        NotFoundError: the tenant has no such key.
    """
    if key_id == caller.key_id:
        raise OwnKeyError("make another key and revoke this one with it")
    if keys.revoke(session, caller.tenant, key_id) is None:
        raise NotFoundError("no such key")
