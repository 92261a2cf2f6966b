"""The zygotes that wait for a job. They start when first needed, in the process that needs them."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Hashable

from .zygote import Zygote

MOST_JOBS = 1000
"""A zygote that has served this many is replaced: nothing is known to wear out, and nothing should."""
_MOST_IDLE = max(6, 2 * (os.cpu_count() or 1))


class Pool:
    """Idle zygotes by what they see and have imported. Thread-safe; a fork starts with an empty one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[tuple[Hashable, Zygote]] = []
        self._all: set[Zygote] = set()
        _POOLS.add(self)
        self._finalizer = weakref.finalize(self, _close_all, self._all, os.getpid())

    def take(self, key: Hashable, start: Callable[[], Zygote]) -> Zygote:
        """An idle zygote of ``key``, or a new one; dead ones are thrown away."""
        while (found := self._find(key)) is not None:
            if found.is_alive:
                return found
            self.discard(found)
        zygote = start()
        with self._lock:
            self._all.add(zygote)
        return zygote

    def give_back(self, key: Hashable, zygote: Zygote) -> None:
        """Keep a zygote that has served for the next job; the one unused for longest goes when there are many."""
        leaving: Zygote | None = None
        with self._lock:
            if zygote.jobs >= MOST_JOBS:
                leaving = zygote
            else:
                self._idle.append((key, zygote))
                if len(self._idle) > _MOST_IDLE:
                    leaving = self._idle.pop(0)[1]
        if leaving is not None:
            self._forget(leaving)
            leaving.close()

    def discard(self, zygote: Zygote) -> None:
        """End a zygote that is in doubt."""
        self._forget(zygote)
        zygote.kill()

    def close(self) -> None:
        """End all idle zygotes."""
        with self._lock:
            leaving = [zygote for _, zygote in self._idle]
            self._idle.clear()
            self._all.difference_update(leaving)
        for zygote in leaving:
            zygote.close()

    def processes(self) -> list[int]:
        """The launchers of all zygotes, idle and busy."""
        with self._lock:
            return [zygote.process.pid for zygote in self._all]

    def _find(self, key: Hashable) -> Zygote | None:
        """The one used last: its memory is the likeliest to be in a cache."""
        with self._lock:
            for index in range(len(self._idle) - 1, -1, -1):
                if self._idle[index][0] == key:
                    return self._idle.pop(index)[1]
        return None

    def _forget(self, zygote: Zygote) -> None:
        with self._lock:
            self._all.discard(zygote)

    def _renew_after_fork(self) -> None:
        self._finalizer.detach()
        for zygote in self._all:
            zygote.abandon()
        self._lock = threading.Lock()
        self._idle = []
        self._all = set()
        self._finalizer = weakref.finalize(self, _close_all, self._all, os.getpid())


def _close_all(zygotes: set[Zygote], owner: int) -> None:
    if os.getpid() == owner:
        for zygote in zygotes:
            zygote.close()


_POOLS: weakref.WeakSet[Pool] = weakref.WeakSet()


def _renew_all() -> None:
    for pool in list(_POOLS):
        pool._renew_after_fork()  # noqa: SLF001


os.register_at_fork(after_in_child=_renew_all)
