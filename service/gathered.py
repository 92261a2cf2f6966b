"""Reads by key that many ask for at once: those that come while one read is under way share the next.

Nobody gets an answer that was read before they asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, Protocol, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")
KeyT_contra = TypeVar("KeyT_contra", contravariant=True)
ValueT_co = TypeVar("ValueT_co", covariant=True)

AT_ONCE = 200
"""Most keys of one read."""

BREATH_SECONDS = 0.004
"""Between two reads: under load, a few milliseconds of patience are many reads fewer."""


class Reads(Protocol[KeyT_contra, ValueT_co]):
    """Reads many keys together, always in the same thread."""

    def __call__(self, keys: Sequence[KeyT_contra], /) -> Mapping[Any, ValueT_co]:
        """What is there, by key."""
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


class Gathered(Generic[Key, Value]):
    """Reads one after the other, each for everyone who waits."""

    def __init__(self, reads: Reads[Key, Value]) -> None:
        self._reads = reads
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="reads")
        self._waiting: dict[Key, asyncio.Future[Value | None]] = {}
        self._task: asyncio.Task[None] | None = None

    async def get(self, key: Key) -> Value | None:
        """What is there now, or None; raises what the read raised."""
        found = self._waiting.get(key)
        if found is None:
            found = self._waiting[key] = asyncio.get_running_loop().create_future()
            found.add_done_callback(_retrieved)
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return await asyncio.shield(found)

    def close(self) -> None:
        """Give back the thread and what it holds."""
        self._thread.submit(self._reads.close)
        self._thread.shutdown()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            keys = list(self._waiting)[:AT_ONCE]
            asked = [self._waiting.pop(key) for key in keys]
            try:
                values = await loop.run_in_executor(self._thread, self._reads, keys)
            except Exception as error:  # noqa: BLE001  # whoever asked is told
                for future in asked:
                    future.set_exception(error)
            else:
                for key, future in zip(keys, asked, strict=True):
                    future.set_result(values.get(key))
            await asyncio.sleep(BREATH_SECONDS)
        self._task = None


def _retrieved(future: asyncio.Future[Value]) -> None:
    """An error that nobody waits for any more is no news."""
    if not future.cancelled():
        future.exception()
