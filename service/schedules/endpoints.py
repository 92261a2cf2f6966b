"""`/v1/schedules`: training runs that begin by themselves."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response

from propound.storage import schedules
from service.auth import authenticate_operator
from service.errors import (
    BodyTooLargeError,
    ImpossibleRequestError,
    InvalidCursorError,
    InvalidRequestError,
    MalformedBodyError,
    NotFoundError,
    UnlistedCheckpointError,
    UnlistedSkillError,
    UnsupportedMediaTypeError,
    documented,
    found,
)
from service.identifiers import ScheduleId
from service.pagination import Id, Listing, Page, Pages
from service.resources import Shared, Transaction
from service.schedules.schemas import ScheduleCreate, ScheduleView, schedule_view
from service.trainings.service import check

router = APIRouter(prefix="/v1/schedules", tags=["trainings"], dependencies=[Depends(authenticate_operator)])
LISTING = Listing("schedules", Id)


@router.post(
    "",
    summary="Make a schedule",
    status_code=201,
    responses=documented(
        MalformedBodyError,
        BodyTooLargeError,
        UnsupportedMediaTypeError,
        InvalidRequestError,
        UnlistedCheckpointError,
        UnlistedSkillError,
        ImpossibleRequestError,
    ),
)
def create_schedule(
    body: ScheduleCreate,
    shared: Shared,
    session: Transaction,
    response: Response,
) -> ScheduleView:
    """At times (`cron`, in UTC), or whenever jobs have brought so many fresh groups (`every_groups`)."""
    check(session, shared.library, body.training, "/training")
    made = schedules.create(session, body)
    response.headers["Location"] = f"{router.prefix}/{made.id}"
    return schedule_view(made)


@router.get("", summary="List schedules", responses=documented(InvalidCursorError))
def list_schedules(
    session: Transaction,
    paging: Pages,
) -> Page[ScheduleView]:
    """Newest first."""
    place = LISTING.decode(paging.cursor)
    rows = schedules.page(session, limit=paging.fetch, before=place.id if place else None)
    return LISTING.page(paging, rows, place=lambda row: Id(row.id), view=schedule_view)


@router.get("/{schedule_id}", summary="Show a schedule", responses=documented(NotFoundError))
def get_schedule(
    schedule_id: ScheduleId,
    session: Transaction,
) -> ScheduleView:
    """When it is due, and what it began last."""
    return schedule_view(found(schedules.get(session, schedule_id), "schedule"))


@router.delete(
    "/{schedule_id}", summary="Delete a schedule", status_code=204, responses=documented(NotFoundError)
)
def delete_schedule(
    schedule_id: ScheduleId,
    session: Transaction,
) -> None:
    """For good; the runs that it began go on."""
    if not schedules.delete(session, schedule_id):
        raise NotFoundError("no such schedule")
