"""What engines with a thread of their own share: callers wait at the door, the thread serves them in batches."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from propound.policy.engine import Completion, ContextTooLongError, EngineError
from propound.pulse import beat


@dataclass(eq=False)
class Request:
    """One caller's context, and what has been sampled after it."""

    context: NDArray[np.int64]
    generator: np.random.Generator
    """Draws one number for each token."""
    temperature: float
    max_tokens: int
    ends: frozenset[int]
    """The tokens that end the turn."""
    future: Future[Completion] = field(default_factory=Future)
    tokens: list[int] = field(default_factory=list)
    log_probabilities: list[float] = field(default_factory=list)

    def add(self, token: int, log_probability: float) -> bool:
        """Note a sampled token; whether it was the last, and the caller has the answer."""
        beat()
        self.tokens.append(token)
        self.log_probabilities.append(log_probability)
        if token not in self.ends and len(self.tokens) < self.max_tokens:
            return False
        reason = "stop" if token in self.ends else "length"
        self.future.set_result(Completion(tuple(self.tokens), tuple(self.log_probabilities), reason))
        return True


class ThreadedEngine(ABC):
    """An `Engine` whose work one thread does; a subclass says how, in `_serve`, and calls `_start` when it is ready."""

    def __init__(self, *, context: int, vocabulary: int, ends: Collection[int]) -> None:
        """`context`: most tokens of a context; `ends`: the tokens that end a turn."""
        self._context, self._vocabulary, self._ends = context, vocabulary, frozenset(ends)
        self._waiting: deque[Request] = deque()
        self._unanswered: set[Request] = set()
        self._changed = threading.Condition()
        self._closed: EngineError | None = None
        self._thread = threading.Thread(target=self._run, name=type(self).__name__, daemon=True)

    def complete(
        self, context: Sequence[int], *, seed: int, temperature: float, max_tokens: int
    ) -> Completion:
        """See `Engine`."""
        if not 0 < len(context) < self._context:
            raise ContextTooLongError(f"a context holds 1 to {self._context - 1} tokens, not {len(context)}")
        ids = np.asarray(context, np.int64)
        if max_tokens < 1 or not 0 <= ids.min() <= ids.max() < self._vocabulary:
            raise EngineError(f"max_tokens is at least 1, and token ids are below {self._vocabulary}")
        request = Request(
            context=ids,
            generator=np.random.default_rng(seed),
            temperature=temperature,
            max_tokens=min(max_tokens, self._context - len(ids)),
            ends=self._ends,
        )
        with self._changed:
            if self._closed:
                raise self._closed
            self._unanswered.add(request)
            self._waiting.append(request)
            self._changed.notify()
        try:
            return request.future.result()
        finally:
            self._unanswered.discard(request)

    def close(self) -> None:
        """See `Engine`."""
        self._shut(EngineError("the engine is closed"))
        self._thread.join()

    @abstractmethod
    def _serve(self) -> None:
        """Answer requests until `_take` says that there will be none."""

    def _start(self) -> None:
        self._thread.start()

    def _take(self, *, patiently: bool) -> list[Request] | None:
        """Who waits, in order; `patiently`: at least one. None once closed."""
        with self._changed:
            while patiently and not self._waiting and not self._closed:
                self._changed.wait()
            waiting = list(self._waiting)
            self._waiting.clear()
            return None if self._closed else waiting

    def _put_back(self, requests: Sequence[Request]) -> None:
        """Those who could not be served yet are the first of the next `_take`."""
        with self._changed:
            self._waiting.extendleft(reversed(requests))

    def _run(self) -> None:
        try:
            self._serve()
        except BaseException as error:  # noqa: BLE001  # every caller is told
            self._shut(EngineError(f"the engine broke: {type(error).__name__}: {error}"))
        for request in list(self._unanswered):
            if not request.future.done():
                request.future.set_exception(self._closed or EngineError("the engine ended"))

    def _shut(self, error: EngineError) -> None:
        with self._changed:
            self._closed = self._closed or error
            self._changed.notify()
