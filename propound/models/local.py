"""Where the server of a model that this machine runs itself is found: one for all processes, kept running by them.

The server holds a lock for as long as it lives, and writes its address and a key into a file that only its owner
reads. Whoever needs the model looks there; whoever finds the lock free starts the server. It ends with the process
that started it, and another one that needs it then starts it again.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import httpx
from pydantic import SecretStr

from propound.models.catalogue import Model
from propound.models.errors import ModelDownError
from propound.record import digest

START_SECONDS = 900.0
"""Loading a large model takes minutes."""
LOOK_SECONDS = 2.0
"""Between two looks whether the server is there."""
LONGEST_PAUSE_SECONDS = 60.0
"""Before a server is started again that ended soon after its start; each pause is twice as long as the one before."""
MODULE = "propound.serving"


@dataclass(frozen=True)
class Address:
    """Of a running server."""

    url: str
    """As `http://127.0.0.1:40213/v1`."""
    key: str = field(repr=False)

    @property
    def secret(self) -> SecretStr:
        """The key as a model has it."""
        return SecretStr(self.key)

    @property
    def port(self) -> int:
        """The port in the URL."""
        return httpx.URL(self.url).port or 0

    def answers(self, served: str) -> bool:
        """Whether the model of that name is served there now."""
        try:
            found = httpx.get(
                f"{self.url}/models",
                headers={"authorization": f"Bearer {self.key}"},
                timeout=10.0,
                trust_env=False,
            ).json()
            return any(each.get("id") == served for each in found["data"])
        except (httpx.HTTPError, ValueError, LookupError, TypeError, AttributeError):
            return False


class Station:
    """The place of one model's server on this machine."""

    def __init__(self, model: Model, home: Path) -> None:
        """`model` has a folder or a hub name; files go into `home`."""
        self.model = model
        self.definition = model.model_dump_json(include={"name", "served", "folder", "hub"})
        word = "".join(sign if sign.isalnum() or sign in "._-" else "-" for sign in model.name)
        folder = home.expanduser().absolute()
        stem = folder / "models" / f"{word[:60]}-{digest(self.definition)[:8]}"
        self.log = folder / "logs" / f"{stem.name}.log"
        self._lock, self._address = stem.with_name(f"{stem.name}.lock"), stem.with_name(f"{stem.name}.json")

    def take(self, *, patiently: bool) -> IO[str] | None:
        """Become the server for as long as the file is open; None where another one is, and is not waited for."""
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        file = self._lock.open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if patiently else fcntl.LOCK_NB))
        except BlockingIOError:
            file.close()
            return None
        return file

    def is_taken(self) -> bool:
        """Whether a server runs, or is being loaded."""
        with suppress(FileNotFoundError), self._lock.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def publish(self, address: Address) -> None:
        """Say where the server is, to its owner's processes alone."""
        aside = self._address.with_name(f".{self._address.name}.{os.getpid()}")
        with suppress(FileNotFoundError):
            aside.unlink()
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({"url": address.url, "key": address.key}, file)
        aside.replace(self._address)

    def address(self) -> Address | None:
        """Where the server is, or was last."""
        try:
            found = json.loads(self._address.read_text())
            return Address(str(found["url"]), str(found["key"]))
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def answers(self) -> bool:
        """Whether it can be asked now."""
        address = self.address()
        return address is not None and address.answers(self.model.served)

    def command(self) -> list[str]:
        """What runs the server; it waits while another one does."""
        return [sys.executable, "-P", "-m", MODULE, self.definition]

    def tail(self) -> str:
        """The end of the server's log."""
        with suppress(OSError):
            lines = self.log.read_text(errors="replace").splitlines()[-8:]
            return "\n".join("".join(sign if sign.isprintable() else "?" for sign in line)[:300] for line in lines)
        return "(it wrote nothing)"


class Keeper:
    """Keeps the server of one model there for as long as this process needs it."""

    def __init__(self, station: Station) -> None:
        self.station = station
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = threading.Event()
        self._deaths = 0
        self._thread = threading.Thread(target=self._keep, name=f"keeper of {station.model.name}", daemon=True)
        self._thread.start()

    def wait(self, seconds: float = START_SECONDS) -> Address:
        """Where the server is, once it answers.

        Raises:
            ModelDownError: it ended three times in a row, or does not answer in time; says what it wrote last.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.station.answers() and (address := self.station.address()):
                return address
            if self._deaths >= 3:
                break
            self._ended.wait(0.2)
        name = self.station.model.name
        raise ModelDownError(
            f"the server of model {name!r} does not start; the end of {self.station.log}:\n{self.station.tail()}"
        )

    def close(self) -> None:
        """Let go of the server, and end it if it is this process's own."""
        self._ended.set()
        self._thread.join()

    def _keep(self) -> None:
        """In a thread that lives as long as the server does: the kernel ends a child with its parent's thread."""
        pause = LOOK_SECONDS / 2
        while not self._ended.is_set():
            if self._process is not None and self._process.poll() is not None:
                self._process, self._deaths = None, self._deaths + 1
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
                self._ended.wait(pause)
            elif self._process is None and not self.station.is_taken():
                self._process = self._start()
            else:
                if self._deaths and self.station.answers():
                    self._deaths, pause = 0, LOOK_SECONDS / 2
                self._ended.wait(LOOK_SECONDS if self._process is None else 0.2)
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        log = self.station.log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            return subprocess.Popen(
                [*self.station.command(), "--parent", str(os.getpid())],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment(os.environ, log.parent.parent),
                start_new_session=True,
            )


def environment(given: Mapping[str, str], home: Path) -> dict[str, str]:
    """What the server's process is given."""
    return {**given, "PROPOUND_HOME": str(home), "PYTHONUNBUFFERED": "1"}
