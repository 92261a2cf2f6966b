"""Tells waiting streams that a job has news.

One Redis subscription serves all streams of a process. It is a hint, never the truth: streams also look into
the database every few seconds, so a lost message or a dead Redis only makes them slower.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress

from redis.asyncio import Redis
from redis.exceptions import RedisError

from propound.queue import NEWS_CHANNEL

RECONNECT_SECONDS = 2.0

log = logging.getLogger("propound.service")


class Watch:
    """One stream's bell. News that rings while the stream is busy is heard at its next wait."""

    def __init__(self) -> None:
        self._bell = asyncio.Event()

    def ring(self) -> None:
        """There may be news."""
        self._bell.set()

    async def wait(self, seconds: float) -> None:
        """Until the bell rings, or the time is up."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        self._bell.clear()


class Wakeups:
    """Waits for news of jobs, on behalf of any number of streams."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._watching: dict[str, set[Watch]] = defaultdict(set)
        self._stopping = False

    @property
    def stopping(self) -> bool:
        """Whether the server is going down and streams should end."""
        return self._stopping

    def stop(self) -> None:
        """Wake everyone for the last time."""
        self._stopping = True
        for job_id in list(self._watching):
            self._wake(job_id)

    @contextmanager
    def watch(self, job_id: str) -> Iterator[Watch]:
        """News of one job for as long as the block runs."""
        watch = Watch()
        self._watching[job_id].add(watch)
        try:
            yield watch
        finally:
            self._watching[job_id].discard(watch)
            if not self._watching[job_id]:
                del self._watching[job_id]

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Passes news on for as long as the block runs, and lets all streams end after it."""
        listener = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            self.stop()
            while not listener.done():  # redis-py swallows a cancellation that meets a failing connection
                listener.cancel()
                await asyncio.wait([listener], timeout=1)

    async def _listen(self) -> None:
        """Connects again whenever Redis comes back."""
        while not self._stopping:
            try:
                async with aclosing(self._redis.pubsub()) as subscription:
                    await subscription.subscribe(NEWS_CHANNEL)
                    async for message in subscription.listen():
                        if message["type"] == "message":
                            self._wake(message["data"].decode("ascii", "replace"))
            except (RedisError, OSError) as error:
                log.warning("no news from Redis (%s); streams look every few seconds", type(error).__name__)
            if not self._stopping:
                await asyncio.sleep(RECONNECT_SECONDS)

    def _wake(self, job_id: str) -> None:
        for watch in self._watching.get(job_id, ()):
            watch.ring()
