"""Reads that share: nobody waits for their own, nobody gets an old one, everyone hears of an error."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from service.gathered import AT_ONCE, Gathered


class Shelf:
    """Counts its reads; a read waits until it is let go."""

    def __init__(self) -> None:
        self.reads: list[list[int]] = []
        self.gate = threading.Event()
        self.begun = threading.Event()
        self.error: Exception | None = None
        self.closed = False

    def __call__(self, keys: Sequence[int]) -> dict[int, str]:
        self.reads.append(list(keys))
        self.begun.set()
        self.gate.wait()
        if self.error is not None:
            raise self.error
        return {key: f"{key}, read {len(self.reads)}" for key in keys if key >= 0}

    def close(self) -> None:
        self.closed = True


def test_those_who_come_during_a_read_share_the_next() -> None:
    shelf = Shelf()

    async def run() -> list[str | None]:
        gathered = Gathered(shelf)
        first = asyncio.create_task(gathered.get(1))
        await asyncio.to_thread(shelf.begun.wait)
        later = [asyncio.create_task(gathered.get(key)) for key in (1, 2, 1, -1)]
        await asyncio.sleep(0)
        shelf.gate.set()
        found = [await first, *(await asyncio.gather(*later))]
        gathered.close()
        return found

    assert asyncio.run(run()) == ["1, read 1", "1, read 2", "2, read 2", "1, read 2", None]
    assert shelf.reads == [[1], [1, 2, -1]]
    assert shelf.closed


def test_an_error_reaches_everyone_and_the_next_read_is_made() -> None:
    shelf = Shelf()
    shelf.gate.set()

    async def run() -> None:
        gathered = Gathered(shelf)
        shelf.error = OSError("the cable is out")
        for outcome in await asyncio.gather(*(gathered.get(key) for key in (1, 2)), return_exceptions=True):
            assert isinstance(outcome, OSError)
        shelf.error = None
        assert await gathered.get(3) == "3, read 2"
        gathered.close()

    asyncio.run(run())


def test_who_gives_up_takes_nothing_from_the_others() -> None:
    shelf = Shelf()

    async def run() -> None:
        gathered = Gathered(shelf)
        impatient, patient = (asyncio.create_task(gathered.get(1)) for _ in range(2))
        await asyncio.to_thread(shelf.begun.wait)
        impatient.cancel()
        shelf.gate.set()
        assert await patient == "1, read 1"
        with pytest.raises(asyncio.CancelledError):
            await impatient
        gathered.close()

    asyncio.run(run())


def test_a_crowd_is_read_in_bounded_pieces() -> None:
    shelf = Shelf()
    shelf.gate.set()

    async def run() -> None:
        gathered = Gathered(shelf)
        found = await asyncio.gather(*(gathered.get(key) for key in range(2 * AT_ONCE + 1)))
        assert [text.partition(",")[0] for text in found if text] == [
            str(key) for key in range(2 * AT_ONCE + 1)
        ]
        gathered.close()

    asyncio.run(run())
    assert max(map(len, shelf.reads)) <= AT_ONCE
