"""Rules about jobs: what may be asked for, the same request only once, what can still be cancelled."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from propound.composing.drawing import specs_of
from propound.composing.free import UnreadableCardError
from propound.errors import ImpossibleSpecError, UnknownSkillError
from propound.job import JobRequest, JobState
from propound.models.ledger import Spending
from propound.storage import benchmarks, datasets, jobs, requests, settle, trials
from propound.storage.tables import Job
from service import idempotency
from service.errors import (
    Fault,
    FinalJobError,
    ImpossibleRequestError,
    InvalidRequestError,
    UnlistedBenchmarkError,
    UnlistedSkillError,
    found,
)
from service.jobs.schemas import JobCreate, JobView, job_view
from service.keyring import Caller
from service.resources import Resources
from service.serving import refuse_unserved

PATH = "/v1/jobs"
UNNAMED = "untitled"


class Creation(NamedTuple):
    """A job that was asked for, perhaps not for the first time."""

    view: JobView
    replayed: bool


def create(
    session: Session,
    caller: Caller,
    shared: Resources,
    wanted: JobCreate,
    idempotency_key: str | None,
) -> Creation:
    """Make a job and its dataset, or give the answer that the same `Idempotency-Key` got before.

    Raises:
        IdempotencyKeyReusedError: the key came with another request.
        InvalidRequestError: a card that comes with it is none.
        UnlistedSkillError: a skill or category that is not there.
        ImpossibleRequestError: no skills can be combined as asked.
        UnlistedBenchmarkError: a benchmark that the tenant does not have.
        UnservedError: it asks for what nobody here can do.
    """
    if idempotency_key is not None:
        earlier = idempotency.begin(session, caller, PATH, wanted, idempotency_key)
        if earlier is not None:
            return Creation(JobView.model_validate(earlier.response), replayed=True)
    request = wanted.request()
    check(request, shared)
    refuse_unserved(shared, request)
    _hold_benchmarks(session, caller, request)
    job = jobs.create(session, tenant=caller.tenant, request=request, name=wanted.name or UNNAMED)
    view = job_view(job, datasets.of_job(session, job.id), Spending())
    if idempotency_key is not None:
        idempotency.finish(session, caller, idempotency_key, view)
    return Creation(view, replayed=False)


def check(request: JobRequest, shared: Resources) -> None:
    """Refuse what no worker could ever do.

    Raises:
        InvalidRequestError: a card that comes with it is none.
        UnlistedSkillError: a skill or category that is not there.
        ImpossibleRequestError: no skills can be combined as asked.
    """
    try:
        specs_of(request, shared.library, lambda: shared.cards)
    except UnreadableCardError as error:
        place, reason = f"/cards/{error.place}", error.reason[:500]
        fault = Fault(location="body", pointer=place, code="unreadable", detail=reason)
        raise InvalidRequestError(str(error)[:500], faults=[fault]) from error
    except UnknownSkillError as error:
        raise UnlistedSkillError(str(error), faults=_unknown(request, error)) from error
    except ImpossibleSpecError as error:
        fault = Fault(location="body", pointer="", code="impossible", detail=str(error)[:500])
        raise ImpossibleRequestError(str(error), faults=[fault]) from error


def find(session: Session, caller: Caller, job_id: str) -> Job:
    """The caller's job.

    Raises:
        NotFoundError: the tenant has no such job.
    """
    return found(jobs.get(session, caller.tenant, job_id), "job")


def show(session: Session, caller: Caller, job_id: str) -> JobView:
    """The caller's job as the API shows it.

    Raises:
        NotFoundError: the tenant has no such job.
    """
    return job_view(*found(jobs.show(session, caller.tenant, job_id), "job"))


def cancel(session: Session, caller: Caller, job_id: str) -> Job:
    """Stop a job; what it has accepted stays. Doing it twice changes nothing.

    Raises:
        NotFoundError: the tenant has no such job.
        FinalJobError: it has ended by itself.
    """
    job = found(settle.cancel(session, caller.tenant, job_id), "job")
    if job.state.is_final and job.state is not JobState.CANCELLED:
        raise FinalJobError(f"it is {job.state}")
    return job


def views(session: Session, rows: list[Job]) -> dict[str, JobView]:
    """The jobs as the API shows them, by id."""
    ids = [job.id for job in rows]
    filled, spent = datasets.of_jobs(session, ids), requests.of_jobs(session, ids)
    known = trials.of_jobs(session, rows)
    return {job.id: job_view(job, filled[job.id], spent[job.id], known.get(job.id)) for job in rows}


def _hold_benchmarks(session: Session, caller: Caller, request: JobRequest) -> None:
    """Nobody deletes the request's benchmarks until its job is there to be seen."""
    if not request.benchmarks:
        return
    held = benchmarks.hold(session, caller.tenant, request.benchmarks)
    faults = [
        Fault(location="body", pointer=f"/benchmarks/{place}", code="unknown", detail="no such benchmark")
        for place, benchmark_id in enumerate(request.benchmarks)
        if benchmark_id not in held
    ]
    if faults:
        raise UnlistedBenchmarkError("a benchmark of the request is not there", faults=faults)


def _unknown(request: JobRequest, error: UnknownSkillError) -> list[Fault]:
    skills = [f"/skills/{place}" for place, name in enumerate(request.skills) if name in error.skills]
    categories = [
        f"/categories/{place}" for place, name in enumerate(request.categories) if name in error.categories
    ]
    return [
        Fault(location="body", pointer=pointer, code="unknown", detail="there is none of that name")
        for pointer in (*skills, *categories)
    ]
