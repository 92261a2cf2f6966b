"""Benchmarks: kept as hashes of their rows, read by tenant, and compared with statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import BigInteger, any_, func, insert, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from propound.decontamination import BenchmarkRow, grams, is_contaminated
from propound.errors import PropoundError
from propound.storage.ids import Prefix, new_id
from propound.storage.jobs import ACTIVE
from propound.storage.session import by_index
from propound.storage.tables import Benchmark, Job, StoredBenchmarkRow

_ROWS_AT_ONCE = 500


class BenchmarkInUseError(PropoundError):
    """A job that has not ended keeps clear of the benchmark."""


@dataclass(frozen=True)
class Overlap:
    """A row of a benchmark that a statement repeats."""

    benchmark_id: str
    row: int
    """Its line in the file, from 1."""
    grams: int
    """Runs of the statement."""
    row_grams: int
    shared: int


def create(
    session: Session, *, tenant: str, name: str, file_digest: str, rows: Iterable[BenchmarkRow]
) -> Benchmark:
    """Keep the rows as they are read.

    Raises:
        BenchmarkFileError: out of `rows`; the transaction must be rolled back.
    """
    benchmark = Benchmark(id=new_id(Prefix.BENCHMARK), tenant=tenant, name=name, digest=file_digest, rows=0)
    session.add(benchmark)
    session.flush()
    for batch in _batches(rows):
        entries = [{"benchmark_id": benchmark.id, "number": row.number, "grams": row.grams} for row in batch]
        session.execute(insert(StoredBenchmarkRow), entries)
        benchmark.rows += len(entries)
    session.flush()
    session.refresh(benchmark)
    return benchmark


def get(session: Session, tenant: str, benchmark_id: str) -> Benchmark | None:
    """The tenant's benchmark, or None."""
    return session.scalar(select(Benchmark).where(Benchmark.id == benchmark_id, Benchmark.tenant == tenant))


def page(session: Session, tenant: str, *, limit: int, before: str | None = None) -> list[Benchmark]:
    """The tenant's benchmarks, newest first; those with a smaller id than `before`."""
    query = select(Benchmark).where(Benchmark.tenant == tenant).order_by(Benchmark.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Benchmark.id < before)
    return list(session.scalars(query))


def hold(session: Session, tenant: str, benchmark_ids: Sequence[str]) -> set[str]:
    """Those of the ids that are the tenant's; none of them can be deleted before the transaction ends."""
    query = select(Benchmark.id).where(Benchmark.tenant == tenant, Benchmark.id.in_(benchmark_ids))
    return set(session.scalars(query.order_by(Benchmark.id).with_for_update(key_share=True, read=True)))


def delete(session: Session, tenant: str, benchmark_id: str) -> bool:
    """Forget a benchmark; whether the tenant had it.

    Raises:
        BenchmarkInUseError: what its job makes would depend on when it went.
    """
    query = select(Benchmark).where(Benchmark.id == benchmark_id, Benchmark.tenant == tenant)
    benchmark = session.scalar(query.with_for_update())
    if benchmark is None:
        return False
    user = session.scalar(
        select(Job.id)
        .where(
            Job.tenant == tenant,
            Job.state.in_(ACTIVE),
            Job.request["benchmarks"].has_key(benchmark_id),
        )
        .limit(1)
    )
    if user is not None:
        raise BenchmarkInUseError(f"{user} keeps clear of it and has not ended")
    session.delete(benchmark)
    return True


def overlap(session: Session, benchmark_ids: Sequence[str], statement: str) -> Overlap | None:
    """The row that the statement repeats most; among equals the first, in the order of the benchmarks."""
    own = grams(statement)
    if not own:
        return None
    wanted = literal(own, ARRAY(BigInteger))
    run = func.unnest(StoredBenchmarkRow.grams).table_valued("gram").render_derived(name="run")
    shared = select(func.count()).select_from(run).where(run.c.gram == any_(wanted)).scalar_subquery()
    query = select(
        StoredBenchmarkRow.benchmark_id,
        StoredBenchmarkRow.number,
        func.cardinality(StoredBenchmarkRow.grams),
        shared,
    ).where(StoredBenchmarkRow.grams.overlap(wanted))
    places = {benchmark_id: place for place, benchmark_id in enumerate(benchmark_ids)}
    with by_index(session):
        rows = session.execute(query).all()
    found = [
        Overlap(benchmark_id, row, len(own), row_grams, common)
        for benchmark_id, row, row_grams, common in rows
        if benchmark_id in places and is_contaminated(common, len(own), row_grams)
    ]
    return min(found, key=lambda one: (-one.shared, places[one.benchmark_id], one.row), default=None)


def _batches(rows: Iterable[BenchmarkRow]) -> Iterator[list[BenchmarkRow]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, _ROWS_AT_ONCE)):
        yield batch
