"""The engine that comes with the package: numpy, no further installation, made for small decoders.

One thread takes requests as they come. In every step each request in flight advances: by as much of its context
as is not in its slot yet, or by one sampled token. A slot keeps the keys and values of a context after its request,
so the next turn of an episode computes only what is new; other episodes copy the beginning that they share.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from propound.policy.chat import end_token, load_tokenizer
from propound.policy.engines.decoder import Decoder, Piece
from propound.policy.engines.sampler import sample
from propound.policy.engines.threaded import Request, ThreadedEngine
from propound.policy.engines.weights import Weights

SLOTS = 48
"""Requests in flight; another one waits."""
CHUNK = 512
"""Most tokens of a context that one step takes in."""
WORTH_SHARING = 32
"""A beginning shared with another slot is copied, or waited for, from this many tokens on."""


@dataclass(eq=False)
class _Slot:
    number: int
    tokens: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    """What it holds, or soon will."""
    length: int = 0
    """How many of them it holds."""
    used: int = 0
    """Step of its last use."""
    request: Request | None = None


class EmbeddedEngine(ThreadedEngine):
    """On the processor, with one core. Equal requests get equal completions, whatever runs beside them."""

    def __init__(self, folder: Path, slots: int = SLOTS) -> None:
        """Load the checkpoint in a folder; it needs config.json, model.safetensors and tokenizer.json.

        Raises:
            EngineError: it is no Qwen3 decoder.
            ChatError: its tokenizer is not one for conversations.
        """
        with threadpool_limits(1, "blas"):
            self._decoder = Decoder(Weights.load(folder), slots)
        shape = self._decoder.weights.shape
        end = end_token(load_tokenizer(folder))
        super().__init__(context=shape.context, vocabulary=shape.vocabulary, ends={end})
        self._slots = [_Slot(number) for number in range(slots)]
        self._steps = 0
        self._start()

    def _serve(self) -> None:
        with threadpool_limits(1, "blas"):  # small products lose by more, and a worker has many processes
            while True:
                waiting = self._take(patiently=not any(slot.request for slot in self._slots))
                if waiting is None:
                    return
                self._put_back([request for request in waiting if not self._place(request)])
                self._step()

    def _place(self, request: Request) -> bool:
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
            if request.add(token, log_probability):
                slot.request = None
            else:
                slot.tokens = np.append(slot.tokens, token)


def _shared(first: NDArray[np.int64], second: NDArray[np.int64]) -> int:
    """Length of the beginning that two sequences share."""
    count = min(len(first), len(second))
    differs = np.flatnonzero(first[:count] != second[:count])
    return int(differs[0]) if differs.size else count
