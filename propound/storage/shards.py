"""Shards: claimed with a lease, given back, finished. Whoever holds a claim proves it by its holder name."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select, tuple_, update
from sqlalchemy.orm import Session, load_only

from propound.job import JobRequest, JobState
from propound.problem import Mode
from propound.storage import jobs, pools, requests, tenants
from propound.storage.columns import active_jobs, open_shards
from propound.storage.plan import UNSETTLED_SHARDS, members, shard_size, specs_to_cut
from propound.storage.settle import MAX_ATTEMPTS, settle
from propound.storage.tables import Job, Shard, ShardState, StoredTrajectory, Tenant
from propound.trust import Trust

AT_ONCE = 16
"""Jobs that are looked at together; most claims are of the first."""

_WORKING = (JobState.QUEUED, JobState.RUNNING)
_PLANNED_BY = (
    *(
        Job.id,
        Job.mode,
        Job.state,
        Job.last_served_at,
        Job.count,
        Job.group_size,
        Job.episodes,
        Job.next_spec,
    ),
    *(Job.settled_spec, Job.proposed, Job.pending, Job.accepted),
)


@dataclass(frozen=True)
class Claimant:
    """Who claims, what it runs (noted on the job at its first claim), and how much it takes."""

    worker: str
    policy: str
    policy_version: str
    library_version: str
    lease: timedelta
    """How long a claim lasts without a sign of life."""
    shard_specs: int
    """Specs in a shard."""
    probers: tuple[str, ...] = ()
    """Versions of its probers, from weak to strong."""
    modes: tuple[Mode, ...] = (Mode.PROCEDURAL,)
    """Of jobs that it takes."""
    trust: Trust | None = None
    """What its procedural problems rest on."""

    def serves(self, job: Job) -> bool:
        """Whether it can work on the job: in its mode, and measure what has to be measured, with its own prober."""
        if job.mode not in self.modes:
            return False
        if job.prober is not None:
            return job.prober in self.probers
        return job.state is not JobState.QUEUED or job.request.get("difficulty") is None or bool(self.probers)


@dataclass(frozen=True)
class Lease:
    """A claimed shard: everything that is needed to work on it."""

    job_id: str
    index: int
    holder: str
    """The worker and a random part: a later claim of the same shard has another holder."""
    request: JobRequest
    pairs: tuple[tuple[int, int], ...]
    """Every (spec, member) of the shard, in order."""
    duration: timedelta
    attempt: int
    prober: str | None = None
    """Version of the prober that measures the job's problems."""


def claim(session: Session, claimant: Claimant) -> Lease | None:
    """Claim a shard: of the tenant that waited longest, of its job that waited longest; an expired one first.

    Jobs are looked at a few at a time, so a long queue costs nothing. None only when no job has work to give now.
    Jobs that others have locked are tried last and waited for. At most one job is locked at a time, and after it
    the row of its tenant.
    """
    passed = []
    for job_id in _in_turn(session, claimant):
        lease = _try(session, job_id, claimant, skip_locked=True)
        if lease is not None:
            return lease
        passed.append(job_id)
    for job_id in passed:
        lease = _try(session, job_id, claimant, skip_locked=False)
        if lease is not None:
            return lease
    return None


def claimable() -> ColumnElement[bool]:
    """Shards that wait for another attempt: given back, or their lease has expired."""
    return and_(open_shards(), Shard.lease_until <= func.now(), Shard.attempts < MAX_ATTEMPTS)


def served_with(probers: Collection[str], modes: Collection[Mode]) -> ColumnElement[bool]:
    """Jobs that a worker with these probers and modes can serve; see `Claimant.serves`."""
    written = Job.mode.in_(modes)
    if probers:
        return and_(written, or_(Job.prober.is_(None), Job.prober.in_(probers)))
    is_easy = func.coalesce(func.jsonb_typeof(Job.request["difficulty"]), "null") == "null"
    return and_(written, Job.prober.is_(None), or_(is_easy, Job.state != JobState.QUEUED))


def note_unserved(session: Session, probers: Collection[str], modes: Collection[Mode]) -> list[str]:
    """Say on every job which none of the workers with these can serve what it waits for; the ids of those."""
    query = select(Job.id).where(active_jobs(), Job.state.in_(_WORKING), not_(served_with(probers, modes)))
    noted = []
    for job_id in session.scalars(query.where(Job.waiting_for.is_(None))).all():
        job = jobs.lock(session, job_id, skip_locked=True)
        if job is not None and job.state in _WORKING:
            jobs.wait(session, job, _lacking(job, modes))
            noted.append(job_id)
    return noted


def _lacking(job: Job, modes: Collection[Mode]) -> str:
    if job.mode not in modes:
        return f"a worker that serves {job.mode} mode: no worker that is running has a proposer (PROPOUND_MODELS)"
    which = f"the prober {job.prober}" if job.prober else "a prober"
    return f"a worker with {which}: no worker that is running has it (PROPOUND_PROBERS)"


def survey(session: Session, shard_specs: int) -> list[tuple[str, int]]:
    """Every job that has begun and is not over, and the first few that wait, with a guess at their shards to claim.

    `shard_specs`: how many specs a new shard would have.
    """
    active = _jobs().where(active_jobs())
    begun = session.execute(active.where(Job.state != JobState.QUEUED))
    waiting = session.execute(active.where(Job.state == JobState.QUEUED).limit(AT_ONCE))
    return [
        (job.id, _shards_to_claim(job, again, shard_specs, used_up=used_up))
        for found in (begun, waiting)
        for job, again, used_up in found
    ]


def _in_turn(session: Session, claimant: Claimant) -> Iterator[str]:
    """Jobs that seem to have work to give, in the order in which they are to be served, read as they are needed."""
    # Of each tenant one row: an EXISTS may be planned as a join that reads every job.
    work = select(Job.id).where(Job.tenant == Tenant.name, active_jobs()).limit(1).correlate(Tenant)
    has_work = work.scalar_subquery().is_not(None)
    turns = select(Tenant.name).where(has_work).order_by(Tenant.last_served_at, Tenant.name)
    for tenant in session.scalars(turns).all():
        query = (
            _jobs()
            # a column and no condition: its share of the jobs, which the planner can only guess, decides no plan
            .add_columns(served_with(claimant.probers, claimant.modes))
            .where(Job.tenant == tenant, active_jobs())
            .order_by(Job.last_served_at, Job.id)
            .limit(AT_ONCE)
        )
        page = session.execute(query).all()
        while page:
            last = (page[-1][0].last_served_at, page[-1][0].id)
            yield from [
                job.id
                for job, again, used_up, is_served in page
                if is_served and _shards_to_claim(job, again, claimant.shard_specs, used_up=used_up)
            ]
            if len(page) < AT_ONCE:
                break
            page = session.execute(query.where(tuple_(Job.last_served_at, Job.id) > last)).all()


def _jobs() -> Select[Job, int, bool]:
    """Jobs with what the plan of their work needs: how many of their shards wait for another attempt, and whether
    their budget of tokens is used up."""
    again = (
        select(func.count())
        .select_from(Shard)
        .where(Shard.job_id == Job.id, claimable())
        .correlate(Job)
        .scalar_subquery()
    )
    return select(Job, again, requests.used_up()).options(load_only(*_PLANNED_BY))


def _try(session: Session, job_id: str, claimant: Claimant, *, skip_locked: bool) -> Lease | None:
    """Claim a shard of the job; None, and the job is free again, where it has none or is another's now."""
    attempt = session.begin_nested()
    job = jobs.lock(session, job_id, skip_locked=skip_locked)
    lease = _claim_of(session, job, claimant) if job else None
    if lease is None:
        attempt.rollback()
    else:
        attempt.commit()
    return lease


def _shards_to_claim(job: Job, again: int, shard_specs: int, *, used_up: bool) -> int:
    if job.state not in _WORKING or used_up:
        return 0
    specs = specs_to_cut(job, shard_specs)
    return again + (UNSETTLED_SHARDS if specs == shard_size(job, shard_specs) else min(specs, 1))


def extend(session: Session, lease: Lease) -> bool:
    """Note a stored episode and extend the lease; False where it is another's by now."""
    return _extend(session, lease, attempts=0)


def hold(session: Session, lease: Lease) -> bool:
    """Extend the lease of a holder whose episodes take long; False where it is another's by now."""
    return _extend(session, lease)


def _extend(session: Session, lease: Lease, **noted: int) -> bool:
    statement = (
        update(Shard)
        .where(_held(lease))
        .values(lease_until=func.clock_timestamp() + lease.duration, **noted)
        .returning(Shard.index)
        .execution_options(synchronize_session=False)
    )
    return session.scalar(statement) is not None


def finish(session: Session, lease: Lease) -> None:
    """End a lease whose episodes are all stored, and settle the job, in one transaction."""
    job, shard = _lock(session, lease)
    if shard is not None:
        shard.state = ShardState.QUEUED if missing(session, lease) else ShardState.DONE
        shard.worker = None
        session.flush()
    settle(session, job)


def give_back(
    session: Session,
    lease: Lease,
    *,
    error: str | None = None,
    waiting_for: str | None = None,
    delay: timedelta = timedelta(0),
) -> None:
    """Let go of a lease before its end, and settle the job.

    Nobody tries again before `delay` has passed. With an error it counts as an attempt; what waits for a
    service outside may be tried for ever, and the job says what it waits for.
    """
    job, shard = _lock(session, lease)
    if shard is not None and waiting_for is not None:
        jobs.wait(session, job, waiting_for)
    if shard is not None:
        shard.worker = None
        shard.state = ShardState.QUEUED
        shard.lease_until = session.scalars(select(func.clock_timestamp() + delay)).one()
        if error is None:
            shard.attempts = max(0, shard.attempts - 1)
        else:
            shard.error = error
        session.flush()
    settle(session, job)


def holders(session: Session) -> list[str]:
    """Who holds a shard now."""
    query = select(Shard.worker).where(open_shards(), Shard.state == ShardState.LEASED)
    return [holder for holder in session.scalars(query.distinct()) if holder is not None]


def release(session: Session, dead: Collection[str]) -> int:
    """End the leases of holders that are known to be dead, as if their time were over; how many shards those were.

    It stays an attempt: a shard that kills its workers must come to an end.
    """
    statement = (
        update(Shard)
        .where(open_shards(), Shard.worker.in_(dead), Shard.state == ShardState.LEASED)
        .values(
            state=ShardState.QUEUED, worker=None, lease_until=func.now(), error="its worker's process died"
        )
        .returning(Shard.index)
        .execution_options(synchronize_session=False)
    )
    return len(session.scalars(statement).all()) if dead else 0


def missing(session: Session, lease: Lease) -> list[tuple[int, int]]:
    """The (spec, member) pairs of the lease that are not stored yet."""
    query = select(StoredTrajectory.spec_index, StoredTrajectory.member).where(
        StoredTrajectory.job_id == lease.job_id,
        StoredTrajectory.spec_index.between(lease.pairs[0][0], lease.pairs[-1][0]),
    )
    stored = {(spec, member) for spec, member in session.execute(query)}
    return [pair for pair in lease.pairs if pair not in stored]


def _claim_of(session: Session, job: Job, claimant: Claimant) -> Lease | None:
    if job.state not in _WORKING or not claimant.serves(job):
        return None
    shard = session.scalar(
        select(Shard)
        .where(Shard.job_id == job.id, claimable())
        .order_by(Shard.index)
        .limit(1)
        .execution_options(populate_existing=True)
    )
    now = session.scalars(select(func.clock_timestamp())).one()
    if shard is None:
        shard = _cut(session, job, claimant.shard_specs)
    if shard is None:
        return None
    shard.state = ShardState.LEASED
    shard.worker = f"{claimant.worker}/{secrets.token_hex(4)}"
    shard.lease_until = now + claimant.lease
    shard.attempts += 1
    job.last_served_at = now
    session.flush()
    tenants.serve(session, job.tenant, now)
    if job.state is JobState.QUEUED:
        if job.mode is Mode.PROCEDURAL:  # in open mode see `jobs.begun_by`
            job.policy, job.policy_version = claimant.policy, claimant.policy_version
            job.trust = claimant.trust.model_dump(mode="json") if claimant.trust else None
        job.library_version = claimant.library_version
        job.probers = list(claimant.probers)
        job.prober = pools.choice(session, claimant.probers)
        jobs.move(session, job, JobState.RUNNING)
    specs = range(shard.first_spec, shard.first_spec + shard.specs)
    return Lease(
        job_id=job.id,
        index=shard.index,
        holder=shard.worker,
        request=jobs.asked(job),
        pairs=tuple((spec, member) for spec in specs for member in range(members(job, spec))),
        duration=claimant.lease,
        attempt=shard.attempts,
        prober=job.prober,
    )


def _cut(session: Session, job: Job, shard_specs: int) -> Shard | None:
    specs = specs_to_cut(job, shard_specs)
    if not specs:
        return None
    last = session.scalar(select(func.max(Shard.index)).where(Shard.job_id == job.id))
    shard = Shard(
        job_id=job.id,
        index=0 if last is None else last + 1,
        first_spec=job.next_spec,
        specs=specs,
        attempts=0,
    )
    job.next_spec += specs
    session.add(shard)
    return shard


def _lock(session: Session, lease: Lease) -> tuple[Job, Shard | None]:
    """The locked job, and the shard if the lease still holds."""
    job = jobs.lock(session, lease.job_id)
    if job is None:
        raise LookupError(f"{lease.job_id} is gone")
    query = select(Shard).where(_held(lease)).execution_options(populate_existing=True)
    return job, session.scalar(query)


def _held(lease: Lease) -> ColumnElement[bool]:
    return and_(
        Shard.job_id == lease.job_id,
        Shard.index == lease.index,
        Shard.worker == lease.holder,
        Shard.state == ShardState.LEASED,
    )
