"""The clients of this process: whoever needs a model is given the one client that it has, whatever the role."""

from __future__ import annotations

from threading import Lock
from typing import Any

from propound.models.catalogue import Model
from propound.models.client import Client
from propound.models.ledger import Ledger, MemoryLedger
from propound.record import digest


class Registry:
    """Clients by model, each kept open for as long as somebody holds it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._held: dict[str, tuple[Client, int]] = {}
        self._ledger: Ledger | None = None

    def record_in(self, ledger: Ledger | None) -> None:
        """From now on all clients keep their account in this ledger; None: each in memory of its own."""
        with self._lock:
            self._ledger = ledger
            for client, _ in self._held.values():
                client.ledger = ledger or MemoryLedger()

    def open(self, model: Model) -> Client:
        """The client of the model; `release` it when done.

        Raises:
            CatalogueError: the model has no url.
        """
        name = _identity(model)
        with self._lock:
            client, holders = self._held.get(name, (None, 0))
            client = client or Client(model, self._ledger)
            self._held[name] = (client, holders + 1)
            return client

    def release(self, client: Client) -> None:
        """Let go of a client; the last one to do so closes it."""
        name = _identity(client.model)
        with self._lock:
            held, holders = self._held.get(name, (None, 0))
            if held is client and holders > 1:
                self._held[name] = (client, holders - 1)
                return
            if held is client:
                del self._held[name]
        client.close()


def _identity(model: Model) -> str:
    told: dict[str, Any] = model.model_dump(mode="json")
    return digest([told, model.key.get_secret_value() if model.key else None])


REGISTRY = Registry()
open_client = REGISTRY.open
release_client = REGISTRY.release
record_in = REGISTRY.record_in
