"""One claimed shard from beginning to end: propose each missing trajectory, store it, settle."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache, partial
from typing import Protocol, Self

from sqlalchemy.orm import Session

from propound.curriculum import check_request, draw_spec
from propound.episode import Episode
from propound.errors import ImpossibleSpecError, ServiceDownError, UnknownSkillError
from propound.problem import ProblemSpec
from propound.queue import Publisher, announce_after_commit
from propound.skills import Library
from propound.storage import checkpoints, jobs, shards, trajectories
from propound.storage.session import Database
from propound.storage.settle import fail
from propound.storage.shards import Claimant, Lease

RETRY_AFTER = timedelta(seconds=5)
"""Before a shard is tried again after an error, times the attempt."""

LONGEST_WAIT = timedelta(minutes=10)
"""Longest that a service outside which is down may ask to be left alone."""

_LOG = logging.getLogger(__name__)


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
    def episodes_in_flight(self) -> int:
        """How many episodes to make at a time, each in a thread."""

    def measured_by(self, prober: str | None) -> Self:
        """The pipeline with the prober of that version, or with none."""

    def run_episode(self, spec: ProblemSpec, member: int) -> Episode:
        """Propose, verify, probe and reward one trajectory."""

    def renew(self, live_version: Callable[[], str | None]) -> None:
        """Called between two shards: what is live may be another checkpoint by now; None is the bundled default."""

    def close(self) -> None:
        """Let go of what does not end with the process."""


@dataclass(frozen=True)
class Workplace:
    """What one process of the worker works with."""

    database: Database
    publisher: Publisher
    pipeline: Pipeline
    claimant: Claimant


def run_one(place: Workplace, is_stopping: Callable[[], bool]) -> bool:
    """Claim a shard and work on it; whether there was one.

    What an episode raises is a failure of the service: the shard is given back, and tried again later. It is
    no attempt where a service outside is down: the job says so, and waits.
    `is_stopping` is asked before each episode; the shard is then given back for another worker.
    """
    place.pipeline.renew(partial(_live_version, place.database))
    claimant = replace(
        place.claimant, policy=place.pipeline.policy, policy_version=place.pipeline.policy_version
    )
    with place.database.begin() as session:
        lease = shards.claim(session, claimant)
    if lease is None:
        return False
    try:
        completed = _run(place, lease, is_stopping)
    except (UnknownSkillError, ImpossibleSpecError) as error:
        _LOG.warning("%s cannot be served by this library: %s", lease.job_id, error)
        with _change(place, lease) as session:
            job = jobs.lock(session, lease.job_id)
            if job is not None:
                fail(session, job, str(error))
    except ServiceDownError as error:
        _LOG.warning("shard %s of %s waits: %s", lease.index, lease.job_id, error)
        with _change(place, lease) as session:
            delay = min(max(RETRY_AFTER, timedelta(seconds=error.retry_after)), LONGEST_WAIT)
            shards.give_back(session, lease, waiting_for=str(error)[:500], delay=delay)
    except Exception as error:  # noqa: BLE001  # whatever the service broke on, another worker tries again
        _LOG.exception("shard %s of %s, attempt %s, failed", lease.index, lease.job_id, lease.attempt)
        with _change(place, lease) as session:
            why = f"{type(error).__name__}: {error}"[:2_000]
            shards.give_back(session, lease, error=why, delay=RETRY_AFTER * lease.attempt)
    else:
        with _change(place, lease) as session:
            if completed:
                shards.finish(session, lease)
            else:
                shards.give_back(session, lease)
    return True


def _live_version(database: Database) -> str | None:
    with database.begin() as session:
        return checkpoints.live_version(session)


@contextmanager
def _change(place: Workplace, lease: Lease) -> Iterator[Session]:
    """A transaction that changes the job, with news of it afterwards."""
    with place.database.begin() as session:
        announce_after_commit(session, lease.job_id, place.publisher)
        yield session


def _run(place: Workplace, lease: Lease, is_stopping: Callable[[], bool]) -> bool:
    """Make and store what is missing; False where it stopped early.

    Episodes are made in threads, as many at a time as the pipeline says, and stored as they are done. Whatever ends the
    work early, those under way are finished and stored first.
    """
    check_request(lease.request, place.pipeline.library)
    if lease.request.difficulty is not None and lease.prober is None:
        raise ImpossibleSpecError(
            "it asks for a difficulty, and no prober measures any: set PROPOUND_PROBERS"
        )
    pipeline = place.pipeline.measured_by(lease.prober)
    with place.database.begin() as session:
        missing = shards.missing(session, lease)
    specs = cache(partial(draw_spec, lease.request, place.pipeline.library))
    waiting = deque(missing)
    running: dict[Future[Episode], int] = {}
    goes_on, failure = True, None
    with ThreadPoolExecutor(place.pipeline.episodes_in_flight, "episode") as threads:
        while True:
            while goes_on and waiting and len(running) < place.pipeline.episodes_in_flight:
                if is_stopping():
                    goes_on = False
                    break
                index, member = waiting.popleft()
                running[threads.submit(pipeline.run_episode, specs(index), member)] = index
            if not running:
                break
            done, _ = wait(running, lease.duration.total_seconds() / 4, FIRST_COMPLETED)
            if not done:
                with place.database.begin() as session:
                    goes_on = shards.hold(session, lease) and goes_on
            for future in done:
                index = running.pop(future)
                try:
                    episode = future.result()
                except Exception as error:  # noqa: BLE001  # raised when the others are stored
                    goes_on, failure = False, failure or error
                    continue
                with place.database.begin() as session:
                    goes_on = trajectories.store(session, lease, index, episode) and goes_on
    if failure is not None:
        raise failure
    return goes_on
