"""`/v1/benchmarks`: files whose rows must not come up in datasets."""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from tempfile import SpooledTemporaryFile
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from propound.storage import benchmarks as repository
from service.auth import DatasetsReader, JobsWriter
from service.benchmarks import service
from service.benchmarks.schemas import BenchmarkName, BenchmarkView, FieldName, benchmark_view
from service.errors import (
    BenchmarkInUseError,
    BodyTooLargeError,
    InvalidCursorError,
    InvalidRequestError,
    MalformedBodyError,
    NotFoundError,
    UnsupportedMediaTypeError,
    documented,
)
from service.identifiers import BenchmarkId
from service.pagination import Id, Listing, Page, Pages
from service.resources import Shared, Transaction

router = APIRouter(prefix="/v1/benchmarks", tags=["benchmarks"])
LISTING = Listing("benchmarks", Id)
IN_MEMORY = 2**20
"""Bytes of an upload that are held in memory; more goes to a temporary file."""

BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            media_type: {"schema": {"type": "string"}, "example": example}
            for media_type, example in (
                ("application/x-ndjson", '{"question": "What is 2 + 3?"}\n'),
                ("text/plain", "What is 2 + 3?\n"),
            )
        },
    }
}


@router.post(
    "",
    summary="Upload a benchmark",
    status_code=201,
    openapi_extra=BODY,
    responses=documented(
        MalformedBodyError, BodyTooLargeError, UnsupportedMediaTypeError, InvalidRequestError
    ),
)
async def create_benchmark(
    request: Request,
    caller: JobsWriter,
    shared: Shared,
    response: Response,
    *,
    name: BenchmarkName,
    field: FieldName = None,
) -> BenchmarkView:
    """JSON lines, or plain text with a row a line; at most 16 MiB. Its texts are not kept."""
    layout = service.layout_of(request.headers.get("content-type", ""))
    file_digest = sha256()
    with SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        try:
            async for block in request.stream():
                file.write(block)
                file_digest.update(block)
        except ClientDisconnect:
            raise MalformedBodyError("the upload broke off") from None
        keep = partial(
            service.create, name=name, file_digest=file_digest.hexdigest(), layout=layout, field=field
        )
        view = await run_in_threadpool(keep, shared.database, caller, file)
    response.headers["Location"] = f"{router.prefix}/{view.id}"
    return view


@router.get("", summary="List benchmarks", responses=documented(InvalidCursorError))
def list_benchmarks(caller: DatasetsReader, session: Transaction, paging: Pages) -> Page[BenchmarkView]:
    """Newest first."""
    place = LISTING.decode(paging.cursor)
    rows = repository.page(session, caller.tenant, limit=paging.fetch, before=place.id if place else None)
    return LISTING.page(paging, rows, place=lambda row: Id(row.id), view=benchmark_view)


@router.get("/{benchmark_id}", summary="Show a benchmark", responses=documented(NotFoundError))
def get_benchmark(benchmark_id: BenchmarkId, caller: DatasetsReader, session: Transaction) -> BenchmarkView:
    """Its name, its size and the digest of its file."""
    return benchmark_view(service.find(session, caller, benchmark_id))


@router.delete(
    "/{benchmark_id}",
    summary="Delete a benchmark",
    status_code=204,
    responses=documented(NotFoundError, BenchmarkInUseError),
)
def delete_benchmark(benchmark_id: BenchmarkId, caller: JobsWriter, session: Transaction) -> None:
    """For good. Not while a job that has not ended names it."""
    service.delete(session, caller, benchmark_id)
