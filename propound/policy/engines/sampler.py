"""Draws the next tokens from logits: one uniform number each, from the request's own generator."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from propound.policy.engines.weights import Array


def sample(
    logits: Array, temperatures: Sequence[float], generators: Sequence[np.random.Generator]
) -> tuple[list[int], list[float]]:
    """A token for each row, and its log-probability under softmax(logits / temperature).

    Temperature 0 takes the likeliest, with its log-probability under softmax(logits).

    Args:
        logits: (rows, vocabulary).
        temperatures: One for each row.
        generators: One for each row; a row at a temperature above 0 takes one number.
    """
    scale = np.array([temperature or 1.0 for temperature in temperatures], np.float32)
    scores = logits / scale[:, None]
    scores -= scores.max(axis=1, keepdims=True)
    cumulated = np.exp(scores).cumsum(axis=1, dtype=np.float64)
    totals = cumulated[:, -1]
    tokens = [
        int(np.searchsorted(cumulated[row, :-1], generator.random() * totals[row], side="right"))
        if temperature > 0
        else int(scores[row].argmax())
        for row, (temperature, generator) in enumerate(zip(temperatures, generators, strict=True))
    ]
    chosen = scores[np.arange(len(tokens)), tokens].astype(np.float64) - np.log(totals)
    return tokens, chosen.tolist()
