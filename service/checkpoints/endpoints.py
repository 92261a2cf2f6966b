"""`/v1/checkpoints` and `/v1/promotions`: what training made, and which of it proposes."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from propound.storage import checkpoints
from service.auth import Operator, authenticate_operator
from service.checkpoints import service
from service.checkpoints.schemas import (
    CheckpointDetailView,
    CheckpointView,
    PromotionView,
    Remark,
    checkpoint_view,
    promotion_view,
)
from service.errors import (
    BodyTooLargeError,
    InvalidCursorError,
    InvalidRequestError,
    MalformedBodyError,
    NotFoundError,
    NothingBeforeError,
    UnsupportedMediaTypeError,
    documented,
)
from service.identifiers import Version
from service.pagination import Listing, Moment, Number, Page, Pages
from service.resources import Transaction

router = APIRouter(prefix="/v1", tags=["checkpoints"], dependencies=[Depends(authenticate_operator)])
LISTING = Listing("checkpoints", Moment)
HISTORY = Listing("promotions", Number)
BODY_ERRORS = (MalformedBodyError, BodyTooLargeError, UnsupportedMediaTypeError, InvalidRequestError)


@router.get("/checkpoints", summary="List checkpoints", responses=documented(InvalidCursorError))
def list_checkpoints(
    session: Transaction,
    paging: Pages,
) -> Page[CheckpointView]:
    """Newest first."""
    place = LISTING.decode(paging.cursor)
    rows = checkpoints.page(session, limit=paging.fetch, before=place)
    live = checkpoints.live_version(session)
    return LISTING.page(
        paging,
        rows,
        place=lambda row: Moment(row.created_at, row.version),
        view=lambda row: checkpoint_view(row, live),
    )


@router.post(
    "/checkpoints/rollback",
    summary="Go back to what was live before",
    responses=documented(NothingBeforeError, *BODY_ERRORS),
)
def roll_back(caller: Operator, session: Transaction, body: Remark | None = None) -> PromotionView:
    """Once more, and it goes back further, at last to the bundled default."""
    return promotion_view(service.roll_back(session, caller, body or Remark()))


@router.get("/checkpoints/{version}", summary="Show a checkpoint", responses=documented(NotFoundError))
def get_checkpoint(
    version: Version,
    session: Transaction,
) -> CheckpointDetailView:
    """Its figures, and what it descends from."""
    found = service.find(session, version)
    view = checkpoint_view(found, checkpoints.live_version(session))
    descent = list(checkpoints.lineage(session, version))
    return CheckpointDetailView(**view.model_dump(), lineage=descent, folder=found.folder)


@router.post(
    "/checkpoints/{version}/promote",
    summary="Make a checkpoint live",
    responses=documented(NotFoundError, *BODY_ERRORS),
)
def promote_checkpoint(
    version: Version, caller: Operator, session: Transaction, body: Remark | None = None
) -> PromotionView:
    """Workers with PROPOUND_POLICY=live take it up with their next shard. No gate is asked."""
    return promotion_view(service.promote(session, caller, version, body or Remark()))


@router.get("/promotions", summary="List promotions", responses=documented(InvalidCursorError))
def list_promotions(
    session: Transaction,
    paging: Pages,
) -> Page[PromotionView]:
    """What became live, newest first: the first entry is live now."""
    place = HISTORY.decode(paging.cursor)
    rows = checkpoints.promotions(session, limit=paging.fetch, before=place.number if place else None)
    return HISTORY.page(paging, rows, place=lambda row: Number(row.id), view=promotion_view)
