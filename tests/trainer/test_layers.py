"""Layers that keep little for the backward pass give what PyTorch's plain functions give, gradients too."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from trainer.layers import FeedForward, Norm

HIDDEN, INNER, PLACES = 6, 10, 5


def plain_norm(layer: Norm, x: Tensor) -> Tensor:
    return F.rms_norm(x, layer.weight.shape, layer.weight, layer.epsilon)


def plain_feed_forward(layer: FeedForward, x: Tensor) -> Tensor:
    found: Tensor = layer.down_proj(F.silu(layer.gate_proj(x)) * layer.up_proj(x))
    return found


def made(layer: nn.Module, dtype: torch.dtype) -> tuple[nn.Module, Tensor]:
    """The layer with random parameters, and an input."""
    random = torch.Generator().manual_seed(0)
    layer.to(dtype)
    with torch.no_grad():
        for each in layer.parameters():
            each.normal_(generator=random)
    return layer, torch.randn(PLACES, 2, HIDDEN, generator=random, dtype=dtype)


LAYERS = pytest.mark.parametrize(
    ("layer", "plain"),
    [(Norm(HIDDEN, 1e-6), plain_norm), (FeedForward(HIDDEN, INNER), plain_feed_forward)],
    ids=["norm", "feed-forward"],
)


@LAYERS
def test_values_and_gradients_are_those_of_plain_functions(
    layer: nn.Module, plain: Callable[[nn.Module, Tensor], Tensor]
) -> None:
    made_layer, x = made(layer, torch.float64)
    x = (x if isinstance(layer, Norm) else x[:, 0]).requires_grad_()
    parameters = [x, *made_layer.parameters()]
    found, expected = made_layer(x), plain(made_layer, x)
    torch.testing.assert_close(found, expected)
    above = torch.linspace(-1, 2, found.numel(), dtype=torch.float64).view(found.shape)
    for mine, theirs in zip(
        torch.autograd.grad(found, parameters, above),
        torch.autograd.grad(expected, parameters, above),
        strict=True,
    ):
        torch.testing.assert_close(mine, theirs)


@LAYERS
def test_with_products_in_bfloat16_a_layer_gives_bfloat16(
    layer: nn.Module, plain: Callable[[nn.Module, Tensor], Tensor]
) -> None:
    made_layer, x = made(layer, torch.float)
    x = x[:, 0].requires_grad_()
    parameters = [x, *made_layer.parameters()]
    with torch.autocast("cpu", torch.bfloat16):
        found, expected = made_layer(x), plain(made_layer, x)
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.float(), expected.float(), atol=0.05, rtol=0.02)
    for mine, theirs, parameter in zip(
        torch.autograd.grad(found.float().sum(), parameters),
        torch.autograd.grad(expected.float().sum(), parameters),
        parameters,
        strict=True,
    ):
        assert mine.dtype == parameter.dtype
        torch.testing.assert_close(mine, theirs, atol=0.3, rtol=0.05)


def test_a_norm_by_hand() -> None:
    """The root mean square of (3, 4, 0, 0) is 2.5; times 2."""
    layer = Norm(4, 0.0)
    with torch.no_grad():
        layer.weight.fill_(2.0)
        torch.testing.assert_close(
            layer(torch.tensor([3.0, 4.0, 0.0, 0.0])), torch.tensor([2.4, 3.2, 0.0, 0.0])
        )


def test_a_feed_forward_layer_keeps_its_two_projections_alone() -> None:
    kept: list[Tensor] = []

    def keep(tensor: Tensor) -> Tensor:
        kept.append(tensor)
        return tensor

    layer = FeedForward(HIDDEN, INNER)
    x = torch.randn(PLACES, HIDDEN)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        layer(x)
    wide = {each.data_ptr() for each in kept if each.shape == (PLACES, INNER)}
    assert len(wide) == 2
