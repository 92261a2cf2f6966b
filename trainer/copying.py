"""A network that can copy before it has learnt anything: an induction head, built into the first weights.

What an agent writes is for the most part in its context: names, numbers, wordings. A transformer finds out how to
copy in two steps that are useless without each other - a head that carries each token to its successor, and one that
looks for the token that came after the present one before (Olsson et al. 2022) -, and with a few million tokens
to learn from it may not find them at all (docs/lab/experiments.md). So they are there from the start, as ordinary
weights that training changes like all others:

- layer 0, the first heads: each attends to one of the positions before. Their queries and keys are the same at every
  position, fast pairs of the rotary embedding alone, with the query turned back by so many positions.
- layer 1, first head of each group: attends to where the tokens before were the present one and those before it, by
  slow pairs, which hardly turn within a context; hands on the token that stands there, a part of its embedding in
  each group. Matching the last three tokens, not one, tells places apart where a common word stands in many.
"""

from __future__ import annotations

import torch
from torch import Tensor

from trainer.network import Network

GENTLE = ("model.layers.0.self_attn.", "model.layers.1.self_attn.")
"""Beginnings of the names of the matrices that hold the circuit, which fast learning would wash out."""
SLOW = 1.2e-3
"""Radians per position below which a rotary pair counts as slow: 1,000 positions are a sixth of a turn."""
FAST_SHARES = (0.3, 0.3, 0.2, 0.1, 0.06, 0.04)
"""How much the fastest pairs contribute to the head that attends to the position before."""
MATCHED = (0.5, 0.3, 0.2)
"""How much the present token and those before it count where they are looked for."""
CONSTANT = 0.1
"""The first entry of every embedding: what queries and keys that do not depend on the token are made of."""
SHARPNESS = 2.5
"""Weight of the norms of queries and keys in both layers."""
STURDY = 8.0
"""Scale of queries' and keys' weights: their norms undo it, but updates of a given size change less of them."""
CARRIED = 0.15
"""Scale at which a token is written to its successors; embeddings have 0.02."""
FOUND = 1.0
"""Scale at which the token that was found is written."""
LOUDNESS = 3.0
"""Weight of the last norm: what was found stands out among all tokens."""


@torch.no_grad()
def draw_first_weights(network: Network, generator: torch.Generator) -> None:
    """Draw a new network's weights; the projections back into the stream start at zero, but for the circuit."""
    for name, weight in network.named_parameters():
        if weight.ndim == 2:
            weight.normal_(0.0, 0.02, generator=generator)
        if name.endswith(("o_proj.weight", "down_proj.weight")):
            weight.zero_()
    _build_circuit(network, generator)


def _build_circuit(network: Network, generator: torch.Generator) -> None:
    """Write the circuit into a network whose projections back into the stream are zero, if it is large enough."""
    shape = network.shape
    head, hidden, groups = shape.head_dim, shape.hidden_size, shape.num_key_value_heads
    matched = len(MATCHED)
    if (
        shape.num_hidden_layers < 2
        or hidden <= (1 + matched + groups) * head
        or shape.num_attention_heads < matched * groups
    ):
        return
    angles = shape.rope_theta ** -(torch.arange(0, head, 2) / head)
    network.model.embed_tokens.weight[:, 0] = CONSTANT
    network.model.norm.weight.fill_(LOUDNESS)
    parts = _orthogonal(hidden - 1, generator)[: (1 + matched + groups) * head]
    present, *others = torch.split(torch.cat((torch.zeros(len(parts), 1), parts), 1), head)
    carried, found = others[:matched], others[matched:]

    before = network.model.stack[0].self_attn
    before.k_proj.weight[:head] = _constant(_back(angles, 0), hidden)
    before.v_proj.weight[:head] = present
    for number, place in enumerate(carried):
        rows = slice(number * head, (number + 1) * head)
        before.q_proj.weight[rows] = _constant(_back(angles, number + 1), hidden)
        before.o_proj.weight[:, rows] = CARRIED * place.T

    match = network.model.stack[1].self_attn
    pairs = torch.nonzero(angles <= SLOW).flatten()
    slow = torch.cat((pairs, pairs + head // 2))
    sought = [CARRIED / 0.02 * present, *carried[:-1]]
    for group in range(groups):
        keys = slice(group * head, (group + 1) * head)
        first = group * (shape.num_attention_heads // groups) * head
        queries = slice(first, first + head)
        match.k_proj.weight[keys] = 0.0
        match.q_proj.weight[queries] = 0.0
        for share, there, here in zip(MATCHED, carried, sought, strict=True):
            mixed = share**0.5 * STURDY * _orthogonal(head, generator)[: len(slow)]
            match.k_proj.weight[keys][slow] += mixed @ there
            match.q_proj.weight[queries][slow] += mixed @ here
        match.v_proj.weight[keys] = found[group]
        match.o_proj.weight[:, queries] = FOUND * found[group].T
    for attention in (before, match):
        attention.q_norm.weight.fill_(SHARPNESS)
        attention.k_norm.weight.fill_(SHARPNESS)


def _back(angles: Tensor, positions: int) -> Tensor:
    """The query that scores highest with the key `_back(angles, 0)` so many positions before it; (head,)."""
    strengths = torch.zeros_like(angles)
    shares = torch.tensor(FAST_SHARES)[: len(angles)]
    strengths[: len(shares)] = shares.sqrt()
    turned = positions * angles
    return torch.cat((strengths * turned.cos(), -strengths * turned.sin()))


def _constant(vector: Tensor, hidden: int) -> Tensor:
    """A projection that gives the vector, whatever the token: (len(vector), hidden)."""
    projection = torch.zeros(len(vector), hidden)
    projection[:, 0] = STURDY * vector
    return projection


def _orthogonal(size: int, generator: torch.Generator) -> Tensor:
    """A random orthogonal matrix."""
    basis, _ = torch.linalg.qr(torch.randn(size, size, generator=generator))
    return torch.as_tensor(basis)
