"""The stream of a job's events: complete, in order, resumable, and cheap while nothing happens."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, nullcontext
from typing import Any, NamedTuple

import httpx
import pytest
from redis import Redis

from propound.config import Settings
from propound.queue import NEWS_CHANNEL, Publisher
from propound.skills import default_library
from propound.storage import jobs
from propound.storage.session import Database
from propound.storage.settle import cancel
from service import sse
from service.jobs.events import stream
from service.resources import Resources
from service.stream import Pace
from service.wakeups import Wakeups
from tests.service.filling import Filled, create, filled, work

GUARD_SECONDS = 60
"""A test that waits for longer hangs."""


class Told(NamedTuple):
    """One event as a client reads it."""

    id: int
    kind: str
    data: dict[str, Any]


def parse(lines: Iterator[str]) -> Iterator[Told]:
    """Events from lines, the way the standard says; comments are left out."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
            continue
        if "data" in fields:
            yield Told(int(fields["id"]), fields["event"], json.loads(fields["data"]))
        fields = {}


def told(client: httpx.Client, job_id: str, after: int | None = None) -> list[Told]:
    return told_by(client, f"/v1/jobs/{job_id}/events", after)


def told_by(client: httpx.Client, path: str, after: int | None = None) -> list[Told]:
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    with client.stream("GET", path, headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        return list(parse(response.iter_lines()))


def test_a_finished_job_is_told_from_the_beginning(client: httpx.Client, database: Database) -> None:
    made = filled(database, count=12)

    events = told(client, made.job_id)

    assert [event.data["state"] for event in events if event.kind == "state"] == [
        "queued", "running", "finalizing", "succeeded"
    ]  # fmt: skip
    assert [event.id for event in events] == sorted({event.id for event in events})
    progress = [event.data for event in events if event.kind == "progress"]
    assert progress[-1]["accepted"] == progress[-1]["count"] == 12
    for data in progress:
        parts = (data[part] for part in ("pending", "accepted", "surplus", "rejected"))
        assert data["proposed"] == sum(parts)


def test_a_stream_resumes_after_any_event(client: httpx.Client, database: Database) -> None:
    made = filled(database, count=12)
    events = told(client, made.job_id)

    for place, event in enumerate(events[:-1]):
        assert told(client, made.job_id, after=event.id) == events[place + 1 :]


def test_after_the_last_event_there_is_nothing_to_wait_for(client: httpx.Client, database: Database) -> None:
    made = filled(database)
    last = told(client, made.job_id)[-1]

    response = client.get(f"/v1/jobs/{made.job_id}/events", headers={"Last-Event-ID": str(last.id)})

    assert (response.status_code, response.content) == (204, b"")


def test_events_of_other_jobs_are_not_told(client: httpx.Client, database: Database) -> None:
    first, second = create(database), create(database)
    work(database)

    events = [*told(client, first.job_id), *told(client, second.job_id)]

    assert len({event.id for event in events}) == len(events)


def test_a_live_job_is_told_as_it_happens_and_the_stream_ends(
    client: httpx.Client, database: Database
) -> None:
    made = create(database, count=12)
    seen: list[Told] = []
    with client.stream("GET", f"/v1/jobs/{made.job_id}/events") as response:
        events = parse(response.iter_lines())
        seen.append(next(events))
        assert seen[0].data["state"] == "queued"
        worker = threading.Thread(target=work, args=(database,))
        worker.start()
        seen.extend(events)
        worker.join()

    assert seen == told(client, made.job_id)
    assert seen[-1].data["state"] == "succeeded"


def test_cancelling_ends_the_stream(client: httpx.Client, database: Database) -> None:
    made = create(database)
    with client.stream("GET", f"/v1/jobs/{made.job_id}/events") as response:
        events = parse(response.iter_lines())
        next(events)
        client.post(f"/v1/jobs/{made.job_id}/cancel")
        states = [event.data["state"] for event in events if event.kind == "state"]

    assert states == ["cancelling", "cancelled"]


# The stream itself, with its own pace.


@asynccontextmanager
async def opened(settings: Settings, *, listening: bool) -> AsyncIterator[Resources]:
    """Resources as the app opens them."""
    shared = Resources.open(settings, default_library())
    try:
        async with shared.wakeups.listening() if listening else nullcontext():
            yield shared
    finally:
        await shared.close()


def run(settings: Settings, body: Callable[[Resources], Awaitable[None]], *, listening: bool = False) -> None:
    """Run the body with open resources."""

    async def guarded() -> None:
        async with asyncio.timeout(GUARD_SECONDS), opened(settings, listening=listening) as shared:
            await body(shared)

    asyncio.run(guarded())


def close_job(database: Database, made: Filled) -> None:
    with database.begin() as session:
        cancel(session, "default", made.job_id)


def until_someone_listens(redis: Redis) -> None:
    while dict(redis.pubsub_numsub(NEWS_CHANNEL))[NEWS_CHANNEL.encode()] == 0:
        time.sleep(0.01)


async def first_frames(frames: AsyncIterator[bytes]) -> None:
    """The opening and the event `queued`."""
    assert await anext(frames) == b"retry: 2000\n\n"
    assert b"queued" in await anext(frames)


def test_a_quiet_stream_has_a_heart_and_holds_no_connection(
    database: Database, server_settings: Settings
) -> None:
    made = create(database)

    async def body(shared: Resources) -> None:
        frames = stream(shared, made.job_id, 0, Pace(poll=0.01, heartbeat=0.0))
        await first_frames(frames)
        for _ in range(5):
            assert await anext(frames) == sse.HEARTBEAT
            assert shared.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
        await frames.aclose()
        assert not shared.wakeups._watching

    run(server_settings, body)


def test_news_from_redis_wakes_a_stream(database: Database, redis: Redis, server_settings: Settings) -> None:
    made = create(database)
    publisher = Publisher(str(server_settings.redis_url))

    async def body(shared: Resources) -> None:
        frames = stream(shared, made.job_id, 0, Pace(poll=10 * GUARD_SECONDS))
        await first_frames(frames)
        waiting = asyncio.ensure_future(anext(frames))
        await asyncio.to_thread(until_someone_listens, redis)
        await asyncio.to_thread(close_job, database, made)
        await asyncio.to_thread(publisher.announce, made.job_id)
        assert b"cancelling" in await waiting
        await frames.aclose()

    run(server_settings, body, listening=True)
    publisher.close()


def test_news_while_a_stream_is_busy_is_not_lost(database: Database, server_settings: Settings) -> None:
    made = create(database)

    async def body(shared: Resources) -> None:
        with shared.wakeups.watch(made.job_id) as watch:
            watch.ring()
            await watch.wait(10 * GUARD_SECONDS)
            await watch.wait(0.01)

    run(server_settings, body)


def test_without_redis_a_stream_still_looks(database: Database, server_settings: Settings) -> None:
    made = create(database)
    nowhere = server_settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})

    async def body(shared: Resources) -> None:
        frames = stream(shared, made.job_id, 0, Pace(poll=0.01))
        await first_frames(frames)
        await asyncio.to_thread(close_job, database, made)
        rest = b"".join([frame async for frame in frames])
        assert b'"state":"cancelled"' in rest

    run(nowhere, body, listening=True)


def test_a_listener_stops_whatever_it_is_doing(server_settings: Settings) -> None:
    nowhere = server_settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})

    async def body(shared: Resources) -> None:
        for turns in range(30):
            async with Wakeups(shared.redis).listening():
                for _ in range(turns):
                    await asyncio.sleep(0)

    run(nowhere, body)
    run(server_settings, body)


def test_a_stopping_server_ends_its_streams(database: Database, server_settings: Settings) -> None:
    made = create(database)

    async def body(shared: Resources) -> None:
        frames = stream(shared, made.job_id, 0, Pace(poll=10 * GUARD_SECONDS))
        await first_frames(frames)
        ending = asyncio.ensure_future(anext(frames, None))
        await asyncio.sleep(0.05)
        shared.wakeups.stop()
        assert await ending is None

    run(server_settings, body)


def test_an_old_stream_ends(database: Database, server_settings: Settings) -> None:
    made = create(database)

    async def body(shared: Resources) -> None:
        frames = [frame async for frame in stream(shared, made.job_id, 0, Pace(longest=0.0))]
        assert frames == [b"retry: 2000\n\n"]

    run(server_settings, body)


def test_many_events_come_in_batches(client: httpx.Client, database: Database) -> None:
    made = create(database)
    with database.begin() as session:
        job = jobs.lock(session, made.job_id)
        assert job is not None
        for number in range(620):
            job.stop_reason = str(number)
            jobs.move(session, job, job.state)
            session.flush()
    close_job(database, made)

    reasons = [event.data["stop_reason"] for event in told(client, made.job_id) if event.kind == "state"]

    assert reasons[1:621] == [str(number) for number in range(620)]


@pytest.mark.parametrize("text", ["two\nlines", "\r\n\r\ndata: forged", "\u2028", "\ud800", "\x00"])
def test_no_text_breaks_a_frame(text: str) -> None:
    written = sse.frame(7, "progress", {"text": text}).decode("ascii")

    assert list(parse(iter(written.split("\n")))) == [Told(7, "progress", {"text": text})]
    assert written.count("\n") == 4


def test_a_kind_that_is_no_word_is_refused() -> None:
    with pytest.raises(ValueError, match="one word"):
        sse.frame(1, "a\nb", {})
