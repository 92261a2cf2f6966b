"""The service's part of `propound bench`: reading jobs beside a running one, claiming from a long queue, exporting.

Everything is measured twice in one run, small beside large, so that the ratios count on a busy machine, too.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
from sqlalchemy import text

from propound.cli.load import Load, open_loop
from propound.client import Client
from propound.embedded.servers import EmbeddedServers
from propound.embedded.servers import running as servers_in
from propound.embedded.system import System
from propound.errors import PropoundError
from propound.job import JobRequest
from propound.storage import jobs, shards
from propound.storage.migrate import upgrade
from propound.storage.session import Database
from propound.storage.tables import Job, StoredProblem, StoredTrajectory

RATE = 500.0
"""Requests a second."""
SECONDS = 10.0
CONNECTIONS = 64
QUEUED = 5_000
"""Jobs of the long queue."""
CLAIMS = 40
"""Claims that are timed with each queue."""
ROWS = 100
"""Problems of the small dataset."""
TIMES = 100
"""How many times larger the large one is."""
DOWNLOADS = 15
PATIENCE_SECONDS = 300.0


@dataclass(frozen=True)
class Claims:
    """Milliseconds of a claim (median), with nothing else queued and behind a long queue."""

    alone: float
    queued: float
    jobs: int
    """Of the long queue."""


@dataclass(frozen=True)
class Exports:
    """Milliseconds until the first byte (median) of a small dataset and of a large one, and until a 304 of each."""

    rows: tuple[int, int]
    first_byte: tuple[float, float]
    unchanged: tuple[float, float]


@dataclass(frozen=True)
class Service:
    """What the service does under load."""

    reads_idle: Load
    reads_beside_a_job: Load
    claims: Claims
    exports: Exports


def measure(system: System, report: Callable[[str], None]) -> Service:
    """Measure a system that was just started, with an empty database.

    Raises:
        PropoundError: its first key is not known, or a job does not come to its end.
    """
    if system.first_key is None:
        raise PropoundError("the database of the measurement is not new")
    with Client(system.url, system.first_key) as client:
        job = client.create_job(JobRequest(count=ROWS), name="bench: export")
        began = time.monotonic()
        while not job.state.is_final:
            if time.monotonic() - began > PATIENCE_SECONDS:
                raise PropoundError(f"the job of the measurement does not end:\n{system.worker_tail()}")
            time.sleep(0.2)
            job = client.job(job.id)
        report(f"Exporting {ROWS} problems, then {TIMES} times as many")
        exports = measure_exports(system, system.first_key, job.id, job.dataset_id)
        address = f"{system.url}/v1/jobs/{job.id}"
        report(f"Reading a job {RATE:g} times a second for {SECONDS:g} s, while nothing else happens")
        idle = _load(address, system.first_key)
        busy = client.create_job(JobRequest(count=20_000, seed=2), name="bench: reads")
        while client.job(busy.id).funnel.proposed == 0:
            time.sleep(0.2)
        report("The same beside a running job")
        beside = _load(f"{system.url}/v1/jobs/{busy.id}", system.first_key)
        client.cancel_job(busy.id)
    report(f"Claiming alone, then behind {QUEUED:,} queued jobs")
    return Service(idle, beside, measure_claims(QUEUED), exports)


def measure_exports(system: System, key: str, job_id: str, dataset_id: str) -> Exports:
    """Download the dataset of a job as it is, and again once it is larger."""
    small = _downloads(system.url, key, dataset_id)
    addresses = servers_in(system.home)
    if addresses is None:
        raise PropoundError("the servers of the measurement are gone")
    database = Database(addresses.database_url, pool_size=0)
    rows = multiply(database, job_id, TIMES)
    large = _downloads(system.url, key, dataset_id)
    return Exports((ROWS, rows), (small[0], large[0]), (small[1], large[1]))


def measure_claims(queued: int) -> Claims:
    """Claim from a database of its own, where nobody works; every claim is taken back."""
    with (
        tempfile.TemporaryDirectory(prefix="propound-bench-") as folder,
        EmbeddedServers(Path(folder), durable=False) as servers,
    ):
        upgrade(servers.database_url)
        database = Database(servers.database_url)
        with database.begin() as session:
            one = jobs.create(session, tenant="bench", request=JobRequest(count=100), name="bench").id
        alone = _claim(database)
        queue(database, one, queued)
        behind = _claim(database)
        database.close()
    return Claims(alone, behind, queued)


def queue(database: Database, job_id: str, number: int) -> None:
    """Copies of a queued job, behind it."""
    columns = _columns(Job, "id", "last_served_at")
    copy = (
        f"INSERT INTO jobs (id, last_served_at, {columns}) "  # noqa: S608  # names of our own columns
        f"SELECT 'job_' || lpad(n::text, 26, '0'), last_served_at + n * interval '1 ms', {columns} "
        "FROM jobs, generate_series(1, :number) n WHERE id = :id"
    )
    with database.begin() as session:
        session.execute(text(copy), {"number": number, "id": job_id})
    _analyze(database, "jobs")


def multiply(database: Database, job_id: str, times: int) -> int:
    """Give a job's dataset copies of its problems; how many it has then."""
    known = {"id": job_id, "copies": times - 1}
    trajectories = _columns(StoredTrajectory, "id", "spec_index")
    of_trajectories = f"""
        INSERT INTO trajectories (id, spec_index, {trajectories})
        SELECT t.id || n, spec_index + n * 100000, {trajectories}
        FROM trajectories t, generate_series(1, :copies) n WHERE job_id = :id AND decision = 'accepted'
    """  # noqa: S608  # names of our own columns
    changed = ("id", "ordinal", "trajectory_id", "statement_digest", "composition_digest")
    problems = _columns(StoredProblem, *changed)
    of_problems = f"""
        INSERT INTO problems ({", ".join(changed)}, {problems})
        SELECT p.id || n, ordinal + n * :rows, trajectory_id || n, statement_digest || n, composition_digest || n,
            {problems}
        FROM problems p, generate_series(1, :copies) n
        WHERE dataset_id = (SELECT id FROM datasets WHERE job_id = :id)
    """  # noqa: S608
    counted = """
        UPDATE jobs SET proposed = proposed + :copies * accepted, count = accepted + :copies * accepted,
            accepted = accepted + :copies * accepted
        WHERE id = :id
    """
    with database.begin() as session:
        rows = session.scalars(text("SELECT accepted FROM jobs WHERE id = :id"), {"id": job_id}).one()
        session.execute(text(of_trajectories), known)
        session.execute(text(of_problems), {**known, "rows": rows})
        session.execute(text(counted), known)
    _analyze(database, "problems")
    return int(rows) * times


def rows_of(service: Service) -> list[tuple[str, str, str, str]]:
    """A table: what, small, large, ratio."""
    claims, exports = service.claims, service.exports
    small, large = exports.rows
    idle, beside = service.reads_idle, service.reads_beside_a_job
    pairs = [
        (f"read a job, {RATE:g}/s: p50; idle, beside a job", idle.median, beside.median),
        (f"read a job, {RATE:g}/s: p99; idle, beside a job", idle.p99, beside.p99),
        (f"claim; alone, behind {claims.jobs:,} jobs", claims.alone, claims.queued),
        (f"export, first byte; {small:,} rows, {large:,}", *exports.first_byte),
        (f"export, 304; {small:,} rows, {large:,}", *exports.unchanged),
    ]
    return [
        (what, f"{first:.1f} ms", f"{second:.1f} ms", f"{second / first:.2f}")
        for what, first, second in pairs
    ] + [("answers other than 200; idle, beside a job", str(idle.failures), str(beside.failures), "")]


def _load(url: str, key: str) -> Load:
    return open_loop(url, key, rate=RATE, seconds=SECONDS, connections=CONNECTIONS)


def _claim(database: Database) -> float:
    """Median milliseconds of a claim; the first few warm the connection up."""
    who = shards.Claimant("bench", "bench", "1", "1", timedelta(minutes=1), 4)
    spent = []
    for _ in range(CLAIMS + 5):
        with database.begin() as session:
            began = time.perf_counter()
            if shards.claim(session, who) is None:
                raise PropoundError("there was nothing to claim")
            spent.append(time.perf_counter() - began)
            session.rollback()
    return statistics.median(spent[5:]) * 1e3


def _downloads(url: str, key: str, dataset_id: str) -> tuple[float, float]:
    """Median milliseconds until the first byte, and until a 304."""
    first: list[float] = []
    unchanged: list[float] = []
    headers = {"Authorization": f"Bearer {key}"}
    path = f"/v1/datasets/{dataset_id}/export"
    with httpx.Client(base_url=url, headers=headers, timeout=60.0, trust_env=False) as client:
        for _ in range(DOWNLOADS):
            began = time.perf_counter()
            with client.stream("GET", path) as answer:
                next(answer.iter_raw())
                first.append(time.perf_counter() - began)
            began = time.perf_counter()
            client.get(path, headers={"If-None-Match": answer.headers["etag"]}).read()
            unchanged.append(time.perf_counter() - began)
    return statistics.median(first) * 1e3, statistics.median(unchanged) * 1e3


def _columns(table: type[Job | StoredProblem | StoredTrajectory], *without: str) -> str:
    return ", ".join(column.name for column in table.__table__.columns if column.name not in without)


def _analyze(database: Database, table: str) -> None:
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text(f"ANALYZE {table}"))
