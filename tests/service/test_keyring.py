"""Keys that were just verified: asked for once, and forgotten in time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import httpx
from sqlalchemy import func, update

from propound.storage import keys
from propound.storage.keys import Scope
from propound.storage.session import Database
from propound.storage.tables import ApiKey
from service.keyring import FRESH_SECONDS, MOST_KEYS, Caller, Keyring
from tests.service.conftest import MakeKey
from tests.service.test_bad_requests import refused
from tests.storage.plans import statements

CALLER = Caller("key_1", "default", frozenset({"jobs:read"}))


class Table:
    """Live keys, and how often each was asked for."""

    def __init__(self, *secrets: str) -> None:
        self.live = set(secrets)
        self.asked: list[str] = []
        self.before_answer: Callable[[], None] = lambda: None

    def __call__(self, secrets: Sequence[str]) -> dict[str, Caller]:
        self.asked += secrets
        found = {secret: CALLER for secret in secrets if secret in self.live}
        self.before_answer()
        return found

    def close(self) -> None:
        """Nothing."""


class Clock:
    """Seconds, set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def with_ring(table: Table, clock: Clock, action: Callable[[Keyring], Awaitable[None]]) -> None:
    async def run() -> None:
        ring = Keyring(table, clock)
        await action(ring)
        ring.close()

    asyncio.run(run())


def test_a_key_is_looked_up_once_while_it_is_fresh() -> None:
    table, clock = Table("a"), Clock()

    async def action(ring: Keyring) -> None:
        assert await ring.caller("a") == CALLER
        clock.now += FRESH_SECONDS * 0.99
        assert await ring.caller("a") == CALLER
        assert table.asked == ["a"]
        clock.now += FRESH_SECONDS * 0.02
        assert await ring.caller("a") == CALLER
        assert table.asked == ["a", "a"]

    with_ring(table, clock, action)


def test_a_key_that_another_process_revokes_is_refused_once_it_is_not_fresh() -> None:
    table, clock = Table("a"), Clock()

    async def action(ring: Keyring) -> None:
        await ring.caller("a")
        table.live.clear()
        clock.now += FRESH_SECONDS
        assert await ring.caller("a") is None

    with_ring(table, clock, action)


def test_nobody_is_not_remembered() -> None:
    table, clock = Table(), Clock()

    async def action(ring: Keyring) -> None:
        assert await ring.caller("a") is None
        table.live.add("a")
        assert await ring.caller("a") == CALLER

    with_ring(table, clock, action)


def test_what_this_process_revokes_is_forgotten_even_while_it_is_looked_up() -> None:
    table, clock = Table("a"), Clock()

    async def action(ring: Keyring) -> None:
        await ring.caller("a")
        ring.forget()
        table.before_answer = ring.forget  # revoked after the database was read, before its answer came
        await ring.caller("a")
        table.live.clear()
        assert await ring.caller("a") is None

    with_ring(table, clock, action)


def test_many_keys_take_no_more_than_their_share_of_memory() -> None:
    table, clock = Table(*(str(number) for number in range(MOST_KEYS + 5))), Clock()

    async def action(ring: Keyring) -> None:
        await asyncio.gather(*(ring.caller(secret) for secret in table.live))
        assert len(ring._known) <= MOST_KEYS

    with_ring(table, clock, action)


def test_a_burst_of_requests_is_few_look_ups() -> None:
    table, clock = Table("a"), Clock()

    async def action(ring: Keyring) -> None:
        await asyncio.gather(*(ring.caller("a") for _ in range(100)))
        assert len(table.asked) <= 2

    with_ring(table, clock, action)


def test_a_key_revoked_elsewhere_is_refused_by_a_running_server(
    connect: Callable[[str | None], httpx.Client], make_key: MakeKey, database: Database
) -> None:
    user = connect(make_key(Scope.JOBS_READ))
    path = "/v1/jobs"
    assert user.get(path).status_code == 200
    with database.begin() as session:
        session.execute(update(ApiKey).values(revoked_at=func.now()))
    while (answer := user.get(path)).status_code == 200:
        pass
    refused(answer, 401, "unauthorized")


def test_the_use_of_a_key_is_written_once_a_minute(database: Database) -> None:
    with database.begin() as session:
        secret = keys.create(session, tenant="default", name="k", scopes=[Scope.ADMIN]).secret
    with database.begin() as session:
        first = statements(session, lambda: keys.authenticate(session, secret))
    with database.begin() as session:
        again = statements(session, lambda: keys.authenticate(session, secret))
    with database.begin() as session:
        session.execute(update(ApiKey).values(last_used_at=func.now() - keys.USE_IS_NOTED_EVERY))
        later = statements(session, lambda: keys.authenticate(session, secret))
    kinds = [[statement.split()[0] for statement in seen] for seen in (first, again, later)]
    assert kinds == [["SELECT", "UPDATE"], ["SELECT"], ["SELECT", "UPDATE"]]
