"""The Celery policy, all of it. Celery only wakes people up: work and its leases are rows in PostgreSQL.

Started as `celery -A worker.app worker`. A lost message, a killed worker or an emptied Redis costs at most a
sweep or a lease of time.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import socket
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from threading import Event, Thread
from typing import Any, ClassVar

from celery import Celery, bootsteps
from celery.signals import worker_process_init, worker_process_shutdown

from propound.config import Settings, settings
from propound.policy.opening import check_policy
from propound.probing.opening import check_probers
from propound.queue import QUEUE, Publisher, SettingsMissingError, broker_url, servers
from propound.sandbox import Sandbox, SandboxUnavailable, open_sandbox
from propound.storage.session import Database
from propound.storage.sweep import sweep
from propound.verification.judges import open_judges
from worker.orphan import end_as_orphan
from worker.pipeline import Pipeline
from worker.shard import Workplace
from worker.tasks import OpenPipeline, open_workplace, register

SHARD_SECONDS = 1_800
"""A shard that runs longer is ended; its process, too, where that does not help."""

VISIBILITY_SECONDS = 2 * SHARD_SECONDS
"""Redis offers an unacknowledged message again after this long; longer than any shard runs."""

SWEEP_SECONDS = 2.0
"""Between two looks for work that no message announces; a quarter of the lease if that is shorter."""

PRESENCE_SECONDS = 15.0
"""A worker that has not swept for so long is not there."""

_LOG = logging.getLogger(__name__)


def create_app(open_pipeline: OpenPipeline, check_machine: Callable[[Settings], object]) -> Celery:
    """The Celery app around a pipeline.

    Args:
        open_pipeline: called once in each process of the worker.
        check_machine: called before the worker starts; `SandboxUnavailable` and `ValueError` keep it from starting.
    """
    app = Celery("propound", set_as_current=False)
    app.conf.update(_policy(settings()))
    stopping = multiprocessing.get_context("fork").Event()

    @cache
    def workplace() -> Workplace:
        return open_workplace(settings(), open_pipeline)

    register(app, workplace, stopping.is_set)

    def leave(**_: Any) -> None:
        if workplace.cache_info().currsize:
            workplace().pipeline.close()

    worker_process_shutdown.connect(leave, weak=False)

    class Caretaker(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
        """Of the worker's main process: refuse, sweep, and tell the processes to stop."""

        requires: ClassVar[set[str]] = {"celery.worker.components:Pool"}

        def __init__(self, parent: Any, **options: Any) -> None:
            """Before any process is forked: start only where programs can be isolated."""
            super().__init__(parent, **options)
            try:
                servers(settings())
                machine = check_machine(settings())
            except (SettingsMissingError, SandboxUnavailable, ValueError) as error:
                sys.exit(f"The worker does not start: {error}")
            self._tier = machine.tier if isinstance(machine, Sandbox) else "unknown"
            main = os.getpid()
            worker_process_init.connect(lambda **_: end_as_orphan(main, leave), weak=False)

        def start(self, parent: Any) -> None:  # noqa: ARG002
            """Once the processes are there."""
            Thread(target=_sweep_forever, args=(settings(), self._tier), name="sweep", daemon=True).start()

        def stop(self, parent: Any) -> None:  # noqa: ARG002
            """Have the processes give their shards back after the episode in their hands."""
            stopping.set()

    app.steps["worker"].add(Caretaker)
    return app


def _policy(configured: Settings) -> dict[str, Any]:
    return {
        "broker_url": broker_url(configured.redis_url) if configured.redis_url else None,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {"visibility_timeout": VISIBILITY_SECONDS, "socket_keepalive": True},
        "task_default_queue": QUEUE,
        "task_serializer": "json",
        "accept_content": ["json"],
        "result_backend": None,
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_soft_time_limit": SHARD_SECONDS - 60,
        "task_time_limit": SHARD_SECONDS,
        "worker_prefetch_multiplier": 1,
        "worker_concurrency": configured.concurrency,
        "worker_hijack_root_logger": True,
    }


def _sweep_forever(configured: Settings, tier: str) -> None:
    """Wake workers up whenever PostgreSQL holds work and Redis no message; say that this one is there."""
    database_url, redis_url = servers(configured)
    database, publisher = Database(database_url, pool_size=0), Publisher(redis_url)
    pause = Event()
    name = f"{socket.gethostname()}:{os.getpid()}"
    while not pause.wait(min(SWEEP_SECONDS, configured.lease_seconds / 4)):
        try:
            publisher.appear(name, tier, timedelta(seconds=PRESENCE_SECONDS))
            claimable = sweep(database, configured.shard_specs)
            if claimable and publisher.waiting() == 0:
                publisher.wake(min(claimable, configured.concurrency))
        except Exception:  # noqa: BLE001  # a server that is away comes back
            _LOG.exception("a sweep failed; the next one follows")


def _check(configured: Settings) -> Sandbox:
    """The machine's sandbox, where the settings allow work, too."""
    open_judges(configured)
    check_policy(configured)
    check_probers(configured)
    return open_sandbox(configured.sandbox_tier)


app = create_app(Pipeline.open, _check)
