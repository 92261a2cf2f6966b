"""Names of processes: nobody else's, and only the surely dead are called dead."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from propound.workforce.process_name import dead_among, is_surely_dead, process_name

TELL = "from propound.workforce.process_name import process_name; print(process_name(), flush=True); input()"


def test_a_process_is_dead_when_it_has_ended_and_not_before() -> None:
    command = [sys.executable, "-c", TELL]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        assert name.split(":")[:2] == [socket.gethostname(), str(process.pid)]
        assert not is_surely_dead(name)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody has noticed: a zombie
        assert is_surely_dead(name)
    assert is_surely_dead(name)
    mine = process_name()
    assert dead_among([f"{name}/1f", f"{mine}/2a", "fake/3", f"{name}/4b"]) == [f"{name}/1f", f"{name}/4b"]


def test_another_process_with_the_same_pid_is_another() -> None:
    host, pid, start = process_name().split(":")
    place, began = start.split("-")
    assert not is_surely_dead(f"{host}:{pid}:{place}-{began}")
    assert is_surely_dead(f"{host}:{pid}:{place}-{int(began) - 1}")


@pytest.mark.parametrize("change", ["host", "place", "none"])
def test_what_ran_elsewhere_is_never_called_dead(change: str) -> None:
    host, _, start = process_name().split(":")
    place, began = start.split("-")
    names = {
        "host": f"another-{host}:4194304:{start}",
        "place": f"{host}:4194304:{place[::-1]}x-{began}",
        "none": "w1",
    }
    assert is_surely_dead(f"{host}:4194304:{start}")  # beyond the largest pid of Linux
    assert not is_surely_dead(names[change])


@pytest.mark.parametrize("name", ["", ":", "::", "a:b:c-d", f"{socket.gethostname()}:1", "x:1:y-1:z", "h:-1:p-1"])
def test_nonsense_is_nobody(name: str) -> None:
    assert not is_surely_dead(name)


def test_a_process_of_another_user_lives() -> None:
    host, _, start = process_name().split(":")
    place = start.split("-")[0]
    began = int(Path("/proc/1/stat").read_text().rpartition(")")[2].split()[19])
    assert not is_surely_dead(f"{host}:1:{place}-{began}")
