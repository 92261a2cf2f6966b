"""The Celery app of generation workers: `celery -A worker.app worker`. What they do is in `worker.shard`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from celery import Celery

from propound.capabilities import Capabilities, installed
from propound.config import Settings, settings
from propound.models.configured import catalogue_of
from propound.policy.opening import check_policy
from propound.probing.opening import prober_versions
from propound.queue import QUEUE, WORK, Publisher, announce_after_commit
from propound.sandbox import open_sandbox
from propound.storage import shards, verifications
from propound.storage.sweep import sweep
from propound.verification.judges import check_judges
from propound.workforce.app import Duty, Rounds
from propound.workforce.app import create_app as create_celery
from propound.workforce.process_name import dead_among
from worker.opening import OpenPipeline, open_workplace
from worker.pipeline import Pipeline
from worker.rows import verify_some
from worker.shard import Workplace, run_one

LOOK_SECONDS = 2.0
"""Between two looks for work that no message announces, and for leases of processes that died."""

PRESENCE_SECONDS = 15.0
"""A worker that has not looked around for so long is not there."""


def create_app(open_pipeline: OpenPipeline, check_machine: Callable[[Settings], object]) -> Celery:
    """The Celery app around a pipeline.

    Args:
        open_pipeline: called once in each process of the worker.
        check_machine: called before the worker starts; `PropoundError` and `ValueError` keep it from starting.
    """
    return create_celery(
        Duty(
            name="worker",
            task=WORK,
            queue=QUEUE,
            processes=settings().concurrency,
            check_machine=check_machine,
            open=lambda configured: open_workplace(configured, open_pipeline),
            work=_work,
            wake=Publisher.wake,
            publisher=lambda place: place.publisher,
            close=lambda place: place.pipeline.close(),
            look_around=_look_around,
            seconds=LOOK_SECONDS,
        )
    )


def _work(place: Workplace, is_stopping: Callable[[], bool]) -> bool:
    """Some rows of a verification, then a shard of a job: neither waits for the other to come to an end."""
    verified = verify_some(place, is_stopping)
    return run_one(place, is_stopping) or verified


def _look_around(rounds: Rounds) -> int:
    """Say that this worker is there, release what the dead held, end what is over; how many shards could be claimed."""
    can = rounds.machine if isinstance(rounds.machine, Capabilities) else Capabilities()
    rounds.publisher.appear(rounds.name, can, timedelta(seconds=PRESENCE_SECONDS))
    there = rounds.publisher.workers().values()
    probers = {version for each in there for version in each.probers}
    modes = {mode for each in there for mode in each.modes}
    with rounds.database.begin() as session:
        shards.release(session, dead_among(shards.holders(session)))
        verifications.release(session, dead_among(verifications.holders(session)))
        for job_id in shards.note_unserved(session, probers, modes):
            announce_after_commit(session, job_id, rounds.publisher)
    return sweep(rounds.database, rounds.settings.shard_specs, verifies=can.solvers > 0)


def _check(configured: Settings) -> Capabilities:
    """What this worker can serve, where the settings and the machine allow any work."""
    check_judges(
        configured, catalogue_of(configured)
    )  # opens none: a model of this machine would be started here
    check_policy(configured)
    can = {"probers": prober_versions(configured), "sandbox": open_sandbox(configured.sandbox_tier).tier}
    return installed(configured).model_copy(update=can)


app = create_app(Pipeline.open, _check)
