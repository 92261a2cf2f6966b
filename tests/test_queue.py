"""Wake-ups: after the commit, never without it, and never in the way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis import Redis, RedisError

from propound.queue import (
    NEWS_CHANNEL,
    QUEUE,
    WAKE_UPS,
    Publisher,
    announce_after_commit,
    broker_url,
    wake_workers_after_commit,
)
from propound.storage.session import Database


@pytest.fixture
def publisher(redis_url: str) -> Iterator[Publisher]:
    publisher = Publisher(redis_url)
    yield publisher
    publisher.close()


def test_messages_leave_after_the_commit(database: Database, redis: Redis, publisher: Publisher) -> None:
    with database.begin() as session:
        wake_workers_after_commit(session, publisher)
        with session.begin_nested():
            pass
        assert publisher.waiting() == 0
    assert publisher.waiting() == WAKE_UPS
    assert redis.llen(QUEUE) == WAKE_UPS


def test_a_rolled_back_transaction_wakes_nobody(
    database: Database, redis: Redis, publisher: Publisher
) -> None:
    def fail() -> None:
        with database.begin() as session:
            wake_workers_after_commit(session, publisher)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert publisher.waiting() == 0


def test_news_reaches_who_listens(database: Database, redis: Redis, publisher: Publisher) -> None:
    with redis.pubsub() as subscription:  # type: ignore[no-untyped-call]
        subscription.subscribe(NEWS_CHANNEL)
        assert subscription.get_message(timeout=5)["type"] == "subscribe"
        with database.begin() as session:
            announce_after_commit(session, "job_1", publisher)
        news = subscription.get_message(timeout=5)
        assert (news["type"], news["data"]) == ("message", b"job_1")


def test_a_dead_redis_is_no_error(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    dead = Publisher("redis://127.0.0.1:1/0")
    with database.begin() as session:
        wake_workers_after_commit(session, dead)
        announce_after_commit(session, "job_1", dead)
    assert "a wake-up was not published" in caplog.text
    assert "news of job_1 was not published" in caplog.text
    with pytest.raises(RedisError):
        dead.ping()
    dead.close()


def test_messages_survive_an_emptied_redis(redis: Redis, publisher: Publisher) -> None:
    publisher.wake()
    redis.flushdb()
    publisher.wake()
    assert publisher.waiting() == 1


@pytest.mark.parametrize(
    ("redis_url", "expected"),
    [
        ("redis://:secret@host:6379/2", "redis://:secret@host:6379/2"),
        ("unix:///run/redis.sock?db=3", "redis+socket:///run/redis.sock?virtual_host=3"),
        ("unix://:p%40ss@/run/redis.sock", "redis+socket://:p%40ss@/run/redis.sock"),
    ],
)
def test_sockets_in_celerys_notation(redis_url: str, expected: str) -> None:
    assert broker_url(redis_url) == expected
