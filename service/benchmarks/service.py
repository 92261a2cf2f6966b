"""Rules about benchmarks: what an upload may be, and when one may go."""

from __future__ import annotations

from typing import IO

from sqlalchemy.orm import Session

from propound.decontamination import BenchmarkFileError, Layout, read_rows
from propound.storage import benchmarks
from propound.storage.session import Database
from propound.storage.tables import Benchmark
from service.benchmarks.schemas import BenchmarkView, benchmark_view
from service.errors import (
    BenchmarkInUseError,
    Fault,
    InvalidRequestError,
    NotFoundError,
    UnsupportedMediaTypeError,
    found,
)
from service.keyring import Caller

LAYOUTS = {
    "application/x-ndjson": Layout.JSONL,
    "application/jsonl": Layout.JSONL,
    "application/x-jsonlines": Layout.JSONL,
    "text/plain": Layout.LINES,
}
"""How a file is written, by its media type."""


def layout_of(content_type: str) -> Layout:
    """How the body is written.

    Raises:
        UnsupportedMediaTypeError: in none of the ways that are read.
    """
    layout = LAYOUTS.get(content_type.partition(";")[0].strip().lower())
    if layout is None:
        raise UnsupportedMediaTypeError(f"expected Content-Type: one of {', '.join(LAYOUTS)}")
    return layout


def create(
    database: Database,
    caller: Caller,
    file: IO[bytes],
    *,
    name: str,
    file_digest: str,
    layout: Layout,
    field: str | None,
) -> BenchmarkView:
    """Keep an uploaded file, all of it or nothing.

    Raises:
        InvalidRequestError: a line is not what it should be.
    """
    file.seek(0)
    try:
        with database.begin() as session:
            made = benchmarks.create(
                session,
                tenant=caller.tenant,
                name=name,
                file_digest=file_digest,
                rows=read_rows(file, layout, field),
            )
            return benchmark_view(made)
    except BenchmarkFileError as error:
        pointer = f"/{error.line - 1}" if error.line else ""
        fault = Fault(location="body", pointer=pointer, code="benchmark_file", detail=str(error))
        raise InvalidRequestError(str(error), faults=[fault]) from error


def find(session: Session, caller: Caller, benchmark_id: str) -> Benchmark:
    """The caller's benchmark.

    Raises:
        NotFoundError: the tenant has no such benchmark.
    """
    return found(benchmarks.get(session, caller.tenant, benchmark_id), "benchmark")


def delete(session: Session, caller: Caller, benchmark_id: str) -> None:
    """Forget a benchmark.

    Raises:
        NotFoundError: the tenant has no such benchmark.
        BenchmarkInUseError: a job that has not ended keeps clear of it.
    """
    try:
        if not benchmarks.delete(session, caller.tenant, benchmark_id):
            raise NotFoundError("no such benchmark")
    except benchmarks.BenchmarkInUseError as error:
        raise BenchmarkInUseError(str(error)) from error
