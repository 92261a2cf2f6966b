"""The embedded servers: real ones, in every odd place and after every bad end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from propound.embedded import EmbeddedServers
from propound.embedded.postgres import Postgres
from propound.embedded.servers import AlreadyRunningError, HomeError, database, running
from tests.embedded.processes import processes_of, wait_until_gone

OWNER = """
import sys, time
from pathlib import Path
from propound.embedded import EmbeddedServers
with EmbeddedServers(Path(sys.argv[1]), durable=False) as servers:
    print(servers.database_url, flush=True)
    time.sleep(600)
"""


def write(url: str, value: int) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (value int)")
        connection.execute("INSERT INTO kept VALUES (%s)", [value])


def read(url: str) -> list[int]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT value FROM kept ORDER BY 1")]


def test_serves_keeps_and_leaves_nothing_running(tmp_path: Path) -> None:
    with EmbeddedServers(tmp_path, durable=False) as servers:
        write(servers.database_url, 1)
        with Redis.from_url(servers.redis_url) as redis:
            assert redis.ping()
        assert processes_of(tmp_path)
    assert not wait_until_gone(tmp_path)
    with EmbeddedServers(tmp_path, durable=True) as servers:
        assert read(servers.database_url) == [1]
    with EmbeddedServers(tmp_path, durable=False, fresh=True) as servers, pytest.raises(psycopg.Error):
        read(servers.database_url)


def test_redis_wants_its_password(tmp_path: Path) -> None:
    with EmbeddedServers(tmp_path, durable=False) as servers:
        address = f"redis://{servers.redis_url.rpartition('@')[2]}"
        with Redis.from_url(address) as stranger, pytest.raises(AuthenticationError):
            stranger.ping()
        secret = servers.redis_url.partition(":")[2].strip("/:").partition("@")[0]
        assert not any(secret in command for command in processes_of(tmp_path).values())


def test_one_owner_at_a_time(tmp_path: Path) -> None:
    assert running(tmp_path) is None
    with EmbeddedServers(tmp_path, durable=False) as servers:
        with pytest.raises(AlreadyRunningError, match=rf"process {os.getpid()}"), EmbeddedServers(tmp_path):
            pass
        there = running(tmp_path)
        assert there is not None
        assert there.database_url == servers.database_url
        with database(tmp_path, None) as url:
            assert url == servers.database_url
        assert (tmp_path / "servers.json").stat().st_mode & 0o077 == 0
    assert running(tmp_path) is None


@pytest.mark.parametrize("name", ["x" * 120, "a b'c\"d%20e\\f Ünïcode"])
def test_any_folder_will_do(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "1")  # settings for other servers mean nothing here
    monkeypatch.setenv("PGDATA", "/nonexistent")
    with EmbeddedServers(tmp_path / name, durable=False) as servers:
        write(servers.database_url, 7)
        assert read(servers.database_url) == [7]


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeError, match="PROPOUND_HOME"), EmbeddedServers(tmp_path / "file" / "home"):
        pass


def test_recovers_after_its_owner_was_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OWNER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        write(owner.stdout.readline().strip(), 3)
        owner.send_signal(signal.SIGKILL)
    assert wait_until_gone(tmp_path) == {}
    with EmbeddedServers(tmp_path, durable=False) as servers:
        assert read(servers.database_url) == [3]
    assert not wait_until_gone(tmp_path)


def test_stops_a_server_that_outlived_its_owner(tmp_path: Path) -> None:
    lost = Postgres(tmp_path / "postgres", tmp_path / "log", durable=False)
    lost.start()
    found = Postgres(tmp_path / "postgres", tmp_path / "log", durable=False)
    try:
        found.start()
        write(found.url, 4)
        assert read(found.url) == [4]
    finally:
        found.stop()
        lost.stop()
    assert not wait_until_gone(tmp_path)


def test_stale_pid_of_another_process_is_no_obstacle(tmp_path: Path) -> None:
    with EmbeddedServers(tmp_path, durable=False) as servers:
        write(servers.database_url, 5)
    pid_file = tmp_path / "postgres" / "data" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{tmp_path}\n")
    with EmbeddedServers(tmp_path, durable=False) as servers:
        assert read(servers.database_url) == [5]


def test_half_made_database_is_made_again(tmp_path: Path) -> None:
    half = tmp_path / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with EmbeddedServers(tmp_path, durable=False) as servers:
        write(servers.database_url, 6)
        assert read(servers.database_url) == [6]
