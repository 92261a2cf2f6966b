"""The whole of Propound on one machine: servers, schema, API, worker, trainer, as processes that end together."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from propound.embedded.credentials import save_credentials
from propound.embedded.interruption import Interruption
from propound.embedded.process import Process, open_log
from propound.embedded.servers import EmbeddedServers
from propound.errors import PropoundError

API_START_SECONDS = 60.0
TRAINER = ["celery", "-A", "trainer.app", "worker", "--hostname", "trainer@%h"]
"""With a name of its own among the broker's workers."""


class AddressInUseError(PropoundError):
    """The API cannot listen where it should."""


@dataclass(frozen=True)
class Plan:
    """How to run the system.

    A URL that is given names a server that runs elsewhere; it is used and never started or stopped.
    """

    home: Path
    host: str
    port: int
    concurrency: int
    database_url: str | None = None
    redis_url: str | None = None
    trainer: bool = False
    """Whether to train here, too."""
    durable: bool = True
    """Whether accepted work must survive a power cut."""
    fresh: bool = False
    """Begin with an empty database."""
    grace_seconds: float = 20.0
    """How long a worker may go on with the shard in its hands; what is cut short is done again, later."""


class System:
    """Servers, API, worker and trainer. `running` is the way to have one."""

    def __init__(self, plan: Plan, report: Callable[[str], None]) -> None:
        self.plan = plan
        self.home = plan.home.expanduser().absolute()
        self.url = f"http://{_reachable(plan.host)}:{plan.port}"
        self.first_key: str | None = None
        """The secret of the first admin key, when this start made it."""
        self._report = report
        self._servers: EmbeddedServers | None = None
        self._api: Process | None = None
        self._worker: Process | None = None
        self._trainer: Process | None = None

    def start(self) -> None:
        """Start everything, in order; returns when the API is ready.

        Raises:
            PropoundError: a part cannot start; the message holds the end of its log.
        """
        refuse_taken(self.plan.host, self.plan.port)
        database_url, redis_url = self._start_servers()
        self._report("Migrating the database")
        prepare_database(database_url, self._keep)
        environment = {
            **os.environ,
            "PROPOUND_DATABASE_URL": database_url,
            "PROPOUND_REDIS_URL": redis_url,
            "PROPOUND_HOME": str(self.home),
            "PROPOUND_HOST": self.plan.host,
            "PROPOUND_PORT": str(self.plan.port),
            "PROPOUND_CONCURRENCY": str(self.plan.concurrency),
        }
        self._report(f"Starting the API at {self.url} and a worker with {self.plan.concurrency} processes")
        self._api = self._launch(
            "The API",
            "api.log",
            [
                *("uvicorn", "service.app:app", "--host", self.plan.host, "--port", str(self.plan.port)),
                *("--timeout-graceful-shutdown", "3", "--no-access-log"),
            ],
            environment,
        )
        self._worker = self._launch(
            "The worker",
            "worker.log",
            ["celery", "-A", "worker.app", "worker", "--concurrency", str(self.plan.concurrency)],
            environment,
            signal.SIGKILL,  # asked politely, it would go on until the episodes in its hands end
        )
        if self.plan.trainer:
            self._trainer = self._launch("The trainer", "trainer.log", TRAINER, environment)
        self._api.wait_until(self._is_ready, API_START_SECONDS)

    def check(self) -> None:
        """Nothing while everything runs.

        Raises:
            ProcessDiedError: a part has ended; the message holds the end of its log.
        """
        if self._servers is not None:
            self._servers.check()
        for process in (self._api, self._worker, self._trainer):
            if process is not None:
                process.check()

    def worker_tail(self) -> str:
        """The last lines of the worker's log."""
        return "" if self._worker is None else self._worker.tail()

    def stop(self) -> None:
        """Stop everything that was started, the servers last; harmless when called twice."""
        with Interruption.deferred():
            for process in (self._trainer, self._worker, self._api):
                if process is not None:
                    process.signal_stop()
            for process in (self._trainer, self._worker, self._api):
                if process is not None:
                    process.stop(self.plan.grace_seconds)
            self._trainer = self._worker = self._api = None
            if self._servers is not None:
                self._servers.stop()

    def _keep(self, first_key: str) -> None:
        self.first_key = first_key
        save_credentials(self.home, self.url, first_key)

    def _start_servers(self) -> tuple[str, str]:
        plan = self.plan
        if plan.database_url and plan.redis_url:
            self.home.mkdir(parents=True, exist_ok=True)
            return plan.database_url, plan.redis_url
        self._report(f"Starting PostgreSQL and Redis in {self.home}")
        self._servers = EmbeddedServers(self.home, durable=plan.durable, fresh=plan.fresh)
        self._servers.start()
        return plan.database_url or self._servers.database_url, plan.redis_url or self._servers.redis_url

    def _launch(
        self,
        name: str,
        log: str,
        words: list[str],
        environment: dict[str, str],
        orphan_signal: signal.Signals | None = None,
    ) -> Process:
        """A Python module as a process; it runs in the data folder, so that no folder of the user shadows ours."""
        command = [sys.executable, "-P", "-m", *words]
        path = open_log(self.home / "logs" / log)
        process = Process(
            name, command, path, environment=environment, orphan_signal=orphan_signal, folder=self.home
        )
        process.start()
        return process

    def _is_ready(self) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/readyz", timeout=10.0, trust_env=False).status_code == httpx.codes.OK
        return False


@contextmanager
def running(plan: Plan, report: Callable[[str], None]) -> Iterator[System]:
    """A system that runs for this block, and is stopped whatever ends it: an error, Ctrl-C or SIGTERM.

    Raises:
        Interrupted: when a signal ended it; everything is stopped by then.
    """
    system = System(plan, report)
    with Interruption():
        try:
            try:
                system.start()
                yield system
            finally:
                system.stop()
        finally:
            system.stop()  # a signal may have come before the first one began


def prepare_database(url: str, keep: Callable[[str], None]) -> None:
    """Bring the schema up to date.

    Where there is no key yet, the first admin key is made; `keep` is given its secret before it counts, so
    that no key exists that nobody knows.
    """
    from propound.storage.keys import ensure_first_key
    from propound.storage.migrate import upgrade
    from propound.storage.session import Database

    upgrade(url)
    database = Database(url, pool_size=0)
    try:
        with database.begin() as session:
            secret = ensure_first_key(session)
            if secret is not None:
                keep(secret)
    finally:
        database.close()


def refuse_taken(host: str, port: int) -> None:
    """Nothing, when the address is free.

    Raises:
        AddressInUseError: it is not; the message says what to change.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise AddressInUseError(
            f"the API cannot listen at {host}:{port} ({error.strerror}); PROPOUND_HOST and PROPOUND_PORT name "
            "another address"
        ) from None


def _reachable(host: str) -> str:
    """The name by which this machine reaches a server that listens on `host`."""
    named = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104  # reads it, does not bind
    return f"[{named}]" if ":" in named and not named.startswith("[") else named
