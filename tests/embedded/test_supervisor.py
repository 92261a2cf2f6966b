"""What dies is started again, after longer and longer pauses; what cannot run is said clearly, and hinders nobody."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis

from propound.embedded.process import ProcessDiedError
from propound.embedded.servers import EmbeddedServers
from propound.embedded.supervisor import (
    FIRST_PAUSE_SECONDS,
    HOPELESS,
    LONGEST_PAUSE_SECONDS,
    STEADY_SECONDS,
    Supervisor,
)
from propound.embedded.unit import Unit, UnitProcess
from tests.embedded.processes import wait_until_gone


class Mortal:
    """Starts in no time; dies when the test says so."""

    def __init__(self, name: str, *, refuses: bool = False) -> None:
        self.name, self.refuses = name, refuses
        self.starts, self.alive = 0, True

    def start(self) -> None:
        self.starts += 1
        if self.refuses:
            raise OSError("no space left on device")
        self.alive = True

    def check(self) -> None:
        if not self.alive:
            raise ProcessDiedError(f"{self.name} was ended by SIGKILL")


class Desk:
    """A supervisor, the time that it believes in, and what it says."""

    def __init__(self, folder: Path) -> None:
        self.now = 0.0
        self.said: list[str] = []
        self.log = folder / "logs" / "up.log"
        self.supervisor = Supervisor(self.said.append, self.log, lambda: self.now)

    def pause_until_started(self, mortal: Mortal, step: float = FIRST_PAUSE_SECONDS / 2) -> float:
        """Look until it was started once more; how long that took."""
        began, starts = self.now, mortal.starts
        while mortal.starts == starts:
            self.now += step
            self.supervisor.look()
            assert self.now - began < 10 * LONGEST_PAUSE_SECONDS
        return self.now - began


def test_pauses_double_until_it_ran_for_a_while(tmp_path: Path) -> None:
    desk, mortal = Desk(tmp_path), Mortal("The worker")
    desk.supervisor.watch(mortal)
    pauses = []
    for _ in range(10):
        mortal.alive = False
        desk.supervisor.look()
        pauses.append(desk.pause_until_started(mortal))
    assert pauses == [min(FIRST_PAUSE_SECONDS * 2**n, LONGEST_PAUSE_SECONDS) for n in range(10)]
    desk.now += STEADY_SECONDS
    desk.supervisor.look()
    mortal.alive = False
    desk.supervisor.look()
    assert desk.pause_until_started(mortal) == FIRST_PAUSE_SECONDS


def test_what_cannot_run_is_said_clearly_and_the_rest_goes_on(tmp_path: Path) -> None:
    desk, broken, fine = Desk(tmp_path), Mortal("The model server", refuses=True), Mortal("The API")
    for each in (broken, fine):
        desk.supervisor.watch(each)
    broken.alive = False
    desk.supervisor.look()
    for _ in range(HOPELESS):
        desk.pause_until_started(broken)
    clear = [text for text in desk.said if "cannot be kept running" in text]
    assert len(clear) == 1
    assert f"The model server cannot be kept running: it ended {HOPELESS} times" in clear[0]
    assert "no space left on device" in clear[0]
    assert not [text for text in desk.said if "The API" in text]
    fine.alive = False
    desk.supervisor.look()
    desk.pause_until_started(fine)
    assert (fine.starts, desk.said[-1]) == (1, "The API is started again")
    written = desk.log.read_text()
    assert all(text in written for text in desk.said)


@given(st.lists(st.tuples(st.floats(0, 200), st.booleans()), max_size=30))
def test_never_two_at_once_and_never_given_up(
    tmp_path_factory: pytest.TempPathFactory, moments: list[tuple[float, bool]]
) -> None:
    desk, mortal = Desk(tmp_path_factory.mktemp("desk")), Mortal("It")
    desk.supervisor.watch(mortal)
    for seconds, dies in moments:
        desk.now += seconds
        before = mortal.starts
        mortal.alive = mortal.alive and not dies
        was_alive = mortal.alive
        desk.supervisor.look()
        assert mortal.starts == before or not was_alive
    desk.now += LONGEST_PAUSE_SECONDS
    desk.supervisor.look()
    desk.now += LONGEST_PAUSE_SECONDS
    desk.supervisor.look()
    assert mortal.alive


def unit(folder: Path, code: str) -> Unit:
    words = (sys.executable, "-c", code)
    return Unit("A server", words, dict(os.environ), folder, folder / "server.log", grace_seconds=30)


def test_a_real_process_is_started_again_without_what_is_left_of_it(tmp_path: Path) -> None:
    code = "import subprocess, time; subprocess.Popen(['sleep', '600']); open('ready', 'a').write('x'); time.sleep(600)"
    process = UnitProcess(unit(tmp_path, code))
    said: list[str] = []
    supervisor = Supervisor(said.append, tmp_path / "up.log")
    process.start()
    supervisor.watch(process)
    try:
        for times in range(1, 4):
            while not (tmp_path / "ready").exists() or len((tmp_path / "ready").read_text()) < times:
                supervisor.look()
                time.sleep(0.01)
            os.kill(_pid(process), signal.SIGKILL)
    finally:
        process.stop()
    assert [text for text in said if "was ended by SIGKILL" in text]
    assert not wait_until_gone(tmp_path)


def _pid(process: UnitProcess) -> int:
    assert process._process is not None
    assert process._process.pid is not None
    return process._process.pid


def test_servers_come_back_at_the_same_address_with_their_data(tmp_path: Path) -> None:
    with EmbeddedServers(tmp_path, durable=True) as servers:
        addresses = (servers.database_url, servers.redis_url)
        with psycopg.connect(servers.database_url) as connection:
            connection.execute("CREATE TABLE kept (value int)")
            connection.execute("INSERT INTO kept VALUES (8)")
        supervisor = Supervisor(lambda _: None, tmp_path / "up.log")
        for server in servers.each:
            supervisor.watch(server)
            process = server._process
            assert process is not None
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            while server._process is process:
                supervisor.look()
                time.sleep(0.01)
        while not _answer(servers):
            supervisor.look()
            time.sleep(0.01)
        assert (servers.database_url, servers.redis_url) == addresses
    assert not wait_until_gone(tmp_path)


def _answer(servers: EmbeddedServers) -> bool:
    try:
        with psycopg.connect(servers.database_url) as connection, Redis.from_url(servers.redis_url) as redis:
            row = connection.execute("SELECT value FROM kept").fetchone()
            return row == (8,) and bool(redis.ping())
    except (psycopg.Error, OSError):
        return False
