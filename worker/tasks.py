"""The tasks: a few lines each. What a process of the worker needs is opened at its first task."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from datetime import timedelta

from celery import Celery

from propound.config import Settings
from propound.queue import WORK, Publisher, servers
from propound.storage.session import Database
from propound.storage.shards import Claimant
from worker.shard import Pipeline, Workplace, run_one

OpenPipeline = Callable[[Settings], Pipeline]


def open_workplace(settings: Settings, open_pipeline: OpenPipeline) -> Workplace:
    """Open everything that a process works with; never before a fork.

    Raises:
        SettingsMissingError: a server is not named.
    """
    database_url, redis_url = servers(settings)
    pipeline = open_pipeline(settings)
    claimant = Claimant(
        worker=f"{socket.gethostname()}:{os.getpid()}",
        policy=pipeline.policy,
        policy_version=pipeline.policy_version,
        library_version=pipeline.library_version,
        lease=timedelta(seconds=settings.lease_seconds),
        shard_specs=settings.shard_specs,
        shard_episodes=pipeline.episodes_in_flight,
        probers=pipeline.probers,
    )
    return Workplace(Database(database_url, pool_size=1), Publisher(redis_url), pipeline, claimant)


def register(app: Celery, workplace: Callable[[], Workplace], is_stopping: Callable[[], bool]) -> None:
    """Add the tasks to the app."""

    def work() -> None:
        """Work on one shard of any job, and leave a message for the next while there is work."""
        place = workplace()
        if run_one(place, is_stopping) and not is_stopping():
            place.publisher.wake()

    app.task(work, name=WORK, shared=False)  # of this app alone: another may have its own pipeline
