"""What a process of the worker does when it is woken: claim shards, make and store their episodes, settle.

Episodes are made in threads, as many at a time as the pipeline says. While slow ones keep the last shard open, another
shard is claimed for the threads that are free. Every lease in hand is renewed while anything moves; a process in which
nothing does ends itself, and others take over what it held.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache, partial
from typing import Protocol, Self, TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from propound.composing.drawing import Draw, specs_of
from propound.episode import Episode
from propound.errors import ImpossibleSpecError, ServiceDownError, UnknownSkillError
from propound.models.purpose import Origin
from propound.problem import Mode, ProblemSpec
from propound.pulse import PULSE, Pulse
from propound.queue import Publisher, announce_after_commit
from propound.skills import Library
from propound.storage import checkpoints, jobs, shards, trajectories, verifications
from propound.storage.session import Database
from propound.storage.settle import fail
from propound.storage.shards import Claimant, Lease
from propound.trust import Trust
from propound.verification.open.rows import RowVerification
from propound.workforce.ending import end_now

RETRY_AFTER = timedelta(seconds=5)
"""Before a shard is tried again after an error, times the attempt."""

LONGEST_WAIT = timedelta(minutes=10)
"""Longest that a service outside which is down may ask to be left alone."""

MOST_EPISODES = 1_024
"""Most episodes that one process has under way, whatever its pipeline says."""

CLAIM_SECONDS = 2.0
"""Between two looks for another shard while slow episodes keep the last one open."""

AWAY_SECONDS = 0.5
"""Between two tries to store something in a database that is away."""

_LOG = logging.getLogger(__name__)
_Result = TypeVar("_Result")


class Pipeline(Protocol):
    """What makes episodes; `worker.pipeline.Pipeline` is the real one."""

    @property
    def library(self) -> Library:
        """Where specs are drawn from."""

    @property
    def policy(self) -> str:
        """Name of the proposer."""

    @property
    def policy_version(self) -> str:
        """Version of the proposer."""

    @property
    def library_version(self) -> str:
        """Version of the skill library."""

    @property
    def probers(self) -> tuple[str, ...]:
        """Versions of the probers, from weak to strong."""

    @property
    def trust(self) -> Trust:
        """Whose models verify its episodes."""

    @property
    def committee(self) -> str | None:
        """Identity of whoever verifies episodes of open mode."""

    @property
    def episodes_in_flight(self) -> int:
        """How many episodes to make at a time, each in a thread; it may change while some are under way."""

    @property
    def is_slow(self) -> bool:
        """Whether an episode takes minutes, not seconds: then a shard is one spec."""

    def of(self, mode: Mode) -> Self:
        """What makes episodes of the mode, with its proposer and at its pace; opened when it is first asked for."""

    def measured_by(self, prober: str | None) -> Self:
        """The pipeline with the prober of that version, or with none."""

    @property
    def rows(self) -> RowVerification | None:
        """What verifies rows that somebody brings; None where nobody solves."""

    def run_episode(self, spec: ProblemSpec, member: int, origin: Origin) -> Episode:
        """Propose, verify, probe and reward one trajectory; `origin` is the job's."""

    def renew(self, live_version: Callable[[], str | None]) -> None:
        """Called between two shards: what is live may be another checkpoint by now; None is the bundled default."""

    def is_current(self, live_version: Callable[[], str | None]) -> bool:
        """Whether `renew` would change nothing: then more shards may be claimed while episodes are under way."""

    def close(self) -> None:
        """Let go of what does not end with the process."""


@dataclass(frozen=True)
class Workplace:
    """What one process of the worker works with."""

    database: Database
    publisher: Publisher
    pipeline: Pipeline
    claimant: Claimant
    pulse: Pulse = PULSE
    end_process: Callable[[Callable[[], None]], object] = end_now
    """Ends this process when everything in it is stuck; it is given what lets go of the pipeline."""
    rows_at_once: int = 8
    """Rows of verifications that are claimed together."""


@dataclass
class InHand:
    """A claimed shard, and how far its episodes are."""

    lease: Lease
    pipeline: Pipeline
    """With the job's prober."""
    specs: Draw | None = None
    """None where the request cannot be served here."""
    waiting: deque[tuple[int, int]] = field(default_factory=deque)
    """(spec, member) pairs that nobody has begun."""
    under_way: int = 0
    """Episodes."""
    stopped: bool = False
    """Whether it is given back as soon as nothing is under way."""
    failure: Exception | None = None

    @property
    def mode(self) -> Mode:
        """Of its job."""
        return self.lease.request.mode

    @property
    def begins_more(self) -> bool:
        """Whether an episode of it may begin now."""
        return bool(self.waiting) and not self.stopped

    def stop(self, failure: Exception | None = None) -> None:
        """Begin no more episodes."""
        self.stopped, self.failure = True, self.failure or failure


def run_one(place: Workplace, is_stopping: Callable[[], bool]) -> bool:
    """Claim a shard and work on it, and on others while slow episodes keep it open; whether there was one.

    What an episode raises is a failure of the service: its shard is given back, and tried again later. It is no attempt
    where a service outside is down: the job says so, and waits. `is_stopping` is asked before each episode; what is in
    hand is then given back for another worker.
    """
    place.pipeline.renew(partial(_live_version, place.database))
    first = _claim(place)
    if first is not None:
        _Hands(place, is_stopping, first).work()
    return first is not None


class _Hands:
    """What one process has in its hands, from the first shard that it claims until there is nothing left."""

    def __init__(self, place: Workplace, is_stopping: Callable[[], bool], first: InHand) -> None:
        self._place, self._is_stopping = place, is_stopping
        self._shards = [first]
        self._running: dict[Future[Episode], tuple[InHand, int]] = {}
        self._renew_seconds = first.lease.duration.total_seconds() / 4
        self._renewed = time.monotonic()
        self._claims_at: float | None = 0.0
        """When to look for another shard at the earliest; None: no more."""

    def work(self) -> None:
        """Until every shard is given back or done."""
        self._place.pulse.beat()
        with ThreadPoolExecutor(MOST_EPISODES, "episode") as threads:
            while self._shards:
                self._fill(threads)
                if self._running:
                    pause = self._renew_seconds
                    if self._claims_at is not None and self._claimable():
                        pause = min(pause, CLAIM_SECONDS)
                    done, _ = wait(self._running, pause, FIRST_COMPLETED)
                    for future in done:
                        self._store(future)
                    self._renew()
                for shard in [each for each in self._shards if not each.under_way and not each.begins_more]:
                    self._shards.remove(shard)
                    _let_go(self._place, shard)

    def _has_room(self, shard: InHand) -> bool:
        """Whether one more episode of its mode may be under way; each mode keeps its own pace."""
        alike = sum(each.under_way for each in self._shards if each.mode is shard.mode)
        return alike < shard.pipeline.episodes_in_flight and len(self._running) < MOST_EPISODES

    def _next(self) -> InHand | None:
        """A shard of which an episode may begin now: one in hand, else another one."""
        ready = (each for each in self._shards if each.begins_more and self._has_room(each))
        return next(ready, None) or self._claim_another()

    def _fill(self, threads: ThreadPoolExecutor) -> None:
        """Begin episodes while threads are free."""
        while (shard := self._next()) is not None:
            if self._is_stopping():
                self._claims_at = None
                for each in self._shards:
                    if each.waiting:
                        each.stop()
                return
            self._place.pulse.beat()
            index, member = shard.waiting.popleft()
            assert shard.specs is not None, "whoever has episodes to make has their specs"
            origin = Origin(job=shard.lease.job_id, spec=index)
            begun = threads.submit(shard.pipeline.run_episode, shard.specs(index), member, origin)
            self._running[begun] = shard, index
            shard.under_way += 1

    def _claim_another(self) -> InHand | None:
        """A shard for the threads that are free while others wait for slow models."""
        now = time.monotonic()
        if not self._running or self._claims_at is None or now < self._claims_at:
            return None
        modes = self._claimable()
        if not modes:
            return None
        if self._rows_wait():
            self._claims_at = None  # they come next, once what is in hand is done
            return None
        found = None
        if self._place.pipeline.is_current(partial(_live_version, self._place.database)):
            found = _claim(self._place, modes)
        if found is None:
            self._claims_at = now + CLAIM_SECONDS
            return None
        self._shards.append(found)
        return found if found.begins_more else None

    def _rows_wait(self) -> bool:
        """Whether there are rows of a verification that this process could work on."""
        if self._place.pipeline.rows is None:
            return False
        with self._place.database.begin() as session:
            return verifications.is_waiting(session)

    def _claimable(self) -> tuple[Mode, ...]:
        """The modes of which another shard may be taken.

        Quick episodes keep to one shard: between two, the process looks anew for what is live.
        """
        held = {each.mode: each for each in self._shards}
        return tuple(
            mode
            for mode in self._place.claimant.modes
            if mode not in held or (held[mode].pipeline.is_slow and self._has_room(held[mode]))
        )

    def _store(self, future: Future[Episode]) -> None:
        shard, index = self._running.pop(future)
        shard.under_way -= 1
        self._place.pulse.beat()
        try:
            episode = future.result()
            stored = partial(trajectories.store, lease=shard.lease, spec_index=index, episode=episode)
            if not _patiently(self._place, shard.lease, stored):
                shard.stop()
        except Exception as error:  # noqa: BLE001  # told when what else is under way is stored
            self._claims_at = None
            shard.stop(error)

    def _renew(self) -> None:
        """Keep the leases in hand, four times in their length, while anything moves."""
        now = time.monotonic()
        if now - self._renewed < self._renew_seconds:
            return
        if not self._place.pulse.is_alive:
            _LOG.critical("nothing moves in this process: it ends, and others take over what it held")
            self._place.end_process(self._place.pipeline.close)
            return
        self._renewed = now
        for shard in self._shards:
            try:
                with self._place.database.begin() as session:
                    if not shards.hold(session, shard.lease):
                        shard.stop()
            except (OperationalError, InterfaceError) as error:
                _LOG.warning("a lease of %s was not renewed: %s", shard.lease.job_id, error)


def _claim(place: Workplace, modes: tuple[Mode, ...] | None = None) -> InHand | None:
    """Claim a shard, of these modes if not of any, and see what it needs; what is wrong with its request stops it."""
    claimant = replace(
        place.claimant,
        policy=place.pipeline.policy,
        policy_version=place.pipeline.policy_version,
        modes=modes or place.claimant.modes,
    )
    with place.database.begin() as session:
        lease = shards.claim(session, claimant)
        if lease is None:
            return None
    taken = InHand(lease, place.pipeline)
    try:
        taken.specs = cache(specs_of(lease.request, place.pipeline.library))
        own = place.pipeline.of(taken.mode)
        taken.pipeline = own.measured_by(lease.prober)
        with place.database.begin() as session:
            if taken.mode is Mode.OPEN:
                author = jobs.Author(own.policy, own.policy_version, own.trust, own.committee)
                jobs.begun_by(session, lease.job_id, author)
            taken.waiting.extend(shards.missing(session, lease))
    except Exception as error:  # noqa: BLE001  # told when it is let go of, which is next
        taken.stop(error)
    return taken


def _let_go(place: Workplace, shard: InHand) -> None:
    """Finish a shard whose episodes are all stored, give another back, and settle its job."""
    try:
        _patiently(place, shard.lease, _ending(shard))
    except Exception:  # noqa: BLE001  # whatever it is, the other shards in hand are let go of in order
        _LOG.exception("shard %s of %s stays until its lease is over", shard.lease.index, shard.lease.job_id)


def _ending(shard: InHand) -> Callable[[Session], None]:
    lease, error = shard.lease, shard.failure
    if isinstance(error, UnknownSkillError | ImpossibleSpecError):
        _LOG.warning("%s cannot be served by this library: %s", lease.job_id, error)
        return partial(_fail, lease=lease, why=str(error))
    if isinstance(error, ServiceDownError):
        _LOG.warning("shard %s of %s waits: %s", lease.index, lease.job_id, error)
        delay = min(max(RETRY_AFTER, timedelta(seconds=error.retry_after)), LONGEST_WAIT)
        return partial(shards.give_back, lease=lease, waiting_for=str(error)[:500], delay=delay)
    if error is not None:
        _LOG.error(
            "shard %s of %s, attempt %s, failed", lease.index, lease.job_id, lease.attempt, exc_info=error
        )
        why = f"{type(error).__name__}: {error}"[:2_000]
        return partial(shards.give_back, lease=lease, error=why, delay=RETRY_AFTER * lease.attempt)
    return partial(shards.give_back if shard.stopped else shards.finish, lease=lease)


def _fail(session: Session, lease: Lease, why: str) -> None:
    job = jobs.lock(session, lease.job_id)
    if job is not None:
        fail(session, job, why)


def _live_version(database: Database) -> str | None:
    with database.begin() as session:
        return checkpoints.live_version(session)


def _patiently(place: Workplace, lease: Lease, change: Callable[[Session], _Result]) -> _Result:
    """Change a job in a transaction of its own, with news of it afterwards.

    A database that is away, perhaps about to start again, is tried for as long as the lease lasts.
    """
    deadline = time.monotonic() + lease.duration.total_seconds()
    while True:
        try:
            with place.database.begin() as session:
                announce_after_commit(session, lease.job_id, place.publisher)
                return change(session)
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() > deadline:
                raise
            _LOG.warning("the database is away: %s", error)
            time.sleep(AWAY_SECONDS)
