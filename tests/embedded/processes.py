"""Finds processes that belong to a folder, however they came to be there."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path


def processes_of(folder: Path) -> dict[int, str]:
    """Pid -> command line of every live process that names the folder, works in it, or has it as its home."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        if int(entry.name) == os.getpid():
            continue
        with suppress(OSError):
            words = (entry / "cmdline").read_bytes()
            traces = [words, (entry / "environ").read_bytes(), os.fsencode((entry / "cwd").readlink())]
            if words and any(os.fsencode(folder) in trace for trace in traces):
                found[int(entry.name)] = os.fsdecode(words.replace(b"\0", b" "))
    return found


def wait_until_gone(folder: Path, seconds: float = 30.0) -> dict[int, str]:
    """What is left of the folder's processes: empty as soon as nothing is, otherwise when the time is over."""
    deadline = time.monotonic() + seconds
    while (left := processes_of(folder)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left
