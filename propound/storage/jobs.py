"""Jobs: made with their dataset, read by tenant, changed only under the lock of their row."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import ARRAY, Text, any_, bindparam, func, select
from sqlalchemy.orm import Session

from propound.job import JobRequest, JobState
from propound.models.ledger import Spending
from propound.storage import events, requests, tenants
from propound.storage.ids import Prefix, new_id
from propound.storage.tables import Dataset, Job

ACTIVE = (JobState.QUEUED, JobState.RUNNING, JobState.FINALIZING, JobState.CANCELLING)
"""The states that are not final."""


def create(session: Session, *, tenant: str, request: JobRequest, name: str) -> Job:
    """A queued job and the dataset that it fills; publish wake-ups after the commit."""
    job = Job(
        id=new_id(Prefix.JOB),
        tenant=tenant,
        state=JobState.QUEUED,
        request=request.model_dump(mode="json"),
        seed=request.seed,
        count=request.count,
        group_size=request.group_size,
        episodes=request.episodes,
    )
    tenants.enter(session, tenant)
    session.add(job)
    session.flush()
    session.add(Dataset(id=new_id(Prefix.DATASET), job_id=job.id, tenant=tenant, name=name))
    events.append_state(session, job)
    session.flush()
    session.refresh(job)
    return job


def get(session: Session, tenant: str, job_id: str) -> Job | None:
    """The tenant's job, or None."""
    return session.scalar(select(Job).where(Job.id == job_id, Job.tenant == tenant))


class Shown(NamedTuple):
    """A job with what people want to see of it."""

    job: Job
    dataset: Dataset
    spending: Spending


def show(session: Session, tenant: str, job_id: str) -> Shown | None:
    """The tenant's job with its dataset and what its requests to models come to, in one query; or None."""
    query = select(Job, Dataset, requests.summed(Job.id)).join(Dataset, Dataset.job_id == Job.id)
    found = session.execute(query.where(Job.id == job_id, Job.tenant == tenant)).one_or_none()
    return None if found is None else Shown(found[0], found[1], requests.spending(found[2]))


_SHOWN = (
    select(Job, Dataset, requests.summed(Job.id))
    .join(Dataset, Dataset.job_id == Job.id)
    .where(Job.id == any_(bindparam("ids", type_=ARRAY(Text))))
)


def show_all(session: Session, job_ids: Collection[str]) -> list[Shown]:
    """The jobs of these ids that are there, of whatever tenant; one query, whose text does not depend on how many."""
    found = session.execute(_SHOWN, {"ids": list(job_ids)})
    return [Shown(job, dataset, requests.spending(parts)) for job, dataset, parts in found]


def by_id(session: Session, job_ids: Collection[str]) -> dict[str, Job]:
    """The jobs with these ids, by id."""
    return {job.id: job for job in session.scalars(select(Job).where(Job.id.in_(job_ids)))}


def state(session: Session, job_id: str) -> JobState:
    """Where a job that exists stands, read afresh."""
    return session.scalars(select(Job.state).where(Job.id == job_id)).one()


def page(
    session: Session, tenant: str, *, limit: int, before: str | None = None, state: JobState | None = None
) -> list[Job]:
    """The tenant's jobs, newest first; those with a smaller id than `before`."""
    query = select(Job).where(Job.tenant == tenant).order_by(Job.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Job.id < before)
    if state is not None:
        query = query.where(Job.state == state)
    return list(session.scalars(query))


def lock(session: Session, job_id: str, *, skip_locked: bool = False) -> Job | None:
    """The job's row as it is now, locked until the transaction ends; the first lock that anyone takes.

    None where there is no such job, or where another has it and `skip_locked` is set.
    """
    query = select(Job).where(Job.id == job_id).execution_options(populate_existing=True)
    return session.scalar(query.with_for_update(key_share=True, skip_locked=skip_locked))


def move(session: Session, job: Job, state: JobState, *, stop_reason: str | None = None) -> None:
    """Bring a locked job to a state: timestamp, reason and event."""
    job.state = state
    if state is not JobState.RUNNING:
        job.waiting_for = None
    job.stop_reason = stop_reason or job.stop_reason
    setattr(job, f"{state.value}_at", session.scalar(select(func.clock_timestamp())))
    events.append_state(session, job)


def wait(session: Session, job: Job, waiting_for: str | None) -> None:
    """Note on a locked job what its episodes wait for, or with None that they go on; an event where that is news."""
    if waiting_for is not None and job.state not in (JobState.QUEUED, JobState.RUNNING):
        return
    is_news = (job.waiting_for is None) != (waiting_for is None)
    job.waiting_for = waiting_for
    if is_news:
        events.append_state(session, job)
