"""Conversations as token arrays, and the packs that a training step reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from propound.errors import PropoundError
from propound.policy.chat import ChatError, encode_conversation


class DataError(PropoundError):
    """Training data that cannot be read."""


@dataclass(frozen=True)
class Conversations:
    """Encoded conversations in a row: conversation i is `ids[bounds[i]:bounds[i + 1]]`."""

    ids: NDArray[np.uint16] | NDArray[np.uint32]
    own: NDArray[np.bool_]
    """Which tokens the agent wrote: the targets."""
    bounds: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.bounds) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each conversation."""
        return np.diff(self.bounds)


@dataclass(frozen=True)
class Pack:
    """Conversations in a row, without padding: T tokens, of which n are targets; `lengths` sums to T."""

    ids: torch.Tensor
    lengths: list[int]
    chosen: torch.Tensor
    """Positions whose next token is a target."""
    targets: torch.Tensor
    """The tokens after them."""
    shared: bool = False
    """Whether the first of `lengths` is a beginning that all others continue."""

    def to(self, device: torch.device) -> Self:
        """The same on a device."""
        return replace(
            self, **{name: getattr(self, name).to(device) for name in ("ids", "chosen", "targets")}
        )


def read_messages(path: Path) -> Iterator[list[dict[str, str]]]:
    """The `messages` of every line of a JSONL file (demonstrations, exported trajectories).

    Raises:
        DataError: a line is no JSON object with messages.
    """
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield json.loads(line)["messages"]
            except (ValueError, KeyError, TypeError):
                raise DataError(f"{path}, line {number}: expected a JSON object with messages") from None


def load_conversations(path: Path, tokenizer: Tokenizer, context: int) -> Conversations:
    """Encode a file; what is longer than the context is left out. The arrays are kept in a file beside it.

    Raises:
        DataError: the file cannot be read, or nothing in it can be learnt from.
    """
    stat = path.stat()
    identity = f"1 {stat.st_size} {stat.st_mtime_ns} {context} {tokenizer.to_str()}"
    cache = path.with_name(f"{path.name}.{hashlib.sha256(identity.encode()).hexdigest()[:12]}.npz")
    if cache.exists():
        with np.load(cache) as found:
            return Conversations(found["ids"], found["own"], found["bounds"])
    ids: list[NDArray[Any]] = []
    number = np.uint16 if tokenizer.get_vocab_size() <= 2**16 else np.uint32
    own: list[NDArray[np.bool_]] = []
    for messages in read_messages(path):
        try:
            tokens, mask = encode_conversation(tokenizer, messages)
        except (ChatError, AttributeError) as error:
            raise DataError(f"{path}: {error}") from None
        if len(tokens) <= context and any(mask):
            ids.append(np.array(tokens, dtype=number))
            own.append(np.array(mask))
    if not ids:
        raise DataError(f"{path}: no conversation has an assistant's turn and at most {context} tokens")
    bounds = np.cumsum([0, *map(len, ids)], dtype=np.int64)
    conversations = Conversations(np.concatenate(ids), np.concatenate(own), bounds)
    partial = cache.with_suffix(".partial.npz")
    np.savez(partial, ids=conversations.ids, own=conversations.own, bounds=bounds)
    partial.rename(cache)
    return conversations


def order(lengths: NDArray[np.int64], seed: int, short_tokens: int) -> Iterator[int]:
    """Which conversation comes next, forever: a short-first course, then one shuffled epoch after the other.

    The course holds the shortest conversations, `short_tokens` tokens in all, from short to long.
    """
    ranked = np.argsort(lengths, kind="stable")
    yield from ranked[: int(np.searchsorted(np.cumsum(lengths[ranked]), short_tokens))].tolist()
    epoch = 0
    while True:
        yield from np.random.default_rng([seed, epoch]).permutation(len(lengths)).tolist()
        epoch += 1


def batches(lengths: NDArray[np.int64], seed: int, short_tokens: int, budget: int) -> Iterator[list[int]]:
    """Groups of conversations of at least `budget` tokens each, in `order`, forever."""
    group: list[int] = []
    total = 0
    for index in order(lengths, seed, short_tokens):
        group.append(index)
        total += int(lengths[index])
        if total >= budget:
            yield group
            group, total = [], 0


def arrange(lengths: NDArray[np.int64], group: Sequence[int], size: int) -> list[list[int]]:
    """The group's conversations in packs of at most `size` tokens (a longer one is alone), longest first."""
    packs: list[list[int]] = []
    room = 0
    for index in sorted(group, key=lambda each: (-int(lengths[each]), each)):
        length = int(lengths[index])
        if length <= room:
            packs[-1].append(index)
        else:
            packs.append([index])
            room = size
        room -= length
    return packs


def pack(conversations: Conversations, indices: Sequence[int]) -> Pack:
    """Conversations as tensors; the first token of none is a target."""
    bounds = conversations.bounds
    spans = [slice(int(bounds[index]), int(bounds[index + 1])) for index in indices]
    own = np.concatenate([conversations.own[span] for span in spans])
    own[np.cumsum([0, *(span.stop - span.start for span in spans[:-1])])] = False
    ids = torch.from_numpy(np.concatenate([conversations.ids[span] for span in spans]).astype(np.int64))
    places = torch.from_numpy(np.flatnonzero(own))
    return Pack(ids, [span.stop - span.start for span in spans], places - 1, ids[places])
