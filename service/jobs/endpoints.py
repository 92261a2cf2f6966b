"""`/v1/jobs`: ask for a dataset, watch it being made, stop it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from propound.job import JobState
from propound.queue import announce_after_commit, wake_workers_after_commit
from propound.storage import events, jobs
from service.auth import JobsReader, JobsWriter
from service.errors import (
    BodyTooLargeError,
    FinalJobError,
    IdempotencyKeyReusedError,
    ImpossibleRequestError,
    InvalidCursorError,
    InvalidRequestError,
    MalformedBodyError,
    NotFoundError,
    UnlistedBenchmarkError,
    UnlistedSkillError,
    UnservedError,
    UnsupportedMediaTypeError,
    documented,
)
from service.idempotency import IdempotencyKey, accepted
from service.identifiers import JobId
from service.jobs import service
from service.jobs.events import stream
from service.jobs.schemas import JobCreate, JobView
from service.pagination import Id, Listing, Page, Pages
from service.resources import Shared, Transaction
from service.stream import LastEventId, documented_stream, respond

router = APIRouter(prefix=service.PATH, tags=["jobs"])
LISTING = Listing("jobs", Id)

CREATION_ERRORS = documented(
    MalformedBodyError,
    BodyTooLargeError,
    UnsupportedMediaTypeError,
    InvalidRequestError,
    UnlistedSkillError,
    UnlistedBenchmarkError,
    ImpossibleRequestError,
    UnservedError,
    IdempotencyKeyReusedError,
)


@router.post(
    "",
    summary="Ask for a dataset",
    status_code=202,
    responses=accepted("job") | CREATION_ERRORS,
)
def create_job(
    body: JobCreate,
    caller: JobsWriter,
    shared: Shared,
    session: Transaction,
    response: Response,
    *,
    idempotency_key: IdempotencyKey = None,
) -> JobView:
    """The same request with the same seed gives the same dataset, byte for byte."""
    view, replayed = service.create(session, caller, shared, body, idempotency_key)
    wake_workers_after_commit(session, shared.publisher)
    response.headers["Location"] = f"{service.PATH}/{view.id}"
    if replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return view


@router.get("", summary="List jobs", responses=documented(InvalidCursorError))
def list_jobs(
    caller: JobsReader,
    session: Transaction,
    paging: Pages,
    state: Annotated[JobState | None, Query(description="Only jobs in this state.")] = None,
) -> Page[JobView]:
    """Newest first."""
    place = LISTING.decode(paging.cursor)
    before = place.id if place else None
    rows = jobs.page(session, caller.tenant, limit=paging.fetch, before=before, state=state)
    shown = service.views(session, rows)
    return LISTING.page(paging, rows, place=lambda job: Id(job.id), view=lambda job: shown[job.id])


@router.get("/{job_id}", summary="Show a job", responses=documented(NotFoundError))
def get_job(job_id: JobId, caller: JobsReader, session: Transaction) -> JobView:
    """Where it stands, its funnel, and what its requests to language models come to."""
    return service.show(session, caller, job_id)


@router.post(
    "/{job_id}/cancel",
    summary="Cancel a job",
    status_code=202,
    responses=documented(NotFoundError, FinalJobError),
)
def cancel_job(job_id: JobId, caller: JobsWriter, shared: Shared, session: Transaction) -> JobView:
    """No new work is begun; what was accepted stays exportable. Cancelling twice is harmless."""
    job = service.cancel(session, caller, job_id)
    announce_after_commit(session, job.id, shared.publisher)
    return service.show(session, caller, job.id)


@router.get(
    "/{job_id}/events",
    summary="Follow a job",
    response_class=StreamingResponse,
    responses=documented_stream("job", "`state` and `progress`") | documented(NotFoundError),
)
def follow_job(
    job_id: JobId,
    caller: JobsReader,
    shared: Shared,
    session: Transaction,
    last_event_id: LastEventId = None,
) -> Response:
    """Everything that happened so far, then what happens, as it happens."""
    job = service.find(session, caller, job_id)
    after = last_event_id or 0
    if job.state.is_final and not events.after(session, job.id, after, limit=1):
        return Response(status_code=204)
    return respond(stream(shared, job.id, after))
