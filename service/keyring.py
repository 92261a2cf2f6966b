"""Keys that were verified a moment ago, so that a burst of requests asks the database once.

A key that this process revokes is forgotten at once; one that another process revokes is refused after at most
`FRESH_SECONDS`. Only hashes of secrets are held.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from propound.storage import keys
from propound.storage.keys import Scope
from propound.storage.session import Database
from service.gathered import Gathered, Reads

FRESH_SECONDS = 1.0
"""How long a verified key is not looked up again."""

MOST_KEYS = 10_000
"""Keys that are held; with more, all are verified anew."""


@dataclass(frozen=True)
class Caller:
    """The key behind a request."""

    key_id: str
    tenant: str
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        """Whether the key has the scope, or all of them."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


class Lookups:
    """Asks the database whose secrets they are, in a short transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __call__(self, secrets: Sequence[str]) -> dict[str, Caller]:
        """The callers, by secret; nobody for a secret of no live key."""
        with self._database.begin() as session:
            there = ((secret, keys.authenticate(session, secret)) for secret in secrets)
            return {
                secret: Caller(key.id, key.tenant, frozenset(key.scopes))
                for secret, key in there
                if key is not None
            }

    def close(self) -> None:
        """Nothing is held."""


class Keyring:
    """The callers of the last moment, by the hashes of their secrets."""

    def __init__(self, lookups: Reads[str, Caller], clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[bytes, tuple[float, Caller]] = {}
        self._forgotten = 0
        self._lookups = Gathered(lookups)

    async def caller(self, secret: str) -> Caller | None:
        """Whose secret it is; None for nobody's."""
        digest = _hash(secret)
        verified_at, known = self._known.get(digest, (0.0, None))
        if known is not None and self._clock() - verified_at < FRESH_SECONDS:
            return known
        before, began = self._forgotten, self._clock()
        caller = await self._lookups.get(secret)
        if caller is not None and self._forgotten == before:
            if len(self._known) >= MOST_KEYS:
                self._known.clear()
            self._known[digest] = (began, caller)
        return caller

    def forget(self) -> None:
        """A key was revoked: verify all of them anew, those too that are being looked up now."""
        self._forgotten += 1
        self._known = {}

    def close(self) -> None:
        """Look up no more."""
        self._lookups.close()


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
