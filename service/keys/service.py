"""Rules about keys: nobody hands out more than they have, and nobody locks themselves out."""

from __future__ import annotations

from sqlalchemy import event
from sqlalchemy.orm import Session

from propound.storage import keys
from service.errors import MissingScopeError, OwnKeyError, found
from service.keyring import Caller, Keyring
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


def revoke(session: Session, caller: Caller, keyring: Keyring, key_id: str) -> None:
    """Revoke a key for good; doing it twice changes nothing.

    Raises:
        OwnKeyError: the key of this very request.
        NotFoundError: the tenant has no such key.
        MissingScopeError: the key may do what the caller's own may not.
    """
    if key_id == caller.key_id:
        raise OwnKeyError("make another key and revoke this one with it")
    revoked = found(keys.revoke(session, caller.tenant, key_id), "key")
    for scope in revoked.scopes:
        if not caller.may(scope):
            raise MissingScopeError(f"your own key lacks {scope}, so it cannot revoke one that has it")
    event.listen(session, "after_commit", lambda _: keyring.forget(), once=True)
