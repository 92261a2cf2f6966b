"""Who is asking: a dependency of every operation under /v1 that checks the bearer key and its scopes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from propound.storage import keys
from propound.storage.keys import DEFAULT_TENANT, Scope
from service.errors import MissingScopeError, UnauthorizedError
from service.resources import Shared

bearer = HTTPBearer(
    scheme_name="key", description="An API key: `Authorization: Bearer pp_...`.", auto_error=False
)


@dataclass(frozen=True)
class Caller:
    """The key behind a request."""

    key_id: str
    tenant: str
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        """Whether the key has the scope, or all of them."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


def authenticate(
    needed: SecurityScopes,
    shared: Shared,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Caller:
    """The caller, in a short transaction of its own.

    Raises:
        UnauthorizedError: no key, or not a live one.
        MissingScopeError: the key may not do this.
    """
    if credentials is None:
        raise UnauthorizedError("send Authorization: Bearer pp_...")
    with shared.database.begin() as session:
        key = keys.authenticate(session, credentials.credentials)
        if key is None:
            raise UnauthorizedError("no such key, or it is revoked")
        caller = Caller(key.id, key.tenant, frozenset(key.scopes))
    for scope in needed.scopes:
        if not caller.may(scope):
            raise MissingScopeError(f"this needs a key with the scope {scope}")
    return caller


AnyCaller = Annotated[Caller, Security(authenticate)]
JobsReader = Annotated[Caller, Security(authenticate, scopes=[Scope.JOBS_READ])]
JobsWriter = Annotated[Caller, Security(authenticate, scopes=[Scope.JOBS_WRITE])]
DatasetsReader = Annotated[Caller, Security(authenticate, scopes=[Scope.DATASETS_READ])]
KeysAdmin = Annotated[Caller, Security(authenticate, scopes=[Scope.KEYS_ADMIN])]


def authenticate_operator(
    caller: Annotated[Caller, Security(authenticate, scopes=[Scope.TRAININGS_ADMIN])],
) -> Caller:
    """The caller, who may change what proposes for all tenants.

    Raises:
        MissingScopeError: the key belongs to a tenant that only uses the deployment.
    """
    if caller.tenant != DEFAULT_TENANT:
        raise MissingScopeError("the proposer is the deployment's: this needs a key of its own tenant")
    return caller


Operator = Annotated[Caller, Depends(authenticate_operator)]
