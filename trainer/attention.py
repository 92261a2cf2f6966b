"""Causal attention of packs: PyTorch's own kernels on GPUs, and for processors one in blocks of queries.

On processors PyTorch's kernel converts bfloat16 back to float32; these are plain matrix products and softmaxes, which
run in bfloat16 where the processor has it, at twice the speed on an AVX-512 processor. Memory grows with the length,
not with its square: the backward pass computes the weights again (Dao et al. 2022, "FlashAttention").
"""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor
from torch.nn.attention.bias import causal_lower_right

BLOCK = 128
"""Queries at a time; the weights of a block fit into a processor's cache."""


_softmax_gradient = torch.ops.aten._softmax_backward_data  # noqa: SLF001  # PyTorch has no public name for it


class _Causal(torch.autograd.Function):
    """Attention of scaled queries (G, R, T, d) to keys and values (G, E, d): R query heads share a key head.

    The queries are those of the last T of E places.
    """

    @staticmethod
    def forward(context: Any, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        result = torch.empty_like(query)
        before = key.shape[1] - query.shape[2]
        for start in range(0, query.shape[2], BLOCK):
            block = query[:, :, start : start + BLOCK]
            end = before + start + block.shape[2]
            mixed = torch.bmm(_weights(block, key[:, :end]), value[:, :end])
            result[:, :, start : start + BLOCK] = mixed.view(block.shape)
        context.save_for_backward(query, key, value)
        return result

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        query, key, value = context.saved_tensors
        groups, _, length, size = query.shape
        before = key.shape[1] - length
        d_query, d_key, d_value = torch.empty_like(query), torch.zeros_like(key), torch.zeros_like(value)
        for start in range(0, length, BLOCK):
            block = query[:, :, start : start + BLOCK]
            end = before + start + block.shape[2]
            above = gradient[:, :, start : start + BLOCK].reshape(groups, -1, size)
            weights = _weights(block, key[:, :end])
            d_value[:, :end].baddbmm_(weights.transpose(1, 2), above)
            d_weights = torch.bmm(above, value[:, :end].transpose(1, 2))
            d_scores = _softmax_gradient(d_weights, weights, -1, weights.dtype)
            d_query[:, :, start : start + BLOCK] = torch.bmm(d_scores, key[:, :end]).view(block.shape)
            d_key[:, :end].baddbmm_(d_scores.transpose(1, 2), block.reshape(groups, -1, size))
        return d_query, d_key, d_value


def _weights(query: Tensor, key: Tensor) -> Tensor:
    """(G, R, B, d) and (G, E, d) -> (G, R * B, E): what each query, the last B of E, takes from each key."""
    groups, heads, block, size = query.shape
    scores = torch.bmm(query.reshape(groups, -1, size), key.transpose(1, 2))
    scores.view(groups, heads, block, -1)[..., -block:].add_(_future(block, query.dtype))
    return torch.softmax(scores, -1)


@cache
def _future(size: int, dtype: torch.dtype) -> Tensor:
    return torch.full((size, size), float("-inf"), dtype=dtype).triu_(1)


def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Causal attention, (T, heads, d) and twice (E, key heads, d) -> (T, heads, d).

    The queries are those of the last T of E places.
    """
    if query.device.type != "cpu":
        return attend_by_torch(query, key, value)
    length, heads, size = query.shape
    groups = key.shape[1]
    scaled = (query * size**-0.5).view(length, groups, heads // groups, size).permute(1, 2, 0, 3).contiguous()
    parts = (each.transpose(0, 1).contiguous() for each in (key, value))
    result: Tensor = _Causal.apply(scaled, *parts)  # type: ignore[no-untyped-call]
    return result.permute(2, 0, 1, 3).reshape(length, heads, size)


def attend_by_torch(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """As `attend`, by the kernel that PyTorch has for the device."""
    mask = causal_lower_right(len(query), len(key))
    q, k, v = (each.transpose(0, 1)[None] for each in (query, key, value))
    mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=True)
    return mixed[0].transpose(0, 1)


def attend_pack(query: Tensor, key: Tensor, value: Tensor, lengths: list[int], *, shared: bool) -> Tensor:
    """Attention within a pack of these lengths: (T, heads, d) and twice (T, key heads, d) -> (T, heads, d).

    Each conversation attends to itself alone; with `shared`, the first is a beginning that all others continue.
    """
    queries, keys, values = (torch.split(each, lengths) for each in (query, key, value))
    results = []
    for number, (q, k, v) in enumerate(zip(queries, keys, values, strict=True)):
        if shared and number:
            k, v = torch.cat((keys[0], k)), torch.cat((values[0], v))  # noqa: PLW2901
        results.append(attend(q, k, v))
    return torch.cat(results)


def places(lengths: list[int], *, shared: bool, device: torch.device) -> Tensor:
    """The place of each token of a pack in its conversation, (T,)."""
    first = lengths[0] if shared else 0
    starts = [0, *[first] * (len(lengths) - 1)]
    return torch.cat(
        [torch.arange(start, start + n, device=device) for start, n in zip(starts, lengths, strict=True)]
    )
