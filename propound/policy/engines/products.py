"""Matrix products in which every row is rounded alike, wherever it stands and whatever stands beside it.

OpenBLAS's AVX-512 kernels do so whatever the number of rows. Its AVX2 kernels round the last bit of a row by its place
among them; there few rows are multiplied at a time, at about half the speed.
"""

from __future__ import annotations

import numpy as np

from propound.policy.engines.weights import Array, Weights

BLOCK = 256
"""Positions in a block of keys or values."""
FEW = 8
"""Rows that every BLAS seen so far computes alike: OpenBLAS for AVX2, AVX-512 and older processors."""
_PROBED = (8, 16, 24, 56, 104, 216)


class Products:
    """How this machine's BLAS is to be asked."""

    def __init__(self, weights: Weights) -> None:
        """Try the products that the weights need."""
        shape, layer = weights.shape, weights.layers[0]
        rng = np.random.default_rng(0)
        cache = [rng.standard_normal(size, np.float32) for size in ((shape.head, BLOCK), (BLOCK, shape.head))]
        matrices = [layer.attention_in, layer.attention_out, layer.gate_up, layer.down, weights.head, *cache]
        self.alike = all(_rounds_alike(matrix, rng) for matrix in matrices)
        """Whether products of any number of rows do; otherwise few rows are multiplied at a time."""

    def rows(self, rows: Array, matrix: Array) -> Array:
        """(n, inputs) times (inputs, outputs)."""
        count = len(rows)
        if count % FEW:
            rows = np.concatenate((rows, np.zeros((-count % FEW, rows.shape[1]), np.float32)))
        if self.alike:
            return (rows @ matrix)[:count]
        return (rows.reshape(-1, FEW, rows.shape[1]) @ matrix).reshape(len(rows), -1)[:count]

    def stacked(self, groups: Array, blocks: Array) -> Array:
        """(heads, 1 or n, count, group, inputs) times (heads, n, inputs, outputs).

        The result is (heads, n, count, group, outputs).
        """
        if not self.alike:
            return groups @ blocks[:, :, None]
        heads, repeats, count, group, inputs = groups.shape
        together = groups.reshape(heads, repeats, count * group, inputs) @ blocks
        return together.reshape(heads, -1, count, group, blocks.shape[-1])


def _rounds_alike(matrix: Array, rng: np.random.Generator) -> bool:
    """Whether equal rows have equal products at every place of products of many sizes."""
    row = rng.standard_normal((1, len(matrix)), np.float32)
    wanted = (np.repeat(row, FEW, axis=0) @ matrix)[0]
    return all(bool(np.all(np.repeat(row, count, axis=0) @ matrix == wanted)) for count in _PROBED)
