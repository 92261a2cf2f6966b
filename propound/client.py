"""The REST API as Python sees it: typed answers, pages that turn themselves, problem+json as exceptions.

Requests that are safe to repeat are repeated when the connection fails; a job is submitted with an
`Idempotency-Key`, so that it is safe to repeat, too.
"""

from __future__ import annotations

import json
import os
import re
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from pydantic import ValidationError

from propound.domain import Domain
from propound.errors import PropoundError
from propound.job import JobRequest, JobState
from propound.problem import Mode
from propound.schedule import ScheduleRequest
from propound.training import TrainingRequest, TrainingState
from propound.views import (
    Benchmark,
    Checkpoint,
    Dataset,
    Event,
    Job,
    Key,
    LogLine,
    Metrics,
    Promotion,
    Schedule,
    Sibling,
    Training,
    Verification,
    View,
)

TIMEOUT = httpx.Timeout(30.0, connect=10.0)
STREAM_TIMEOUT = httpx.Timeout(10.0, read=45.0)
"""A stream sends a heartbeat every 15 s; one that is silent for longer is dead."""

UPLOAD_TIMEOUT = httpx.Timeout(300.0, connect=10.0)
"""The service answers once it has read the whole file."""

ATTEMPTS = 4
"""Tries of one request, or of connecting to a stream again without hearing anything new."""

PAUSE_SECONDS = 0.5
"""Before the second try; doubled before each further one."""

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

Answer = TypeVar("Answer", bound="View")


class ApiError(PropoundError):
    """The API said no; `str()` is what it said, for a person."""

    def __init__(self, status: int, title: str, detail: str, kind: str, errors: list[dict[str, Any]]) -> None:
        super().__init__(f"{title}: {detail}" if detail and detail != title else title)
        self.status = status
        self.title = title
        self.detail = detail
        self.kind = kind
        """The last part of the problem's `type`, such as `unknown-skill`."""
        self.errors = errors
        """One entry for each field that is wrong: location, pointer, code, detail."""


class UnreachableError(PropoundError):
    """Nothing that speaks this API answers at the address."""


class Client:
    """A connection to one API with one key; close it, or use it as a context manager.

    Args:
        url: where the API is, such as http://127.0.0.1:8321.
        key: the secret of an API key, `pp_...`.
    """

    def __init__(self, url: str, key: str, *, transport: httpx.BaseTransport | None = None) -> None:
        self._key = key
        self._transport = transport
        try:
            self.url = httpx.URL(url)
            self._http = httpx.Client(
                base_url=self.url,
                headers={"Authorization": f"Bearer {key}"},
                timeout=TIMEOUT,
                trust_env=self.url.host not in LOOPBACK,  # no proxy stands between us and this machine
                transport=transport,
            )
        except (httpx.InvalidURL, UnicodeEncodeError) as error:
            raise UnreachableError(f"not an address and key of an API: {error}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def another(self) -> Client:
        """A client of the same API with connections of its own, for another thread."""
        return Client(str(self.url), self._key, transport=self._transport)

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def create_job(
        self, request: JobRequest, *, name: str | None = None, idempotency_key: str | None = None
    ) -> Job:
        """Submit a request; it begins as soon as a worker is free.

        Raises:
            ApiError: the request is refused, with a reason for each field.
        """
        body = request.model_dump(mode="json", exclude_unset=True)
        if name is not None:
            body["name"] = name
        headers = {"Idempotency-Key": idempotency_key or str(uuid.uuid4())}
        return self._answer(Job, self._send("POST", "/v1/jobs", json=body, headers=headers))

    def job(self, job_id: str) -> Job:
        """A job as it stands now."""
        return self._answer(Job, self._send("GET", _path("/v1/jobs", job_id)))

    def jobs(self, *, state: JobState | None = None) -> Iterator[Job]:
        """All jobs, the newest first."""
        return self._pages(Job, "/v1/jobs", {"state": state})

    def cancel_job(self, job_id: str) -> Job:
        """Ask a job to end; what it has accepted stays."""
        return self._answer(Job, self._send("POST", _path("/v1/jobs", job_id, "cancel")))

    def events(self, job_id: str, *, after: int | None = None) -> Iterator[Event]:
        """Everything that happens to a job, from the event after `after` on, until it has ended.

        A lost connection is taken up again at the event where it broke.

        Raises:
            UnreachableError: it stayed lost.
        """
        return self._follow(
            _path("/v1/jobs", job_id, "events"), after, lambda: self.job(job_id).state.is_final
        )

    def create_training(self, request: TrainingRequest, *, idempotency_key: str | None = None) -> Training:
        """Ask for a training run; it begins as soon as a trainer is free.

        Raises:
            ApiError: the request is refused, with a reason for each field.
        """
        body = request.model_dump(mode="json", exclude_unset=True)
        headers = {"Idempotency-Key": idempotency_key or str(uuid.uuid4())}
        return self._answer(Training, self._send("POST", "/v1/trainings", json=body, headers=headers))

    def training(self, training_id: str) -> Training:
        """A training run as it stands now."""
        return self._answer(Training, self._send("GET", _path("/v1/trainings", training_id)))

    def trainings(self, *, state: TrainingState | None = None) -> Iterator[Training]:
        """All training runs, the newest first."""
        return self._pages(Training, "/v1/trainings", {"state": state})

    def cancel_training(self, training_id: str) -> Training:
        """Ask a training run to end after its step; nothing is promoted."""
        return self._answer(Training, self._send("POST", _path("/v1/trainings", training_id, "cancel")))

    def metrics(self, training_id: str) -> Iterator[Metrics]:
        """The figures of a run's steps, in order."""
        return self._pages(Metrics, _path("/v1/trainings", training_id, "metrics"), {})

    def logs(self, training_id: str) -> Iterator[LogLine]:
        """The log of a run, the oldest line first."""
        return self._pages(LogLine, _path("/v1/trainings", training_id, "logs"), {})

    def training_events(self, training_id: str, *, after: int | None = None) -> Iterator[Event]:
        """Everything that happens to a training run, until it has ended; see `events`."""
        address = _path("/v1/trainings", training_id, "events")
        return self._follow(address, after, lambda: self.training(training_id).state.is_final)

    def create_verification(
        self,
        rows: Sequence[dict[str, Any]],
        *,
        domain: str,
        well_posed: str,
        idempotency_key: str | None = None,
    ) -> Verification:
        """Have the answers of rows looked at; it begins as soon as a worker is free.

        Raises:
            ApiError: the request is refused.
        """
        body = {"rows": list(rows), "domain": domain, "well_posed": well_posed}
        headers = {"Idempotency-Key": idempotency_key or str(uuid.uuid4())}
        response = self._send("POST", "/v1/verifications", json=body, headers=headers, timeout=UPLOAD_TIMEOUT)
        return self._answer(Verification, response)

    def verification(self, verification_id: str) -> Verification:
        """A verification as it stands now."""
        return self._answer(Verification, self._send("GET", _path("/v1/verifications", verification_id)))

    def verification_rows(self, verification_id: str) -> Iterator[dict[str, Any]]:
        """The verdicts that are there, in the order of the rows."""
        response = self._send(
            "GET", _path("/v1/verifications", verification_id, "rows"), timeout=UPLOAD_TIMEOUT
        )
        for line in response.iter_lines():
            yield json.loads(line)

    def create_schedule(self, request: ScheduleRequest) -> Schedule:
        """Let training runs begin by themselves.

        Raises:
            ApiError: the request is refused, with a reason for each field.
        """
        body = request.model_dump(mode="json", exclude_unset=True)
        return self._answer(Schedule, self._send("POST", "/v1/schedules", json=body))

    def schedules(self) -> Iterator[Schedule]:
        """All schedules, the newest first."""
        return self._pages(Schedule, "/v1/schedules", {})

    def delete_schedule(self, schedule_id: str) -> None:
        """Forget a schedule; the runs that it began go on."""
        self._send("DELETE", _path("/v1/schedules", schedule_id))

    def checkpoints(self) -> Iterator[Checkpoint]:
        """All checkpoints that are kept, the newest first."""
        return self._pages(Checkpoint, "/v1/checkpoints", {})

    def checkpoint(self, version: str) -> Checkpoint:
        """A checkpoint with its descent."""
        return self._answer(Checkpoint, self._send("GET", _path("/v1/checkpoints", version)))

    def promote(self, version: str, *, reason: str | None = None) -> Promotion:
        """Make a checkpoint live."""
        body = {} if reason is None else {"reason": reason}
        return self._answer(
            Promotion, self._send("POST", _path("/v1/checkpoints", version, "promote"), json=body)
        )

    def roll_back(self, *, reason: str | None = None) -> Promotion:
        """Make live what was live before."""
        body = {} if reason is None else {"reason": reason}
        return self._answer(Promotion, self._send("POST", "/v1/checkpoints/rollback", json=body))

    def promotions(self) -> Iterator[Promotion]:
        """What became live, the newest first."""
        return self._pages(Promotion, "/v1/promotions", {})

    def dataset(self, dataset_id: str) -> Dataset:
        """A dataset's summary."""
        return self._answer(Dataset, self._send("GET", _path("/v1/datasets", dataset_id)))

    def datasets(self) -> Iterator[Dataset]:
        """All datasets, the newest first."""
        return self._pages(Dataset, "/v1/datasets", {})

    def problems(
        self, dataset_id: str, *, domain: Domain | None = None, skill: str | None = None
    ) -> Iterator[dict[str, Any]]:
        """The accepted problems of a dataset, in order."""
        for page in self._raw_pages(
            _path("/v1/datasets", dataset_id, "problems"), {"domain": domain, "skill": skill}
        ):
            yield from page

    def problem(self, problem_id: str) -> dict[str, Any]:
        """A problem with its evidence."""
        return self._object(self._send("GET", _path("/v1/problems", problem_id)))

    def siblings(self, problem_id: str) -> list[Sibling]:
        """A problem's siblings: it with other numbers."""
        answer = self._object(self._send("GET", _path("/v1/problems", problem_id, "siblings")))
        return [self._read(Sibling, each) for each in answer["data"]]

    def trajectory(self, trajectory_id: str) -> dict[str, Any]:
        """A trajectory: the whole decision process with its verdict."""
        return self._object(self._send("GET", _path("/v1/trajectories", trajectory_id)))

    def export(self, dataset_id: str, path: Path, *, siblings: bool = False) -> int:
        """Download a dataset as JSON lines; the file appears whole or not at all. Returns its size in bytes.

        With `siblings` each problem is followed by its siblings.

        Raises:
            UnreachableError: the connection broke, again and again.
        """
        aside = path.with_name(f".{path.name}.{os.getpid()}.part")
        for attempt in range(1, ATTEMPTS + 1):
            try:
                address = _path("/v1/datasets", dataset_id, "export")
                size = self._download(f"{address}?siblings=true" if siblings else address, aside)
            except httpx.TransportError as error:
                if attempt == ATTEMPTS:
                    raise self._unreachable(error) from error
                time.sleep(PAUSE_SECONDS * 2 ** (attempt - 1))
            else:
                aside.replace(path)
                return size
            finally:
                aside.unlink(missing_ok=True)
        raise AssertionError("the last attempt returns or raises")

    def skills(
        self, *, domain: Domain | None = None, category: str | None = None, mode: Mode | None = None
    ) -> Iterator[dict[str, Any]]:
        """The skills that the service composes from, by name; those that a mode can use."""
        for page in self._raw_pages("/v1/skills", {"domain": domain, "category": category, "mode": mode}):
            yield from page

    def add_benchmark(self, path: Path, *, name: str, field: str | None = None) -> Benchmark:
        """Upload a benchmark: JSON lines where the file's name ends so, otherwise a row a line.

        Raises:
            ApiError: the file is refused, with the line that is wrong.
        """
        lines = path.suffix.lower() in (".jsonl", ".ndjson")
        headers = {"Content-Type": "application/x-ndjson" if lines else "text/plain"}
        query = {"name": name} if field is None else {"name": name, "field": field}
        response = self._send(
            "POST",
            "/v1/benchmarks",
            params=query,
            headers=headers,
            content=path.read_bytes(),
            timeout=UPLOAD_TIMEOUT,
        )
        return self._answer(Benchmark, response)

    def benchmarks(self) -> Iterator[Benchmark]:
        """All benchmarks, the newest first."""
        return self._pages(Benchmark, "/v1/benchmarks", {})

    def delete_benchmark(self, benchmark_id: str) -> None:
        """Forget a benchmark, for good."""
        self._send("DELETE", _path("/v1/benchmarks", benchmark_id))

    def create_key(self, name: str, scopes: list[str]) -> Key:
        """Make a key; only this answer holds its secret."""
        return self._answer(Key, self._send("POST", "/v1/keys", json={"name": name, "scopes": scopes}))

    def keys(self) -> Iterator[Key]:
        """All keys of the tenant, the newest first, revoked ones included."""
        return self._pages(Key, "/v1/keys", {})

    def revoke_key(self, key_id: str) -> None:
        """Make a key useless, for good."""
        self._send("DELETE", _path("/v1/keys", key_id))

    def readiness(self) -> dict[str, Any]:
        """What the API needs, part by part: {"status": "ok", "checks": {...}}, or a problem with `checks`."""
        try:
            response = self._http.get("/readyz")
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        return self._object(response)

    def _follow(self, address: str, after: int | None, is_over: Callable[[], bool]) -> Iterator[Event]:
        """The events at an address until what they tell of is over; a lost connection is taken up again."""
        failures = 0
        while True:
            try:
                for event in self._stream(address, after):
                    after, failures = event.id, 0
                    yield event
                if is_over():
                    return
                pause = PAUSE_SECONDS
            except httpx.TransportError as error:
                failures += 1
                if failures >= ATTEMPTS:
                    raise self._unreachable(error) from error
                pause = PAUSE_SECONDS * 2**failures
            time.sleep(pause)

    def _stream(self, address: str, after: int | None) -> Iterator[Event]:
        headers = {"Accept": "text/event-stream"}
        if after is not None:
            headers["Last-Event-ID"] = str(after)
        with self._http.stream("GET", address, headers=headers, timeout=STREAM_TIMEOUT) as response:
            self._refuse_error(response)
            try:
                yield from parse_events(response.iter_lines())
            except ValueError as error:
                raise UnreachableError(f"{self.url} does not answer like Propound's API: {error}") from error

    def _download(self, address: str, path: Path) -> int:
        with path.open("wb") as file, self._http.stream("GET", address) as response:
            self._refuse_error(response)
            for block in response.iter_bytes():
                file.write(block)
            return file.tell()

    def _send(self, method: str, path: str, **content: Any) -> httpx.Response:
        """One request; repeated when the connection fails or the service is busy, if that is harmless."""
        repeatable = method in ("GET", "DELETE") or "Idempotency-Key" in content.get("headers", {})
        for attempt in range(1, ATTEMPTS + 1):
            last = attempt == ATTEMPTS or not repeatable
            try:
                response = self._http.request(method, path, **content)
            except httpx.TransportError as error:
                if last:
                    raise self._unreachable(error) from error
            else:
                if response.status_code not in (429, 503) or last:
                    self._refuse_error(response)
                    return response
            time.sleep(PAUSE_SECONDS * 2 ** (attempt - 1))
        raise AssertionError("the last attempt returns or raises")

    def _raw_pages(self, path: str, query: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
        cursor: str | None = None
        while True:
            given = {name: value for name, value in {**query, "cursor": cursor}.items() if value is not None}
            page = self._object(self._send("GET", path, params={**given, "limit": 100}))
            yield page["data"]
            cursor = page.get("next_cursor")
            if not page.get("has_more") or cursor is None:
                return

    def _pages(self, kind: type[Answer], path: str, query: dict[str, Any]) -> Iterator[Answer]:
        for page in self._raw_pages(path, query):
            for entry in page:
                yield self._read(kind, entry)

    def _answer(self, kind: type[Answer], response: httpx.Response) -> Answer:
        return self._read(kind, self._object(response))

    def _read(self, kind: type[Answer], value: dict[str, Any]) -> Answer:
        try:
            return kind.model_validate(value)
        except ValidationError as error:
            raise UnreachableError(f"{self.url} does not answer like Propound's API: {error}") from error

    def _object(self, response: httpx.Response) -> dict[str, Any]:
        try:
            value = response.json()
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise UnreachableError(f"{self.url} does not answer like Propound's API (no JSON object)")
        return value

    def _refuse_error(self, response: httpx.Response) -> None:
        if response.is_success:
            return
        response.read()
        try:
            problem = response.json()
        except ValueError:
            problem = {}
        if not isinstance(problem, dict):
            problem = {}
        errors = problem.get("errors")
        raise ApiError(
            response.status_code,
            str(problem.get("title") or f"{self.url} answers {response.status_code}"),
            str(problem.get("detail") or ""),
            str(problem.get("type") or "").rsplit("/", 1)[-1],
            errors if isinstance(errors, list) else [],
        )

    def _unreachable(self, error: httpx.TransportError) -> UnreachableError:
        return UnreachableError(f"no answer from {self.url} ({str(error) or type(error).__name__})")


def parse_events(lines: Iterator[str]) -> Iterator[Event]:
    """The events of a stream of server-sent events; comments and unknown fields mean nothing."""
    fields: dict[str, str] = {}
    for line in lines:
        if not line:
            if "data" in fields and fields.get("id", "").isdecimal():
                data = json.loads(fields["data"])
                yield Event(id=int(fields["id"]), kind=fields.get("event", "message"), data=data)
            fields = {}
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data" and "data" in fields:
            value = f"{fields['data']}\n{value}"
        fields[name] = value


def _path(collection: str, name: str, *parts: str) -> str:
    """The path of an object; an id cannot lead out of its collection."""
    if re.fullmatch(r"[\w-]{1,100}", name, re.ASCII) is None:
        raise PropoundError(f"{name[:100]!r} is no id")
    return "/".join([collection, name, *parts])
