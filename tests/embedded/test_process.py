"""Child processes: what they said, how they end, and that they never outlive their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from propound.embedded.process import Process, ProcessDiedError, StartTimeoutError, open_log
from tests.embedded.processes import wait_until_gone

PARENT = """
import os, signal, sys
from pathlib import Path
from propound.embedded.process import Process
folder, orphan_signal = Path(sys.argv[1]), signal.Signals[sys.argv[2]]
if orphan_signal is signal.SIGKILL:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # which the child inherits
child = Process("child", ["sleep", "600"], folder / "log", orphan_signal=orphan_signal, folder=folder)
child.start()
while not Path(f"/proc/{child.pid}/cmdline").read_bytes().startswith(b"sleep"):
    pass
os.kill(os.getpid(), 9)
"""


def python(code: str, log: Path) -> Process:
    return Process("A child", [sys.executable, "-c", code], log)


def test_death_is_told_with_the_end_of_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("an earlier run\n")
    process = python("import sys; print('about to \\x1b[31mfail'); sys.exit(3)", log)
    process.start()
    with pytest.raises(ProcessDiedError, match=r"exit code 3") as caught:
        process.wait_until(lambda: False, 30)
    assert "about to ?[31mfail" in str(caught.value)
    assert "earlier" not in str(caught.value)


def test_killed_process_is_named_by_its_signal(tmp_path: Path) -> None:
    process = python("import time; time.sleep(600)", tmp_path / "log")
    process.start()
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    with pytest.raises(ProcessDiedError, match="SIGKILL"):
        process.wait_until(lambda: False, 30)


def test_readiness_has_a_time_limit(tmp_path: Path) -> None:
    process = python("import time; time.sleep(600)", tmp_path / "log")
    process.start()
    with pytest.raises(StartTimeoutError):
        process.wait_until(lambda: False, 0.1)
    assert process.stop(30)
    assert not process.is_running


def test_deaf_process_and_its_children_are_killed(tmp_path: Path) -> None:
    code = (
        "import signal, subprocess, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"subprocess.Popen(['sleep', '600'], cwd={str(tmp_path)!r}); print('deaf', flush=True); time.sleep(600)"
    )
    process = python(code, tmp_path / "log")
    process.start()
    process.wait_until(lambda: b"deaf" in (tmp_path / "log").read_bytes(), 30)
    assert not process.stop(0.1)
    assert not wait_until_gone(tmp_path)


def test_stopping_what_never_started_is_harmless(tmp_path: Path) -> None:
    assert python("", tmp_path / "log").stop(1)


@pytest.mark.parametrize("orphan_signal", ["SIGTERM", "SIGKILL"])
def test_child_dies_with_its_parent_even_one_that_is_deaf(tmp_path: Path, orphan_signal: str) -> None:
    command = [sys.executable, "-c", PARENT, str(tmp_path), orphan_signal]
    parent = subprocess.run(command, capture_output=True, text=True, check=False)
    assert parent.returncode == -signal.SIGKILL
    assert wait_until_gone(tmp_path) == {}


def test_large_log_is_set_aside(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "a.log"
    assert open_log(log) == log
    log.write_text("x" * 100)
    assert not open_log(log, largest=50).exists()
    assert (tmp_path / "logs" / "a.log.1").read_text() == "x" * 100
