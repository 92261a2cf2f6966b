"""The output layer in a few rows at a time is PyTorch's on all rows at once, and never holds all logits."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from trainer import head
from trainer.device import PROCESSOR, rows_on
from trainer.head import score


def draw(
    targets: int, hidden: int, vocabulary: int, dtype: torch.dtype = torch.float64
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Hidden states, a layer and its bias, targets."""
    random = torch.Generator().manual_seed(targets)
    states, weight, bias = (
        torch.randn(*shape, generator=random, dtype=dtype, requires_grad=True)
        for shape in ((targets, hidden), (vocabulary, hidden), (vocabulary,))
    )
    return states, weight, bias, torch.randint(vocabulary, (targets,), generator=random)


def plain(
    states: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor, temperature: float
) -> tuple[Tensor, Tensor]:
    """Log-probabilities and entropies from all logits at once."""
    full = torch.log_softmax(F.linear(states, weight, bias).to(states.dtype) / temperature, -1)
    return full.gather(-1, targets[:, None])[:, 0], -(full.exp() * full).sum(-1)


@pytest.fixture(autouse=True)
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head, "rows_on", lambda _: 3)


def test_by_hand() -> None:
    """Two tokens with logits 0 and log 3: probabilities 1/4 and 3/4; at T = 1/2 they are 1/10 and 9/10."""
    weight = torch.tensor([[0.0], [1.0]]).mul(torch.tensor(3.0).log())
    for temperature, likely in ((1.0, 0.75), (0.5, 0.9)):
        chosen, entropies = score(torch.ones(2, 1), weight, None, torch.tensor([1, 0]), temperature)
        p = torch.tensor([likely, 1 - likely])
        torch.testing.assert_close(chosen, p.log())
        torch.testing.assert_close(entropies, -(p * p.log()).sum().expand(2))


@settings(max_examples=30)
@given(
    targets=st.integers(0, 8), vocabulary=st.integers(1, 9), temperature=st.sampled_from([0.5, 1.0, 1.7]),
    with_bias=st.booleans(),
)  # fmt: skip
def test_values_and_gradients_are_those_of_all_logits(
    targets: int, vocabulary: int, temperature: float, with_bias: bool
) -> None:
    states, weight, bias, wanted = draw(targets, 4, vocabulary)
    parameters = [states, weight, *([bias] if with_bias else [])]
    found, expected = (
        which(states, weight, bias if with_bias else None, wanted, temperature) for which in (score, plain)
    )
    above = torch.linspace(-1, 2, targets, dtype=torch.float64)
    for mine, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, theirs)
    for mine, theirs in zip(
        torch.autograd.grad(found[0], parameters, above),
        torch.autograd.grad(expected[0], parameters, above),
        strict=True,
    ):
        torch.testing.assert_close(mine, theirs)


def test_with_products_in_bfloat16_it_is_as_plain_functions_under_autocast() -> None:
    states, weight, _, wanted = draw(7, 32, 50, torch.float)
    found: list[Tensor] = []
    expected: list[Tensor] = []
    for which, into in ((score, found), (plain, expected)):
        with torch.autocast("cpu", torch.bfloat16):
            chosen, entropies = which(states, weight, None, wanted, 1.0)
        into += [chosen, entropies, *torch.autograd.grad(chosen.sum(), [states, weight])]
    for mine, theirs in zip(found, expected, strict=True):
        assert mine.dtype == torch.float
        torch.testing.assert_close(mine, theirs, atol=0.05, rtol=0.02)


def test_entropies_and_a_frozen_layer_have_no_gradient() -> None:
    states, weight, bias, wanted = draw(5, 4, 6)
    chosen, entropies = score(states, weight.detach(), bias.detach(), wanted)
    assert not entropies.requires_grad
    (gradient,) = torch.autograd.grad(chosen.sum(), [states])
    assert gradient.shape == states.shape


class _Largest(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """How many elements the largest tensor has that any operation makes."""

    elements = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        made = [each.numel() for each in tree_leaves(result) if isinstance(each, Tensor)]
        self.elements = max(self.elements, *made, 0)
        return result


def largest() -> _Largest:
    return _Largest()  # type: ignore[no-untyped-call]


def test_no_tensor_has_all_logits() -> None:
    states, weight, _, wanted = draw(200, 4, 300)
    with largest() as seen:
        chosen, _ = score(states, weight, None, wanted)
        torch.autograd.grad(chosen.sum(), [states, weight])
    assert seen.elements == 4 * 300  # the layer itself; three rows are fewer
    with largest() as seen:
        plain(states, weight, None, wanted, 1.0)
    assert seen.elements == 200 * 300


def test_a_processor_takes_fewer_rows_than_a_gpu() -> None:
    assert rows_on(PROCESSOR) < rows_on(torch.device("cuda"))
