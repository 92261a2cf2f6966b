"""The users that programs run as when the service runs as root."""

from __future__ import annotations

import os
import secrets
from functools import cache
from pathlib import Path

_HIGH, _HIGH_COUNT = 0x70000000, 1 << 26
_LOW, _LOW_COUNT = 61184, 4336


def spare_user() -> int | None:
    """A user id for one execution, whom nobody else is; None when this process is not root and cannot choose.

    Ids are drawn from a range that no system assigns or, in a container that maps only the usual 65536, from
    the one that is reserved for users made on the fly.
    """
    if os.geteuid() != 0:
        return None
    if _is_mapped(_HIGH + _HIGH_COUNT):
        return _HIGH + secrets.randbelow(_HIGH_COUNT)
    return _LOW + secrets.randbelow(_LOW_COUNT)


@cache
def _is_mapped(user: int) -> bool:
    for line in Path("/proc/self/uid_map").read_text().splitlines():
        first, _, count = map(int, line.split())
        if first <= user < first + count:
            return True
    return False


def threads_of_this_user() -> int:
    """How many threads the kernel counts against this user, in all its processes that can be seen."""
    user, total = os.getuid(), 0
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and process.stat().st_uid == user:
                total += sum(1 for _ in (process / "task").iterdir())
        except OSError:
            continue  # it has ended
    return total
