"""`/v1/keys`: make, list and revoke API keys."""

from __future__ import annotations

from fastapi import APIRouter, Response

from propound.storage import keys as repository
from service.auth import KeysAdmin
from service.errors import (
    BodyTooLargeError,
    InvalidCursorError,
    InvalidRequestError,
    MalformedBodyError,
    NotFoundError,
    OwnKeyError,
    UnsupportedMediaTypeError,
    documented,
)
from service.identifiers import KeyId
from service.keys import service
from service.keys.schemas import KeyCreate, KeyView, NewKeyView, key_view
from service.pagination import Id, Listing, Page, Pages
from service.resources import Shared, Transaction

router = APIRouter(prefix="/v1/keys", tags=["keys"])
LISTING = Listing("keys", Id)


@router.post(
    "",
    summary="Make a key",
    status_code=201,
    responses=documented(
        MalformedBodyError, BodyTooLargeError, UnsupportedMediaTypeError, InvalidRequestError
    ),
)
def create_key(body: KeyCreate, caller: KeysAdmin, session: Transaction, response: Response) -> NewKeyView:
    """The secret is in this response and nowhere else."""
    made = service.create(session, caller, body)
    response.headers["Cache-Control"] = "no-store"
    return NewKeyView(**key_view(made.key).model_dump(), secret=made.secret)


@router.get("", summary="List keys", responses=documented(InvalidCursorError))
def list_keys(caller: KeysAdmin, session: Transaction, paging: Pages) -> Page[KeyView]:
    """Newest first; revoked ones included."""
    place = LISTING.decode(paging.cursor)
    rows = repository.page(session, caller.tenant, limit=paging.fetch, before=place.id if place else None)
    return LISTING.page(paging, rows, place=lambda key: Id(key.id), view=key_view)


@router.delete(
    "/{key_id}", summary="Revoke a key", status_code=204, responses=documented(NotFoundError, OwnKeyError)
)
def revoke_key(key_id: KeyId, caller: KeysAdmin, shared: Shared, session: Transaction) -> None:
    """For good, within a second. A key cannot revoke itself, nor one that may do what it may not."""
    service.revoke(session, caller, shared.keyring, key_id)
