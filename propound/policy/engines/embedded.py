"""The engine that comes with the package: numpy, no further installation, made for small decoders.

One thread takes requests as they come. In every step each request in flight advances: by as much of its context
as is not in its slot yet, or by one sampled token. A slot keeps the keys and values of a context after its request,
so the next turn of an episode computes only what is new; other episodes copy the beginning that they share.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from propound.policy.chat import end_token, load_tokenizer
from propound.policy.engine import Completion, ContextTooLongError, EngineError
from propound.policy.engines.decoder import Decoder, Piece
from propound.policy.engines.sampler import sample
from propound.policy.engines.weights import Weights

SLOTS = 48
"""Requests in flight; another one waits."""
CHUNK = 512
"""Most tokens of a context that one step takes in."""
WORTH_SHARING = 32
"""A beginning shared with another slot is copied, or waited for, from this many tokens on."""


@dataclass(eq=False)
class _Request:
    context: NDArray[np.int64]
    generator: np.random.Generator
    temperature: float
    max_tokens: int
    future: Future[Completion]
    tokens: list[int] = field(default_factory=list)
    log_probabilities: list[float] = field(default_factory=list)


@dataclass(eq=False)
class _Slot:
    number: int
    tokens: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    """What it holds, or soon will."""
    length: int = 0
    """How many of them it holds."""
    used: int = 0
    """Step of its last use."""
    request: _Request | None = None


class EmbeddedEngine:
    """An `Engine` on the processor. Equal requests give equal tokens as far as `decoder` says."""

    def __init__(self, folder: Path, slots: int = SLOTS) -> None:
        """Load the checkpoint in a folder; it needs config.json, model.safetensors and tokenizer.json.

        Raises:
            EngineError: it is no Qwen3 decoder.
            ChatError: its tokenizer is not one for conversations.
        """
        with threadpool_limits(1, "blas"):
            self._decoder = Decoder(Weights.load(folder), slots)
        self._limit = self._decoder.weights.shape.context
        self._end = end_token(load_tokenizer(folder))
        self._slots = [_Slot(number) for number in range(slots)]
        self._waiting: deque[_Request] = deque()
        self._changed = threading.Condition()
        self._closed: EngineError | None = None
        self._steps = 0
        self._thread = threading.Thread(target=self._run, name="embedded engine", daemon=True)
        self._thread.start()

    def complete(
        self, context: Sequence[int], *, seed: int, temperature: float, max_tokens: int
    ) -> Completion:
        """See `Engine`."""
        if not 0 < len(context) < self._limit:
            raise ContextTooLongError(f"a context holds 1 to {self._limit - 1} tokens, not {len(context)}")
        request = _Request(
            context=np.asarray(context, np.int64),
            generator=np.random.default_rng(seed),
            temperature=temperature,
            max_tokens=min(max_tokens, self._limit - len(context)),
            future=Future(),
        )
        if (
            request.max_tokens < 1
            or not 0 <= request.context.min() <= request.context.max() < self._vocabulary
        ):
            raise EngineError(f"max_tokens is at least 1, and token ids are below {self._vocabulary}")
        with self._changed:
            if self._closed:
                raise self._closed
            self._waiting.append(request)
            self._changed.notify()
        return request.future.result()

    def close(self) -> None:
        """See `Engine`."""
        self._shut(EngineError("the engine is closed"))
        self._thread.join()

    @property
    def _vocabulary(self) -> int:
        return self._decoder.weights.shape.vocabulary

    def _shut(self, error: EngineError) -> None:
        with self._changed:
            self._closed = self._closed or error
            self._changed.notify()

    def _run(self) -> None:
        try:
            with threadpool_limits(1, "blas"):  # small products lose by it, and a worker has many processes
                while self._admit():
                    self._step()
        except BaseException as error:  # noqa: BLE001  # every caller is told
            self._shut(EngineError(f"the engine broke: {type(error).__name__}: {error}"))
        held = [slot.request for slot in self._slots if slot.request]
        with self._changed:
            for request in (*held, *self._waiting):
                request.future.set_exception(self._closed or EngineError("the engine ended"))
            self._waiting.clear()

    def _admit(self) -> bool:
        """Give waiting requests slots; wait where there is nothing to do. False when closed."""
        with self._changed:
            while not self._closed and not self._waiting and not any(slot.request for slot in self._slots):
                self._changed.wait()
            waiting, self._waiting = self._waiting, deque()
        left = [request for request in waiting if not self._place(request)]
        with self._changed:
            self._waiting.extendleft(reversed(left))
        return self._closed is None

    def _place(self, request: _Request) -> bool:
        """Find a slot with as much of the context as there is; False to try again after the next step."""
        free = [slot for slot in self._slots if slot.request is None]
        if not free:
            return False
        wanted = request.context[:-1]
        shared = [_shared(slot.tokens, wanted) for slot in self._slots]
        present = [min(count, slot.length) for count, slot in zip(shared, self._slots, strict=True)]
        source = self._slots[int(np.argmax(present))]
        length = present[source.number]
        if max(shared) >= length + WORTH_SHARING:
            return False
        grown = [slot for slot in free if present[slot.number] == slot.length == length]
        slot = min(grown or free, key=lambda each: each.used)
        if slot is not source and present[slot.number] < length:
            length = length if length >= WORTH_SHARING else 0
            self._decoder.copy(source.number, slot.number, length)
        slot.length = length
        slot.tokens = request.context
        slot.request = request
        return True

    def _step(self) -> None:
        """Advance every request, and answer those that are done."""
        self._steps += 1
        active = [(slot, slot.request) for slot in self._slots if slot.request]
        if not active:
            return
        pieces = [
            Piece(slot.number, slot.length, slot.tokens[slot.length : slot.length + CHUNK])
            for slot, _ in active
        ]
        logits = self._decoder.step(pieces)
        for (slot, _), piece in zip(active, pieces, strict=True):
            slot.length = piece.end
            slot.used = self._steps
        ready = [index for index, (slot, _) in enumerate(active) if slot.length == len(slot.tokens)]
        requests = [active[index][1] for index in ready]
        tokens, log_probabilities = sample(
            logits[ready], [each.temperature for each in requests], [each.generator for each in requests]
        )
        for index, token, log_probability in zip(ready, tokens, log_probabilities, strict=True):
            slot, request = active[index]
            request.tokens.append(token)
            request.log_probabilities.append(log_probability)
            if token == self._end or len(request.tokens) == request.max_tokens:
                slot.request = None
                reason = "stop" if token == self._end else "length"
                request.future.set_result(
                    Completion(tuple(request.tokens), tuple(request.log_probabilities), reason)
                )
            else:
                slot.tokens = np.append(slot.tokens, token)


def _shared(first: NDArray[np.int64], second: NDArray[np.int64]) -> int:
    """Length of the beginning that two sequences share."""
    count = min(len(first), len(second))
    differs = np.flatnonzero(first[:count] != second[:count])
    return int(differs[0]) if differs.size else count
