"""What each request to a model used and brought: entries that are found again, so that nothing is paid twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from secrets import token_bytes
from threading import Lock
from typing import Any, Protocol

from pydantic import ConfigDict, Field

from propound.models.purpose import Purpose, Role
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

    @property
    def secret(self) -> bytes:
        """What the marks around material in a request are drawn from, so that an equal request is asked alike."""

    def find(self, id: str) -> Reply | None:  # noqa: A002 - the name of the entry's field
        """The answer to the request of that id, to be used instead of asking."""

    def record(self, entry: Entry) -> None:
        """Keep an entry at once, whatever becomes of the caller; a second answer to a request is dropped."""


class Sums(Record):
    """What requests come to; a sum is over what is known, and None where nothing is."""

    model_config = ConfigDict(extra="ignore")  # clients read it, of servers that may know more

    requests: int = Field(default=0, description="Attempts, those that failed included.")
    failures: int = Field(default=0, description="Attempts without an answer.")
    prompt_tokens: int | None = Field(
        default=None, description="Of the answers whose server says; null where none does."
    )
    completion_tokens: int | None = Field(default=None, description="Likewise; thought included.")
    thought_tokens: int | None = Field(default=None, description="Likewise.")
    cost: float | None = Field(
        default=None,
        description="Of the answers whose price is known, in the currency of the prices; null where none is.",
    )
    unpriced: int = Field(default=0, description="Answers whose price is not known: `cost` is without them.")

    @classmethod
    def of(cls, entry: Entry) -> Sums:
        """One attempt alone."""
        return cls(
            requests=1,
            failures=int(entry.reply is None),
            prompt_tokens=entry.prompt_tokens,
            completion_tokens=entry.completion_tokens,
            thought_tokens=entry.thought_tokens,
            cost=entry.cost,
            unpriced=int(entry.reply is not None and entry.cost is None),
        )

    @classmethod
    def total(cls, parts: Iterable[Sums]) -> Sums:
        """All of them together."""
        columns = zip(*([value for _, value in part] for part in parts), strict=True)
        known = ([value for value in column if value is not None] for column in columns)
        sums = (sum(values) if values else None for values in known)
        return Sums.model_validate(dict(zip(Sums.model_fields, sums, strict=False)))

    def line(self) -> str:
        """A line for people."""
        said = [f"{self.requests} requests"]
        said += [f"{self.failures} failed"] if self.failures else []
        kinds = {"prompt": self.prompt_tokens, "completion": self.completion_tokens}
        said += [f"{'unknown' if number is None else number} {kind} tokens" for kind, number in kinds.items()]
        if self.thought_tokens is not None:
            said[-1] += f" ({self.thought_tokens} of thought)"
        said.append("cost unknown" if self.cost is None else f"cost {self.cost:.4f}")
        if self.cost is not None and self.unpriced:
            said[-1] += f" and that of {self.unpriced} answers without a known price"
        return ", ".join(said)


class Spending(Sums):
    """What requests come to in all, by role and by model."""

    by_role: dict[str, Sums] = Field(default={})
    by_model: dict[str, Sums] = Field(default={}, description="By our names of the models.")

    @classmethod
    def over(cls, parts: Iterable[tuple[Role, str, Sums]]) -> Spending:
        """Of the sums for roles and models."""
        every = sorted(parts, key=lambda part: part[:2])
        by_role, by_model = defaultdict[str, list[Sums]](list), defaultdict[str, list[Sums]](list)
        for role, model, sums in every:
            by_role[role.value].append(sums)
            by_model[model].append(sums)
        return cls(
            **dict(Sums.total(sums for _, _, sums in every)),
            by_role={role: Sums.total(each) for role, each in by_role.items()},
            by_model={model: Sums.total(by_model[model]) for model in sorted(by_model)},
        )


class MemoryLedger:
    """Entries of one process, for commands and tests."""

    def __init__(self) -> None:
        self.secret = token_bytes(32)
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

    def spending(self) -> Spending:
        """What the entries come to."""
        with self._lock:
            return Spending.over((each.purpose.role, each.model, Sums.of(each)) for each in self.entries)


def request_id(
    purpose: Purpose, model: str, messages: Sequence[Mapping[str, Any]], parameters: Mapping[str, Any]
) -> str:
    """The identity of a request: equal for equal arguments, on every machine."""
    return digest(
        [purpose.model_dump(mode="json"), model, [dict(each) for each in messages], dict(parameters)]
    )
