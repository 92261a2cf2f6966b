"""An open loop of requests, for `propound bench`: due at fixed times, whether or not earlier ones are answered.

The latency of a request counts from when it was due, so a server that stalls is not asked less (no coordinated
omission).
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Load:
    """What a server answered to an open loop; times in milliseconds."""

    offered_per_second: float
    answered_per_second: float
    requests: int
    failures: int
    """Answers other than 200, and broken connections."""
    median: float
    p99: float
    slowest: float


def open_loop(url: str, key: str, *, rate: float, seconds: float, connections: int) -> Load:
    """GET the address so many times a second over so many connections, each asked again once it has answered."""
    return asyncio.run(_open_loop(url, key, rate, seconds, connections))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that is at least as large as that share of them (nearest rank)."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


async def _open_loop(url: str, key: str, rate: float, seconds: float, connections: int) -> Load:
    where = urlsplit(url)
    words = f"GET {where.path} HTTP/1.1\r\nHost: {where.netloc}\r\nAuthorization: Bearer {key}\r\n\r\n"
    due: asyncio.Queue[float | None] = asyncio.Queue()
    latencies: list[float] = []
    failures = 0

    async def connection() -> None:
        nonlocal failures
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        while (at := await due.get()) is not None:
            try:
                writer.write(words.encode("ascii"))
                head = await reader.readuntil(_HEAD_END)
                await reader.readexactly(_length(head))
                failures += not head.startswith(b"HTTP/1.1 200")
            except (OSError, EOFError):
                failures += 1
                writer.close()
                reader, writer = await asyncio.open_connection(where.hostname, where.port)
            latencies.append(time.perf_counter() - at)
        writer.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(connection())
        began = time.perf_counter()
        for number in range(round(rate * seconds)):
            at = began + number / rate
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            due.put_nowait(at)
        for _ in range(connections):
            due.put_nowait(None)
    spent = time.perf_counter() - began
    return Load(
        offered_per_second=rate,
        answered_per_second=(len(latencies) - failures) / spent,
        requests=len(latencies),
        failures=failures,
        median=percentile(latencies, 0.5) * 1e3,
        p99=percentile(latencies, 0.99) * 1e3,
        slowest=max(latencies) * 1e3,
    )


def _length(head: bytes) -> int:
    """Bytes of the body that the head of an answer declares."""
    lines = (line.partition(b":") for line in head.split(b"\r\n"))
    return next(int(value) for name, _, value in lines if name.lower() == b"content-length")
