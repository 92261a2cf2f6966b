"""The Celery app around a worker or a trainer. Celery only wakes people up: work and leases are rows in PostgreSQL.

A message carries no data and has done its work when it arrives. How long a piece of work may take is nobody's business
but its lease's: the holder renews it while anything moves. What no message reminds anyone of - leases of processes that
died, work that nobody was told of - is looked for by a thread of the main process, again and again.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import Any, ClassVar, Generic, TypeVar

from celery import Celery, bootsteps
from celery.signals import worker_process_init, worker_process_shutdown

from propound.config import Settings, settings
from propound.errors import PropoundError
from propound.queue import Publisher, broker_url, servers
from propound.storage.session import Database
from propound.workforce.ending import end_with_parent

Place = TypeVar("Place")
"""Everything that a process works with."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rounds:
    """What a look after things needs, again and again, in the main process."""

    database: Database
    publisher: Publisher
    settings: Settings
    name: str
    """Of the main process, as others see it."""
    machine: Any
    """What the check before the start gave."""


@dataclass(frozen=True)
class Duty(Generic[Place]):
    """What one kind of process does when it is woken, and what is looked after around it."""

    name: str
    """For people: worker or trainer."""
    task: str
    """The task that wakes it."""
    queue: str
    processes: int
    check_machine: Callable[[Settings], object]
    """Called before any process is forked; a `PropoundError` or `ValueError` keeps everything from starting."""
    open: Callable[[Settings], Place]
    """Called once in each process, at its first task."""
    work: Callable[[Place, Callable[[], bool]], bool]
    """Claim one piece of work and do it, unless told to stop meanwhile; whether there was one."""
    wake: Callable[[Publisher], None]
    """Leave a message for whoever is free."""
    publisher: Callable[[Place], Publisher]
    close: Callable[[Place], None]
    """Let go of what does not end with the process."""
    look_around: Callable[[Rounds], int]
    """Say that this one is there, release what the dead held, end what is over; how many messages are missing."""
    seconds: float
    """Between two looks around; a quarter of the lease if that is shorter."""
    tasks_per_process: int | None = None
    """After so many a process is replaced; None: never."""


def create_app(duty: Duty[Place]) -> Celery:
    """The Celery app, for `celery -A MODULE worker`."""
    app = Celery(f"propound-{duty.name}", set_as_current=False)
    app.conf.update(_policy(settings(), duty))
    stopping = multiprocessing.get_context("fork").Event()

    place = _Once(lambda: duty.open(settings()))

    def run() -> None:
        """Do one piece of work, and leave a message for the next while there is work."""
        here = place.get()
        if duty.work(here, stopping.is_set) and not stopping.is_set():
            duty.wake(duty.publisher(here))

    app.task(run, name=duty.task, shared=False)  # of this app alone: another may have its own workplace

    def leave(**_: Any) -> None:
        for here in place.opened():
            duty.close(here)

    worker_process_shutdown.connect(leave, weak=False)

    class Caretaker(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
        """Of the main process: refuse, look around, and tell the processes to stop."""

        requires: ClassVar[set[str]] = {"celery.worker.components:Pool"}

        def __init__(self, parent: Any, **options: Any) -> None:
            """Before any process is forked."""
            super().__init__(parent, **options)
            try:
                servers(settings())
                self._machine = duty.check_machine(settings())
            except (PropoundError, ValueError) as error:
                sys.exit(f"The {duty.name} does not start: {error}")
            main = os.getpid()
            worker_process_init.connect(lambda **_: end_with_parent(main, leave), weak=False)

        def start(self, parent: Any) -> None:  # noqa: ARG002
            """Once the processes are there."""
            Thread(target=_look_around_forever, args=(duty, self._machine), name="rounds", daemon=True).start()

        def stop(self, parent: Any) -> None:  # noqa: ARG002
            """Have the processes give back what is in their hands, after the episode or step that they are at."""
            stopping.set()

    app.steps["worker"].add(Caretaker)
    return app


class _Once(Generic[Place]):
    """What a process works with, opened when it is first needed; whoever wants to close it waits until it is open."""

    def __init__(self, opening: Callable[[], Place]) -> None:
        self._opening = opening
        self._lock = Lock()
        self._opened: list[Place] = []

    def get(self) -> Place:
        with self._lock:
            self._opened = self._opened or [self._opening()]
            return self._opened[0]

    def opened(self) -> list[Place]:
        """It alone, or nothing where it was never needed."""
        with self._lock:
            return self._opened


def _policy(configured: Settings, duty: Duty[Any]) -> dict[str, Any]:
    return {
        "broker_url": broker_url(configured.redis_url) if configured.redis_url else None,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {"socket_keepalive": True},
        "task_default_queue": duty.queue,
        "task_serializer": "json",
        "accept_content": ["json"],
        "result_backend": None,
        "task_ignore_result": True,
        # Work may take hours, and the lease of its row looks after it: no time limit, no second delivery.
        "task_acks_late": False,
        "worker_prefetch_multiplier": 1,
        "worker_concurrency": duty.processes,
        "worker_max_tasks_per_child": duty.tasks_per_process,
        "worker_hijack_root_logger": True,
    }


def _look_around_forever(duty: Duty[Any], machine: object) -> None:
    """Wake somebody up whenever PostgreSQL holds work and Redis no message."""
    configured = settings()
    database_url, redis_url = servers(configured)
    name = f"{socket.gethostname()}:{os.getpid()}"
    database, publisher = Database(database_url, pool_size=0), Publisher(redis_url)
    rounds = Rounds(database, publisher, configured, name, machine)
    pause = Event()
    while True:
        try:
            missing = duty.look_around(rounds)
            if missing and publisher.waiting(duty.queue) == 0:
                for _ in range(min(missing, duty.processes)):
                    duty.wake(publisher)
        except Exception:  # noqa: BLE001  # a server that is away comes back
            _LOG.exception("a look around failed; the next one follows")
        pause.wait(min(duty.seconds, configured.lease_seconds / 4))
