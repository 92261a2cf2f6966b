"""Jobs: made with their dataset, read by tenant, changed only under the lock of their row."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, Text, any_, bindparam, func, select, update
from sqlalchemy.orm import Session

from propound.composing.free import Composer
from propound.job import JobRequest, JobState
from propound.models.ledger import Spending
from propound.problem import Mode
from propound.skills import Cards
from propound.storage import events, requests, tenants, trials
from propound.storage.ids import Prefix, new_id
from propound.storage.tables import Dataset, Job
from propound.trust import Calibration, Trust

ACTIVE = (JobState.QUEUED, JobState.RUNNING, JobState.FINALIZING, JobState.CANCELLING)
"""The states that are not final."""


def create(session: Session, *, tenant: str, request: JobRequest, name: str) -> Job:
    """A queued job and the dataset that it fills; publish wake-ups after the commit.

    Raises:
        UnreadableCardError: a card that comes with the request is none.
    """
    kept = request.model_dump(mode="json")
    cards = kept["cards"] or None
    if cards:
        kept["cards"] = list(Composer(request, Cards([])).own)
    job = Job(
        id=new_id(Prefix.JOB),
        tenant=tenant,
        state=JobState.QUEUED,
        mode=request.mode,
        request=kept,
        cards=cards,
        seed=request.seed,
        count=request.count,
        group_size=request.group_size,
        episodes=request.episodes,
        max_tokens=request.max_tokens,
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
    calibration: Calibration | None = None
    """What is known of its committee."""


def show(session: Session, tenant: str, job_id: str) -> Shown | None:
    """The tenant's job with its dataset and what its requests to models come to, in one query; or None."""
    found = session.execute(_PARTS.where(Job.id == job_id, Job.tenant == tenant)).one_or_none()
    return None if found is None else _shown(*found)


_PARTS = select(Job, Dataset, requests.summed(Job.id), trials.tallied(Job.committee)).join(
    Dataset, Dataset.job_id == Job.id
)
_SHOWN = _PARTS.where(Job.id == any_(bindparam("ids", type_=ARRAY(Text))))


def show_all(session: Session, job_ids: Collection[str]) -> list[Shown]:
    """The jobs of these ids that are there, of whatever tenant; one query, whose text does not depend on how many."""
    return [_shown(*found) for found in session.execute(_SHOWN, {"ids": list(job_ids)})]


def _shown(job: Job, dataset: Dataset, spent: Any, tallies: Any) -> Shown:
    return Shown(job, dataset, requests.spending(spent), trials.calibration(job.committee, tallies))


def asked(job: Job) -> JobRequest:
    """The request, with the texts of its cards; a job as it is shown has their names."""
    cards = job.cards if job.mode is Mode.OPEN else None
    return JobRequest.model_validate({**job.request, "cards": cards or []})


class Author(NamedTuple):
    """Who writes the problems of a job, and who verifies them."""

    policy: str
    policy_version: str
    trust: Trust
    committee: str | None = None


def begun_by(session: Session, job_id: str, author: Author) -> None:
    """Note who writes, where nobody has been noted yet: in open mode it takes a claim to know."""
    session.execute(
        update(Job)
        .where(Job.id == job_id, Job.policy.is_(None))
        .values(
            policy=author.policy,
            policy_version=author.policy_version,
            trust=author.trust.model_dump(mode="json", exclude={"calibration"}),
            committee=author.committee,
        )
        .execution_options(synchronize_session=False)
    )


def trust(job: Job, calibration: Calibration | None) -> Trust:
    """What the rightness of its problems rests on."""
    noted = Trust(mode=job.mode) if job.trust is None else Trust.model_validate(job.trust)
    return noted.model_copy(update={"calibration": calibration})


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
