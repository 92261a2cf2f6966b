"""The clients of this process: whoever needs a model is given the one client that it has, whatever the role."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any

from propound.config import settings
from propound.models.catalogue import Model
from propound.models.client import Client
from propound.models.ledger import Ledger, MemoryLedger
from propound.models.local import Keeper, Station
from propound.record import digest


class Registry:
    """Clients by model, each kept open for as long as somebody holds it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._opening: dict[str, Lock] = {}
        self._held: dict[str, _Held] = {}
        self._ledger: Ledger | None = None

    def record_in(self, ledger: Ledger | None) -> None:
        """From now on all clients keep their account in this ledger; None: each in memory of its own."""
        with self._lock:
            self._ledger = ledger
            for held in self._held.values():
                held.client.ledger = ledger or MemoryLedger()

    def open(self, model: Model) -> Client:
        """The client of the model; `release` it when done. A model of this machine is served first.

        Raises:
            CatalogueError: the model has no place.
            ModelDownError: its server on this machine does not start.
        """
        name = _identity(model)
        with self._opening.setdefault(name, Lock()):
            with self._lock:
                if (held := self._held.get(name)) is not None:
                    held.holders += 1
                    return held.client
            keeper = Keeper(Station(model, settings().home)) if model.is_local else None
            try:
                client = Client(_located(model, keeper), self._ledger)
            except BaseException:
                if keeper is not None:
                    keeper.close()
                raise
            with self._lock:
                self._held[name] = _Held(client, keeper)
            return client

    def release(self, client: Client) -> None:
        """Let go of a client; the last one to do so closes it."""
        with self._lock:
            name, held = next(
                ((name, held) for name, held in self._held.items() if held.client is client), ("", None)
            )
            if held is not None and held.holders > 1:
                held.holders -= 1
                return
            self._held.pop(name, None)
        client.close()
        if held is not None and held.keeper is not None:
            held.keeper.close()


@dataclass
class _Held:
    client: Client
    keeper: Keeper | None
    holders: int = 1


def _located(model: Model, keeper: Keeper | None) -> Model:
    """The model with the address of its server."""
    if keeper is None:
        return model
    address = keeper.wait()
    return model.model_copy(update={"url": address.url, "key": address.secret})


def _identity(model: Model) -> str:
    told: dict[str, Any] = model.model_dump(mode="json")
    return digest([told, model.key.get_secret_value() if model.key else None])


REGISTRY = Registry()
open_client = REGISTRY.open
release_client = REGISTRY.release
record_in = REGISTRY.record_in
