"""What a process of the worker works with, opened at its first task."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from propound.capabilities import installed
from propound.config import Settings
from propound.models.registry import record_in
from propound.queue import Publisher, servers
from propound.storage.requests import DatabaseLedger
from propound.storage.session import Database
from propound.storage.shards import Claimant
from propound.workforce.process_name import process_name
from worker.shard import Pipeline, Workplace

OpenPipeline = Callable[[Settings], Pipeline]


def open_workplace(settings: Settings, open_pipeline: OpenPipeline) -> Workplace:
    """Open everything that a process works with; never before a fork. Requests to models have rows in its database.

    Raises:
        SettingsMissingError: a server is not named.
    """
    database_url, redis_url = servers(settings)
    database = Database(database_url, pool_size=1)
    record_in(DatabaseLedger(database))
    pipeline = open_pipeline(settings)
    claimant = Claimant(
        worker=process_name(),
        policy=pipeline.policy,
        policy_version=pipeline.policy_version,
        library_version=pipeline.library_version,
        lease=timedelta(seconds=settings.lease_seconds),
        shard_specs=1 if pipeline.is_slow else settings.shard_specs,
        probers=pipeline.probers,
        modes=installed(settings).modes,
        trust=pipeline.trust,
    )
    return Workplace(
        database, Publisher(redis_url), pipeline, claimant, rows_at_once=settings.episodes_in_flight
    )
