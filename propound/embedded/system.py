"""The whole of Propound on one machine: servers, schema, API, worker, trainer, kept running and ended together."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from propound.embedded.credentials import save_credentials
from propound.embedded.interruption import Interruption
from propound.embedded.servers import EmbeddedServers
from propound.embedded.supervisor import Supervisor
from propound.embedded.unit import Unit, UnitProcess
from propound.errors import PropoundError
from propound.models.catalogue import Model
from propound.models.local import Station

WORKER = "The worker"
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
    catalogue: Path | None = None
    """The file of PROPOUND_MODELS."""
    models: tuple[Model, ...] = ()
    """Models that this machine runs itself: each has a server, which loads it while everything else begins."""
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
        self._units: list[UnitProcess] = []
        self._supervisor = Supervisor(report, self.home / "logs" / "up.log")

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
        if self.plan.catalogue is not None:  # the processes run in another folder
            environment["PROPOUND_MODELS"] = str(self.plan.catalogue.expanduser().absolute())
        self._report(f"Starting the API at {self.url} and a worker with {self.plan.concurrency} processes")
        for unit in self._own_units(environment):
            self.add(unit)
        for started in self._units:
            started.wait()

    def add(self, unit: Unit) -> None:
        """Start one more process, which is looked after and ends with the others."""
        process = UnitProcess(unit)
        self._units.append(process)
        process.start()
        self._supervisor.watch(process)

    def supervise(self) -> None:
        """Start again what has died; call it twice a second or so."""
        self._supervisor.look()

    def check(self) -> None:
        """Nothing while everything runs.

        Raises:
            ProcessDiedError: a part has ended; the message holds the end of its log.
        """
        if self._servers is not None:
            self._servers.check()
        for unit in self._units:
            unit.check()

    def worker_tail(self) -> str:
        """The last lines of the worker's log."""
        return "".join(each.tail() for each in self._units if each.name == WORKER)

    def stop(self) -> None:
        """Stop everything that was started, the servers last; harmless when called twice."""
        with Interruption.deferred():
            for unit in reversed(self._units):
                unit.signal_stop()
            for unit in reversed(self._units):
                unit.stop()
            self._units.clear()
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
        for server in self._servers.each:
            self._supervisor.watch(server)
        return plan.database_url or self._servers.database_url, plan.redis_url or self._servers.redis_url

    def _own_units(self, environment: dict[str, str]) -> list[Unit]:
        """The API, the worker and, where it is wanted, the trainer."""

        def module(name: str, log: str, *words: str) -> Unit:
            """In the data folder, so that no folder of the user shadows ours."""
            return Unit(
                name=name,
                argv=(sys.executable, "-P", "-m", *words),
                environment=environment,
                folder=self.home,
                log=self.home / "logs" / log,
                grace_seconds=self.plan.grace_seconds,
            )

        address = ("--host", self.plan.host, "--port", str(self.plan.port))
        quietly = ("--timeout-graceful-shutdown", "3", "--no-access-log")
        celery = ("celery", "-A", "worker.app", "worker", "--concurrency", str(self.plan.concurrency))
        api = module("The API", "api.log", "uvicorn", "service.app:app", *address, *quietly)
        worker = module(WORKER, "worker.log", *celery)
        trainer = module("The trainer", "trainer.log", *TRAINER)
        stations = [Station(model, self.home) for model in self.plan.models]
        return [
            *(self._model_server(station, environment) for station in stations),
            replace(api, is_ready=self._is_ready),
            # Asked politely, an orphan would go on until the episodes in its hands end.
            replace(worker, orphan_signal=signal.SIGKILL),
            *([trainer] if self.plan.trainer else []),
        ]

    def _model_server(self, station: Station, environment: dict[str, str]) -> Unit:
        """Of a model that this machine runs; where another process serves it, it waits and takes its place."""
        return Unit(
            name=f"The server of model {station.model.name}",
            argv=tuple(station.command()),
            environment=environment,
            folder=self.home,
            log=station.log,
            grace_seconds=self.plan.grace_seconds,
        )

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
