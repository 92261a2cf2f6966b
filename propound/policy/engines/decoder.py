"""A Qwen3 decoder in numpy: float32, a cache of keys and values per slot, many sequences in one step.

A sequence's results do not depend on what runs beside it, nor on how its context was cut into steps: attention
reads the cache in blocks of 256 positions and adds them up in order, and `Products` rounds every row alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from propound.policy.engines.products import BLOCK, Products
from propound.policy.engines.weights import Array, Layer, Weights

TILE = 64
"""Rows of a piece whose attention is computed together, so that the scores stay in the processor's cache;
it divides `BLOCK`, so a tile lies in one block."""


@dataclass(frozen=True)
class Piece:
    """The next tokens of the sequence in a slot."""

    slot: int
    start: int
    """Position of the first of them: how many the slot holds already."""
    tokens: NDArray[np.int64]

    @property
    def end(self) -> int:
        """Positions that the slot holds afterwards."""
        return self.start + len(self.tokens)

    @property
    def blocks(self) -> int:
        """Blocks of the cache that it reads."""
        return -(-self.end // BLOCK)

    def tiles(self) -> Iterator[Piece]:
        """The piece cut at multiples of `TILE`."""
        start = self.start
        while start < self.end:
            end = min(self.end, start - start % TILE + TILE)
            yield Piece(self.slot, start, self.tokens[start - self.start : end - self.start])
            start = end


class Decoder:
    """Weights and cache; for one thread."""

    def __init__(self, weights: Weights, slots: int) -> None:
        """The memory of a slot is taken when it is first filled, 256 positions at a time."""
        self.weights = weights
        self._products = Products(weights)
        shape = weights.shape
        blocks = -(-shape.context // BLOCK)
        sizes = (shape.layers, slots, shape.key_heads, blocks)
        self._keys: Array = np.zeros((*sizes, shape.head, BLOCK), np.float32)
        self._values: Array = np.zeros((*sizes, BLOCK, shape.head), np.float32)
        frequencies = shape.theta ** -(np.arange(0, shape.head, 2) / shape.head)
        angles = np.arange(shape.context)[:, None] * frequencies
        self._turns = np.stack((np.cos(angles), np.sin(angles))).astype(np.float32)
        self._after = np.where(np.tri(BLOCK, dtype=bool), np.float32(0), np.float32(-np.inf))

    def copy(self, source: int, target: int, length: int) -> None:
        """Give the target slot the first `length` positions of another."""
        blocks = -(-length // BLOCK)
        self._keys[:, target, :, :blocks] = self._keys[:, source, :, :blocks]
        self._values[:, target, :, :blocks] = self._values[:, source, :, :blocks]

    def step(self, pieces: Sequence[Piece]) -> Array:
        """Take in the pieces, of different slots; the logits after each, (pieces, vocabulary)."""
        multiply = self._products.rows
        rows = _Rows.of(pieces)
        x = self.weights.embedding[rows.tokens]
        turns = self._turns[:, rows.positions][:, :, None]
        for index, layer in enumerate(self.weights.layers):
            mixed = multiply(self._normalise(x), layer.attention_in)
            x += multiply(self._attend(index, layer, mixed, turns, rows), layer.attention_out)
            gate, up = np.split(multiply(self._normalise(x), layer.gate_up), 2, axis=1)
            with np.errstate(over="ignore"):  # exp(-gate) may be infinite, and the quotient is 0 then
                x += multiply(gate / (1 + np.exp(-gate)) * up, layer.down)
        return multiply(self._normalise(x[rows.ends - 1]), self.weights.head)

    def _normalise(self, x: Array) -> Array:
        squares: Array = np.einsum("...i,...i->...", x, x)[..., None]
        roots: Array = np.sqrt(squares / np.float32(x.shape[-1]) + np.float32(self.weights.shape.epsilon))
        return x / roots

    def _attend(self, index: int, layer: Layer, mixed: Array, turns: Array, rows: _Rows) -> Array:
        """Store keys and values of the rows, and attend: (rows, heads * head)."""
        shape = self.weights.shape
        count = len(mixed)
        mixed = mixed.reshape(count, -1, shape.head)
        queries = mixed[:, : shape.heads]
        keys, values = np.split(mixed[:, shape.heads :], 2, axis=1)
        queries = _rotate(self._normalise(queries) * layer.query_norm, turns)
        keys = _rotate(self._normalise(keys) * layer.key_norm, turns)
        place = (rows.slots, slice(None), rows.blocks)
        self._keys[index][(*place, slice(None), rows.offsets)] = keys
        self._values[index][(*place, rows.offsets)] = values
        grouped = queries.reshape(count, shape.key_heads, -1, shape.head)
        out = np.empty_like(grouped)
        singles = len(rows.singles)
        if singles:
            out[:singles] = self._attend_singles(index, grouped[:singles], rows.singles)
        for piece, start in rows.longer:
            for tile in piece.tiles():
                part = slice(start + tile.start - piece.start, start + tile.end - piece.start)
                out[part] = self._attend_tile(index, grouped[part], tile)
        return out.reshape(count, -1)

    def _attend_singles(self, index: int, queries: Array, pieces: Sequence[Piece]) -> Array:
        """Attention of one row of each piece, (pieces, key_heads, group, head); all blocks in one array."""
        counts = np.array([piece.blocks for piece in pieces])
        bounds = np.concatenate(([0], np.cumsum(counts)))
        firsts = bounds[:-1]
        key_heads, group, head = queries.shape[1:]
        scores = np.empty((key_heads, bounds[-1], group, BLOCK), np.float32)
        keys, values = self._keys[index], self._values[index]
        for i, piece in enumerate(pieces):
            blocks = slice(bounds[i], bounds[i + 1])
            np.matmul(queries[i][:, None], keys[piece.slot, :, : counts[i]], out=scores[:, blocks])
        ends = np.array([piece.end for piece in pieces])
        scores[:, bounds[1:] - 1] += self._after[(ends - 1) % BLOCK][:, None]
        greatest = np.maximum.reduceat(scores.max(axis=3), firsts, axis=1)
        scores -= np.repeat(greatest, counts, axis=1)[..., None]
        np.exp(scores, out=scores)
        sums = _add_up(scores.sum(axis=3), firsts, counts)
        parts = np.empty((key_heads, bounds[-1], group, head), np.float32)
        for i, piece in enumerate(pieces):
            blocks = slice(bounds[i], bounds[i + 1])
            np.matmul(scores[:, blocks], values[piece.slot, :, : counts[i]], out=parts[:, blocks])
        return np.moveaxis(_add_up(parts, firsts, counts) / sums[..., None], 1, 0)

    def _attend_tile(self, index: int, queries: Array, tile: Piece) -> Array:
        """Attention of all rows of a tile, (rows, key_heads, group, head)."""
        stacked = np.moveaxis(queries, 0, 1)[:, None]
        keys, values = (each[index, tile.slot, :, : tile.blocks] for each in (self._keys, self._values))
        scores = self._products.stacked(stacked, keys)
        offset = tile.start % BLOCK
        scores[:, -1] += self._after[offset : offset + len(queries), None]
        scores -= scores.max(axis=(1, 4), keepdims=True)
        np.exp(scores, out=scores)
        first, count = np.array([0]), np.array([tile.blocks])
        sums = _add_up(scores.sum(axis=4), first, count)
        parts = _add_up(self._products.stacked(scores, values), first, count)
        return np.moveaxis((parts / sums[..., None])[:, 0], 1, 0)


def _add_up(parts: Array, firsts: NDArray[np.int64], counts: NDArray[np.int64]) -> Array:
    """Sums of runs along axis 1, each added from its first to its last, unlike numpy's own sums."""
    total: Array = parts[:, firsts]
    for place in range(1, int(counts.max())):
        longer = counts > place
        total[:, longer] += parts[:, firsts[longer] + place]
    return total


@dataclass(frozen=True)
class _Rows:
    """The tokens of all pieces beneath each other; pieces of one token come first."""

    tokens: NDArray[np.int64]
    positions: NDArray[np.int64]
    slots: NDArray[np.int64]
    blocks: NDArray[np.int64]
    offsets: NDArray[np.int64]
    ends: NDArray[np.int64]
    """Where each piece ends, in the order in which they were given."""
    singles: tuple[Piece, ...]
    longer: tuple[tuple[Piece, int], ...]
    """With the first row of each."""

    @classmethod
    def of(cls, pieces: Sequence[Piece]) -> _Rows:
        order = sorted(range(len(pieces)), key=lambda index: len(pieces[index].tokens) > 1)
        placed = [pieces[index] for index in order]
        lengths = np.array([len(piece.tokens) for piece in placed])
        bounds = np.cumsum(lengths)
        positions = np.concatenate([np.arange(piece.start, piece.end) for piece in placed])
        ends = np.empty_like(bounds)
        ends[order] = bounds
        starts = zip(placed, (bounds - lengths).tolist(), strict=True)
        return cls(
            tokens=np.concatenate([piece.tokens for piece in placed]),
            positions=positions,
            slots=np.repeat([piece.slot for piece in placed], lengths),
            blocks=positions // BLOCK,
            offsets=positions % BLOCK,
            ends=ends,
            singles=tuple(piece for piece in placed if len(piece.tokens) == 1),
            longer=tuple((piece, start) for piece, start in starts if len(piece.tokens) > 1),
        )


def _rotate(x: Array, turns: Array) -> Array:
    """Rotary position embedding: element i of a head and element i + head / 2 are turned together."""
    cosine, sine = turns
    first, second = np.split(x, 2, axis=-1)
    return np.concatenate((first * cosine - second * sine, second * cosine + first * sine), axis=-1)
