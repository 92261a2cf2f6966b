"""`/v1/verifications`: have the answers of your own rows looked at."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from propound.queue import wake_workers_after_commit
from service.auth import JobsReader, JobsWriter
from service.errors import (
    BodyTooLargeError,
    IdempotencyKeyReusedError,
    InvalidRequestError,
    MalformedBodyError,
    NotFoundError,
    UnservedError,
    UnsupportedMediaTypeError,
    documented,
)
from service.idempotency import IdempotencyKey, accepted
from service.identifiers import VerificationId
from service.resources import Shared, Transaction
from service.verifications import service
from service.verifications.schemas import VerificationCreate, VerificationView

router = APIRouter(prefix=service.PATH, tags=["verifications"])
MEDIA_TYPE = "application/x-ndjson"

CREATION_ERRORS = documented(
    MalformedBodyError,
    BodyTooLargeError,
    UnsupportedMediaTypeError,
    InvalidRequestError,
    UnservedError,
    IdempotencyKeyReusedError,
)


@router.post(
    "",
    summary="Verify rows of your own",
    status_code=202,
    responses=accepted("verification") | CREATION_ERRORS,
)
def create_verification(
    body: VerificationCreate,
    caller: JobsWriter,
    shared: Shared,
    session: Transaction,
    response: Response,
    *,
    idempotency_key: IdempotencyKey = None,
) -> VerificationView:
    """Others solve each question from its text alone; what they agree on is held against its answer."""
    view, replayed = service.create(session, caller, shared, body, idempotency_key)
    wake_workers_after_commit(session, shared.publisher)
    response.headers["Location"] = f"{service.PATH}/{view.id}"
    if replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return view


@router.get("/{verification_id}", summary="Show a verification", responses=documented(NotFoundError))
def get_verification(
    verification_id: VerificationId, caller: JobsReader, session: Transaction
) -> VerificationView:
    """Where it stands, its verdicts so far, and what its requests to language models come to."""
    return service.show(session, caller, verification_id)


@router.get(
    "/{verification_id}/rows",
    summary="Download verdicts",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "A line for each row that is done, in the order of the request: its verdict, the reason, "
            "and all evidence.",
            "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
        },
        **documented(NotFoundError),
    },
)
def get_verification_rows(
    verification_id: VerificationId, caller: JobsReader, shared: Shared, session: Transaction
) -> Response:
    """What there is at this moment; all of it once the verification has succeeded."""
    there = service.find(session, caller, verification_id)
    return StreamingResponse(service.stream(shared, there.id), media_type=MEDIA_TYPE)
