"""What requests to a language model service have cost so far: requests, tokens and, where prices are known, money."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from threading import Lock

from propound.record import Record

LOG_EVERY = 100
"""Answers between two lines of the log."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Prices:
    """Of a million tokens, in whatever currency the operator counts."""

    prompt: float = 0.0
    completion: float = 0.0


class Usage(Record):
    """What was used from the beginning of the process until now."""

    requests: int = 0
    """Sent, those that failed included."""
    failures: int = 0
    """Requests without a usable answer; most were tried again."""
    answers: int = 0
    unmetered: int = 0
    """Answers of which the server did not say how many tokens they took; none are counted for them."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    """At the given prices; 0 where there are none."""


class Ledger:
    """Counts for one endpoint; safe to share between threads."""

    def __init__(self, name: str, prices: Prices | None = None) -> None:
        """`name` stands before each line of the log."""
        self.name = name
        self.prices = prices or Prices()
        self._lock = Lock()
        self._usage = Usage()

    def usage(self) -> Usage:
        """The counts as they are now."""
        with self._lock:
            return self._usage

    def sent(self) -> None:
        """Count a request that is about to be sent."""
        self._add(requests=1)

    def failed(self) -> None:
        """Count a request that brought no usable answer."""
        self._add(failures=1)

    def answered(self, tokens: tuple[int, int] | None) -> None:
        """Count an answer with its prompt and completion tokens; None where the server does not tell."""
        if tokens is None:
            usage = self._add(answers=1, unmetered=1)
        else:
            usage = self._add(answers=1, prompt_tokens=tokens[0], completion_tokens=tokens[1])
        if usage.answers % LOG_EVERY == 0:
            self.log()

    def log(self) -> None:
        """Write a line with the counts to the log."""
        usage = self.usage()
        cost = f", cost {usage.cost:.4f}" if self.prices != Prices() else ""
        _LOG.info(
            "%s: %s requests, %s failed, %s prompt and %s completion tokens%s",
            self.name,
            usage.requests,
            usage.failures,
            usage.prompt_tokens,
            usage.completion_tokens,
            cost,
        )

    def _add(self, **more: int) -> Usage:
        with self._lock:
            counts = {name: getattr(self._usage, name) + number for name, number in more.items()}
            usage = self._usage.model_copy(update=counts)
            cost = usage.prompt_tokens * self.prices.prompt + usage.completion_tokens * self.prices.completion
            self._usage = usage.model_copy(update={"cost": cost / 1e6})
            return self._usage
