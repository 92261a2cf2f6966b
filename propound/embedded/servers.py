"""PostgreSQL and Redis together, in one folder, for one owner at a time."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from propound.embedded.postgres import Postgres
from propound.embedded.redis import Redis
from propound.errors import PropoundError


class AlreadyRunningError(PropoundError):
    """Another process runs servers in this folder."""


class HomeError(PropoundError):
    """The data folder cannot be used."""


@dataclass(frozen=True)
class Addresses:
    """Where the servers of a folder are, for another process of the same user."""

    pid: int
    database_url: str
    redis_url: str


class EmbeddedServers:
    """A PostgreSQL and a Redis that live as long as this context; their data and logs lie in `home`.

    Args:
        home: made if it is missing.
        durable: whether accepted work must survive a power cut; tests and the demo do without and are faster.
        fresh: begin with an empty database.
    """

    def __init__(self, home: Path, *, durable: bool = True, fresh: bool = False) -> None:
        self.home = home.expanduser().absolute()
        self._fresh = fresh
        logs = self.home / "logs"
        self._postgres = Postgres(self.home / "postgres", logs / "postgres.log", durable=durable)
        self._redis = Redis(self.home / "redis", logs / "redis.log")
        self._lock: IO[str] | None = None

    @property
    def database_url(self) -> str:
        """Address of the database, `postgresql://...`."""
        return self._postgres.url

    @property
    def redis_url(self) -> str:
        """Address of the Redis server, `redis://...`."""
        return self._redis.url

    @property
    def each(self) -> tuple[Postgres, Redis]:
        """The two, for whoever starts one again when it has died."""
        return self._postgres, self._redis

    def start(self) -> None:
        """Take the folder and start both.

        Raises:
            HomeError: the folder cannot be written.
            AlreadyRunningError: another process has it.
            PropoundError: a server does not start; the message holds the end of its log.
        """
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            (self.home / "logs").mkdir(exist_ok=True)
            self._take()
        except OSError as error:
            raise HomeError(
                f"the data folder {self.home} cannot be used ({error.strerror}); "
                "PROPOUND_HOME names another one"
            ) from error
        if self._fresh:
            self._postgres.erase()
        self._postgres.start()
        self._redis.start()
        addresses = Addresses(os.getpid(), self.database_url, self.redis_url)
        write_private(self.home / "servers.json", json.dumps(asdict(addresses)) + "\n")

    def check(self) -> None:
        """Nothing while both run.

        Raises:
            ProcessDiedError: one has ended.
        """
        self._postgres.check()
        self._redis.check()

    def stop(self) -> None:
        """Stop both and give the folder free; harmless when called twice."""
        if self._lock is None:
            return
        (self.home / "servers.json").unlink(missing_ok=True)
        self._redis.stop()
        self._postgres.stop()
        self._lock.close()
        self._lock = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _take(self) -> None:
        lock = (self.home / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            owner = lock.read(20).strip()
            lock.close()
            raise AlreadyRunningError(
                f"Propound already runs in {self.home}" + (f" (process {owner})" if owner else "")
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock


def running(home: Path) -> Addresses | None:
    """The servers that another process runs in this folder now, or None."""
    home = home.expanduser().absolute()
    with suppress(OSError, ValueError, TypeError), (home / "lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return Addresses(**json.loads((home / "servers.json").read_text()))
    return None


@contextmanager
def database(home: Path, url: str | None) -> Iterator[str]:
    """The database's address: as given, of servers that run in `home` now, or of ones started for this block."""
    if url:
        yield url
    elif there := running(home):
        yield there.database_url
    else:
        with EmbeddedServers(home) as started:
            yield started.database_url


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, in one step."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with suppress(FileNotFoundError):
        aside.unlink()
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    aside.replace(path)
