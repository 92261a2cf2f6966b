"""One claimed shard from beginning to end: propose each missing trajectory, store it, settle."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Protocol

from sqlalchemy.orm import Session

from propound.curriculum import check_request, draw_spec
from propound.episode import Episode
from propound.errors import ImpossibleSpecError, ServiceDownError, UnknownSkillError
from propound.problem import ProblemSpec
from propound.queue import Publisher, announce_after_commit
from propound.skills import Library
from propound.storage import jobs, shards, trajectories
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

    def run_episode(self, spec: ProblemSpec, member: int) -> Episode:
        """Propose, verify and reward one trajectory."""


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
    `is_stopping` is asked between episodes; the shard is then given back for another worker.
    """
    with place.database.begin() as session:
        lease = shards.claim(session, place.claimant)
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


@contextmanager
def _change(place: Workplace, lease: Lease) -> Iterator[Session]:
    """A transaction that changes the job, with news of it afterwards."""
    with place.database.begin() as session:
        announce_after_commit(session, lease.job_id, place.publisher)
        yield session


def _run(place: Workplace, lease: Lease, is_stopping: Callable[[], bool]) -> bool:
    """Make and store what is missing; False where it stopped early."""
    check_request(lease.request, place.pipeline.library)
    with place.database.begin() as session:
        missing = shards.missing(session, lease)
    for spec_index, pairs in groupby(missing, key=lambda pair: pair[0]):
        spec = draw_spec(lease.request, place.pipeline.library, spec_index)
        for _, member in pairs:
            if is_stopping():
                return False
            episode = place.pipeline.run_episode(spec, member)
            with place.database.begin() as session:
                goes_on = trajectories.store(session, lease, spec_index, episode)
            if not goes_on:
                return False
    return True
