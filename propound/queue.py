"""Waking workers and streams up: names of tasks and channels, and publishing only after the commit.

A message carries no data and may get lost: PostgreSQL knows what is to be done, and workers look there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import cache, partial
from typing import TYPE_CHECKING

from pydantic import ValidationError
from sqlalchemy import event
from sqlalchemy.orm import Session

from propound.capabilities import Capabilities
from propound.config import Settings, settings
from propound.errors import PropoundError

if TYPE_CHECKING:
    from celery import Celery
    from redis import Redis

WORK = "propound.work"
"""Claim one shard of any job, work on it, settle."""

QUEUE = "propound"
"""The queue of generation workers; a Redis list of that name."""

TRAIN = "propound.train"
"""Claim one training run and work on it."""

TRAININGS = "trainings"
"""The queue of trainers."""

NEWS_CHANNEL = "propound.news"
"""Redis channel on which the id of a job or of a training run is published when something happened to it."""

WAKE_UPS = 4
"""Published for a new job: small machines start at once; the workers' sweep adds what is missing."""

_WORKER = "propound.worker."
"""Before a worker's name: a key in Redis that is gone unless the worker renews it."""

_TRAINER = "propound.trainer."
"""Before a trainer's name."""

_AFTER_COMMIT = "propound.queue.after_commit"
_TIMEOUT_SECONDS = 3.0
_LOG = logging.getLogger(__name__)


class SettingsMissingError(PropoundError):
    """The environment does not say where the servers are."""


def servers(configured: Settings) -> tuple[str, str]:
    """The URLs of PostgreSQL and Redis.

    Raises:
        SettingsMissingError: one is not set.
    """
    if not configured.database_url or not configured.redis_url:
        raise SettingsMissingError(
            "workers and trainers need PROPOUND_DATABASE_URL and PROPOUND_REDIS_URL; `propound up` sets them by itself"
        )
    return configured.database_url, configured.redis_url


class Publisher:
    """Publishes to one Redis. A failure is logged, never raised: the workers' sweep makes up for it."""

    def __init__(self, redis_url: str) -> None:
        self._redis_url = redis_url
        self._celery: Celery | None = None
        self._redis: Redis | None = None

    def wake(self, number: int = 1) -> None:
        """Publish `number` messages of the task `WORK`."""
        self._send(WORK, QUEUE, number)

    def wake_trainer(self) -> None:
        """Publish a message of the task `TRAIN`."""
        self._send(TRAIN, TRAININGS, 1)

    def _send(self, task: str, queue: str, number: int) -> None:
        try:
            for _ in range(number):
                self._app().send_task(task, queue=queue, ignore_result=True, retry=False)
        except Exception as error:  # noqa: BLE001  # kombu raises whatever its transport does
            _LOG.warning("a wake-up was not published: %s", error)

    def announce(self, of: str) -> None:
        """Tell streams that the job or run of that id has news."""
        from redis import RedisError

        try:
            self._client().publish(NEWS_CHANNEL, of)
        except RedisError as error:
            _LOG.warning("news of %s was not published: %s", of, error)

    def waiting(self, queue: str = QUEUE) -> int:
        """Messages of a queue that no worker has taken yet.

        Raises:
            redis.RedisError: Redis cannot be reached.
        """
        waiting: int = self._client().llen(queue)
        return waiting

    def appear(self, worker: str, can: Capabilities, lasting: timedelta) -> None:
        """Say that ``worker`` is there for so long, and what it can serve.

        Raises:
            redis.RedisError: Redis cannot be reached.
        """
        self._client().set(_WORKER + worker, can.model_dump_json(), px=lasting)

    def appear_as_trainer(self, trainer: str, lasting: timedelta) -> None:
        """Say that ``trainer`` is there for so long.

        Raises:
            redis.RedisError: Redis cannot be reached.
        """
        self._client().set(_TRAINER + trainer, "", px=lasting)

    def workers(self) -> dict[str, Capabilities]:
        """The workers that are there, each with what it can serve; nothing of one whose version says it otherwise.

        Raises:
            redis.RedisError: Redis cannot be reached.
        """
        return {name: _capabilities(said) for name, said in self._present(_WORKER).items()}

    def trainers(self) -> list[str]:
        """The trainers that are there.

        Raises:
            redis.RedisError: Redis cannot be reached.
        """
        return list(self._present(_TRAINER))

    def _present(self, prefix: str) -> dict[str, str]:
        keys: list[bytes] = sorted(self._client().scan_iter(f"{prefix}*", count=1000))
        values: list[bytes | None] = self._client().mget(keys) if keys else []  # type: ignore[assignment]
        found = zip(keys, values, strict=True)
        return {
            key.decode().removeprefix(prefix): value.decode() for key, value in found if value is not None
        }

    def ping(self) -> None:
        """One round trip.

        Raises:
            redis.RedisError: Redis cannot be reached.
        """
        self._client().ping()

    def close(self) -> None:
        """Close the connections."""
        if self._celery is not None:
            self._celery.close()
        if self._redis is not None:
            self._redis.close()

    def _app(self) -> Celery:
        if self._celery is None:
            from celery import Celery

            self._celery = Celery(broker=broker_url(self._redis_url), set_as_current=False)
            patience = {"socket_timeout": _TIMEOUT_SECONDS, "socket_connect_timeout": _TIMEOUT_SECONDS}
            patience |= {"max_retries": 1, "interval_start": 0, "interval_step": 0}
            self._celery.conf.update(
                task_default_queue=QUEUE, broker_transport_options=patience, broker_connection_retry=False
            )
        return self._celery

    def _client(self) -> Redis:
        if self._redis is None:
            from redis import Redis

            self._redis = Redis.from_url(
                self._redis_url, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS
            )
        return self._redis


def _capabilities(said: str) -> Capabilities:
    try:
        return Capabilities.model_validate_json(said)
    except ValidationError:
        return Capabilities(modes=())


@cache
def default_publisher() -> Publisher | None:
    """The publisher of this process, to the Redis of its settings; None where they name none."""
    url = settings().redis_url
    return None if url is None else Publisher(url)


def wake_workers_after_commit(session: Session, publisher: Publisher | None = None) -> None:
    """Wake workers up once the session's transaction is committed; not at all if it is rolled back."""
    publisher = publisher or default_publisher()
    if publisher is not None:
        _after_commit(session, partial(publisher.wake, WAKE_UPS))


def wake_trainer_after_commit(session: Session, publisher: Publisher) -> None:
    """Wake a trainer up once the session's transaction is committed."""
    _after_commit(session, publisher.wake_trainer)


def announce_after_commit(session: Session, of: str, publisher: Publisher | None = None) -> None:
    """Tell streams of news of the job or run of that id once the session's transaction is committed."""
    publisher = publisher or default_publisher()
    if publisher is not None:
        _after_commit(session, partial(publisher.announce, of))


def _after_commit(session: Session, action: Callable[[], None]) -> None:
    if _AFTER_COMMIT not in session.info:
        event.listen(session, "after_commit", _run_actions)
        event.listen(session, "after_rollback", _drop_actions)
    session.info.setdefault(_AFTER_COMMIT, []).append(action)


def _run_actions(session: Session) -> None:
    if session.in_nested_transaction():
        return
    actions: list[Callable[[], None]] = session.info.get(_AFTER_COMMIT, [])
    session.info[_AFTER_COMMIT] = []
    for action in actions:
        action()


def _drop_actions(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info[_AFTER_COMMIT] = []


def broker_url(redis_url: str) -> str:
    """The URL in Celery's notation; they differ for Unix sockets only."""
    if not redis_url.startswith("unix://"):
        return redis_url
    return redis_url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=", 1)
