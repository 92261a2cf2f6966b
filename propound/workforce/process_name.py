"""The name under which a process claims work, and whether that process is surely gone: for releasing its leases.

A name is `host:pid:start`. A pid is used again and two containers may have the same host name, so `start` says when
the process began and on which running kernel, in which namespace of pids; nothing else ever has the same.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path

_PROC = Path("/proc")


def process_name() -> str:
    """The name of this process; ask after a fork, not before."""
    pid = os.getpid()
    began = _began(pid)
    if _place() is None or began is None:
        return f"{socket.gethostname()}:{pid}:{secrets.token_hex(8)}"
    return f"{socket.gethostname()}:{pid}:{_place()}-{began}"


def is_surely_dead(name: str) -> bool:
    """Whether the process of that name ran on this machine and has ended.

    False where it is alive, where it ran elsewhere, and wherever this cannot be told (only Linux tells).
    """
    host, _, rest = name.rpartition(":")[0].rpartition(":")
    place, _, began = name.rpartition(":")[2].partition("-")
    if host != socket.gethostname() or place != _place() or not rest.isdecimal() or not began.isdecimal():
        return False
    pid = int(rest)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        pass  # it is another user's, or no pid at all
    now = _began(pid)
    return now is not None and (now != int(began) or _is_zombie(pid))


def dead_among(holders: Iterable[str]) -> list[str]:
    """Those holders of leases (a process's name, a slash, a random part) whose process is surely dead."""
    return [holder for holder in holders if is_surely_dead(holder.rpartition("/")[0])]


@cache
def _place() -> str | None:
    """This run of the kernel and this namespace of pids; None where the system does not tell."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        namespace = str((_PROC / "self/ns/pid").readlink())
    except OSError:
        return None
    clock = ""
    with suppress(OSError):  # a namespace of clocks, which older kernels lack, shifts what `_began` reads
        clock = str((_PROC / "self/ns/time").readlink())
    return hashlib.sha256(f"{boot} {namespace} {clock}".encode()).hexdigest()[:12]


def _began(pid: int) -> int | None:
    """When the process began, in clock ticks since the kernel did; None where that cannot be read."""
    fields = _status(pid)
    return int(fields[19]) if len(fields) > 19 else None


def _is_zombie(pid: int) -> bool:
    """Whether it has ended, with all of its threads, and only waits for its parent to notice."""
    fields = _status(pid)
    return bool(fields) and fields[0] in ("Z", "X") and _threads(pid) <= 1


def _threads(pid: int) -> int:
    with suppress(OSError):
        return sum(1 for _ in (_PROC / str(pid) / "task").iterdir())
    return 0


def _status(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the command's name, which may hold anything."""
    with suppress(OSError):
        return (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    return []
