"""The Celery policy of trainers, all of it. Celery only wakes people up: runs and their leases are rows in PostgreSQL.

Started as `celery -A trainer.app worker`: one process that trains, and one beside it that looks after what nobody was
told of - runs that lost their trainer, and schedules.
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
from importlib.util import find_spec
from threading import Event, Thread
from typing import Any, ClassVar

from celery import Celery, bootsteps

from propound.config import Settings, settings
from propound.policy.checkpoint import CheckpointError
from propound.policy.store import CheckpointStore
from propound.queue import (
    TRAININGS,
    Publisher,
    SettingsMissingError,
    announce_after_commit,
    broker_url,
    servers,
)
from propound.sandbox import SandboxUnavailable, open_sandbox
from propound.storage import checkpoints, schedules, trainings
from propound.storage.session import Database
from trainer.run import Workplace
from trainer.tasks import OpenWorkplace, open_workplace, register

SWEEP_SECONDS = 5.0
"""Between two looks for work that no message announces; a quarter of the lease if that is shorter."""

PRESENCE_SECONDS = 30.0
"""A trainer that has not swept for so long is not there."""

_LOG = logging.getLogger(__name__)


class TrainerMissingError(Exception):
    """What training needs is not installed."""


def create_app(opened: OpenWorkplace, check_machine: Callable[[Settings], object]) -> Celery:
    """The Celery app around a workplace.

    Args:
        opened: called in each process of the trainer, at its first task.
        check_machine: called before the trainer starts; what it raises keeps it from starting.
    """
    app = Celery("propound-trainer", set_as_current=False)
    app.conf.update(_policy(settings()))
    stopping = multiprocessing.get_context("fork").Event()

    @cache
    def workplace() -> Workplace:
        return opened(settings())

    register(app, workplace, stopping.is_set)

    class Caretaker(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
        """Of the main process: refuse, sweep, and tell the process that trains to stop."""

        requires: ClassVar[set[str]] = {"celery.worker.components:Pool"}

        def __init__(self, parent: Any, **options: Any) -> None:
            """Before any process is forked."""
            super().__init__(parent, **options)
            try:
                servers(settings())
                check_machine(settings())
            except (SettingsMissingError, SandboxUnavailable, TrainerMissingError, ValueError) as error:
                sys.exit(f"The trainer does not start: {error}")

        def start(self, parent: Any) -> None:  # noqa: ARG002
            """Once the process is there."""
            Thread(target=_sweep_forever, args=(settings(),), name="sweep", daemon=True).start()

        def stop(self, parent: Any) -> None:  # noqa: ARG002
            """Have the run given back after the step in hand."""
            stopping.set()

    app.steps["worker"].add(Caretaker)
    return app


def _policy(configured: Settings) -> dict[str, Any]:
    return {
        "broker_url": broker_url(configured.redis_url) if configured.redis_url else None,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {"socket_keepalive": True},
        "task_default_queue": TRAININGS,
        "task_serializer": "json",
        "accept_content": ["json"],
        "result_backend": None,
        "task_ignore_result": True,
        # A run takes hours, and the lease of its row looks after it: the message has done its work when it arrives.
        "task_acks_late": False,
        "worker_prefetch_multiplier": 1,
        "worker_concurrency": 1,
        "worker_max_tasks_per_child": 1,
        "worker_hijack_root_logger": True,
    }


def _sweep_forever(configured: Settings) -> None:
    """Wake the trainer up whenever PostgreSQL holds a run to do and Redis no message."""
    database_url, redis_url = servers(configured)
    database, publisher = Database(database_url, pool_size=0), Publisher(redis_url)
    default = _default_version(configured)
    pause = Event()
    name = f"{socket.gethostname()}:{os.getpid()}"
    while not pause.wait(min(SWEEP_SECONDS, configured.lease_seconds / 4)):
        try:
            publisher.appear_as_trainer(name, timedelta(seconds=PRESENCE_SECONDS))
            if sweep(database, publisher, default) and publisher.waiting(TRAININGS) == 0:
                publisher.wake_trainer()
        except Exception:  # noqa: BLE001  # a server that is away comes back
            _LOG.exception("a sweep failed; the next one follows")


def sweep(database: Database, publisher: Publisher, default: str | None) -> int:
    """End what lost its trainer, begin what is due, and tell how many runs could be claimed now.

    `default` is the version of the bundled checkpoint, live while nothing is promoted.
    """
    with database.begin() as session:
        changed = trainings.end_lost(session)
        live = checkpoints.live_version(session) or default
        changed += [run.id for run in schedules.begin_due(session, [live] if live else [])]
        for training_id in changed:
            announce_after_commit(session, training_id, publisher)
        return trainings.waiting(session)


def _default_version(configured: Settings) -> str | None:
    try:
        return CheckpointStore.of(configured).find(None).version
    except CheckpointError:
        return None


def _check(configured: Settings) -> None:
    """What the real trainer needs: PyTorch, and a sandbox."""
    if find_spec("torch") is None:
        raise TrainerMissingError("PyTorch is not installed: pip install 'propound[train]'")
    open_sandbox(configured.sandbox_tier)


app = create_app(open_workplace, _check)
