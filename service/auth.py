"""Who is asking: a dependency of every operation under /v1 that checks the bearer key and its scopes."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from propound.storage.keys import DEFAULT_TENANT, Scope
from service.access import KEY_ID
from service.errors import MissingScopeError, UnauthorizedError
from service.keyring import Caller
from service.resources import Shared

bearer = HTTPBearer(
    scheme_name="key", description="An API key: `Authorization: Bearer pp_...`.", auto_error=False
)


async def authenticate(
    needed: SecurityScopes,
    request: Request,
    shared: Shared,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Caller:
    """The caller; the database is asked where the key was not verified a moment ago.

    Raises:
        UnauthorizedError: no key, or not a live one.
        MissingScopeError: the key may not do this.
    """
    if credentials is None:
        raise UnauthorizedError("send Authorization: Bearer pp_...")
    caller = await shared.keyring.caller(credentials.credentials)
    if caller is None:
        raise UnauthorizedError("no such key, or it is revoked")
    request.scope[KEY_ID] = caller.key_id
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
