"""What every request shares: the database, Redis, the skill library; opened and closed with the app."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from redis.asyncio import Redis
from sqlalchemy.orm import Session

from propound.config import Settings
from propound.errors import PropoundError
from propound.queue import Publisher
from propound.skills.cards import Cards, default_cards
from propound.skills.library import Library
from propound.storage.session import Database
from service.keyring import Keyring, Lookups
from service.wakeups import Wakeups

POOL = 10
"""Database connections that stay open; thrice as many at a rush."""


class UnconfiguredError(PropoundError):
    """The service has not been told where its servers are."""


@dataclass(frozen=True)
class Resources:
    """The shared parts of one running app."""

    settings: Settings
    database: Database
    redis: Redis
    publisher: Publisher
    wakeups: Wakeups
    library: Library
    """The formal packages, which procedural mode draws from."""
    cards: Cards
    """Of every skill, for open mode."""
    keyring: Keyring

    @classmethod
    def open(cls, settings: Settings, library: Library) -> Resources:
        """Connections are made when first needed: a server that is down is a 503, not a failed start.

        Raises:
            UnconfiguredError: an address is missing.
        """
        if settings.database_url is None or settings.redis_url is None:
            raise UnconfiguredError(
                "set PROPOUND_DATABASE_URL and PROPOUND_REDIS_URL, or start everything with `propound up`"
            )
        redis = Redis.from_url(settings.redis_url, socket_connect_timeout=2, health_check_interval=15)
        database = Database(settings.database_url, pool_size=POOL)
        publisher = Publisher(settings.redis_url)
        keyring = Keyring(Lookups(database))
        return cls(settings, database, redis, publisher, Wakeups(redis), library, default_cards(), keyring)

    async def close(self) -> None:
        """Give back every connection."""
        self.keyring.close()
        await self.redis.aclose()
        self.publisher.close()
        self.database.close()


def resources(request: Request) -> Resources:
    """The resources of the app that answers this request."""
    found = request.app.state.resources
    assert isinstance(found, Resources)
    return found


Shared = Annotated[Resources, Depends(resources)]


def transaction(shared: Shared) -> Iterator[Session]:
    """One request is one transaction: committed before the response is sent, rolled back on an error."""
    with shared.database.begin() as session:
        yield session


Transaction = Annotated[Session, Depends(transaction, scope="function")]
