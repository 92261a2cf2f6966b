"""What each request to a model used and brought: entries that are found again, so that nothing is paid twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from threading import Lock
from typing import Any, Protocol

from propound.models.purpose import Purpose
from propound.models.reply import Reply
from propound.record import Record, digest


class Entry(Record):
    """One attempt at a request, answered or failed; numbers that nobody told are None, never 0."""

    id: str
    """Of the request, see `request_id`; failed attempts at it share it with the answer."""
    model: str
    """Our name of the model."""
    family: str | None = None
    purpose: Purpose
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    thought_tokens: int | None = None
    cost: float | None = None
    """In the currency of the model's prices."""
    reply: dict[str, Any] | None = None
    """As `Reply.to_json` writes it; None for a failure."""
    failure: str | None = None
    """What went wrong, in the server's words where it had any; None for an answer."""
    seconds: float
    """From the sending to the last byte."""
    created_at: datetime


class Ledger(Protocol):
    """Where entries are kept; safe to share between threads."""

    def find(self, id: str) -> Reply | None:  # noqa: A002 - the name of the entry's field
        """The answer to the request of that id, to be used instead of asking."""

    def record(self, entry: Entry) -> None:
        """Keep an entry at once, whatever becomes of the caller; a double is dropped without a word."""


class MemoryLedger:
    """Entries of one process, for commands and tests."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._answers: dict[str, Reply] = {}
        self._lock = Lock()

    def find(self, id: str) -> Reply | None:  # noqa: A002 - the name of the entry's field
        """See `Ledger.find`."""
        with self._lock:
            return self._answers.get(id)

    def record(self, entry: Entry) -> None:
        """See `Ledger.record`."""
        with self._lock:
            if entry.reply is not None:
                if entry.id in self._answers:
                    return
                self._answers[entry.id] = Reply.from_json(entry.reply)
            self.entries.append(entry)


def request_id(
    purpose: Purpose, model: str, messages: Sequence[Mapping[str, Any]], parameters: Mapping[str, Any]
) -> str:
    """The identity of a request: equal for equal arguments, on every machine."""
    return digest(
        [purpose.model_dump(mode="json"), model, [dict(each) for each in messages], dict(parameters)]
    )
