"""The circuit that copies: what is repeated is known from the first step, near and far, and nothing else is needed."""

from __future__ import annotations

import pytest
import torch

from tests.factories.networks import logits
from trainer.copying import draw_first_weights
from trainer.network import Network, Shape

VOCABULARY = 3_000


def _share_known(network: Network, between: int) -> float:
    """How often the likeliest next token is right while a text of 24 random tokens is repeated."""
    generator = torch.Generator().manual_seed(7)
    known = 0
    for _ in range(8):
        text = torch.randperm(VOCABULARY, generator=generator)[:24]
        other = torch.randperm(VOCABULARY, generator=generator)
        other = other[~torch.isin(other, text)][:between]
        ids = torch.cat((text, other, text))
        chosen = torch.arange(len(ids) - 24, len(ids) - 1)
        with torch.inference_mode():
            known += int((logits(network, ids, [len(ids)], chosen).argmax(-1) == ids[chosen + 1]).sum())
    return known / (8 * 23)


@pytest.mark.parametrize("between", [1, 50, 700])
def test_a_new_network_copies_near_and_far(between: int) -> None:
    network = Network(Shape(VOCABULARY))
    draw_first_weights(network, torch.Generator().manual_seed(0))
    assert _share_known(network, between) > 0.9


def test_a_new_network_tells_places_apart_by_more_than_one_token() -> None:
    """Of 40 tokens each stands in many places; three in a row hardly ever do."""
    network = Network(Shape(VOCABULARY))
    draw_first_weights(network, torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(3)
    few = torch.randperm(VOCABULARY, generator=generator)[:40]
    known = total = 0
    for _ in range(4):
        text = few[torch.randint(40, (300,), generator=generator)]
        ids = torch.cat((text, text))
        chosen = torch.arange(304, 599)
        with torch.inference_mode():
            known += int((logits(network, ids, [len(ids)], chosen).argmax(-1) == ids[chosen + 1]).sum())
        total += len(chosen)
    assert known / total > 0.8


def test_other_first_weights_do_not() -> None:
    network = Network(Shape(VOCABULARY))
    draw_first_weights(network, torch.Generator().manual_seed(0))
    with torch.no_grad():
        network.model.stack[0].self_attn.v_proj.weight.zero_()
    assert _share_known(network, 50) < 0.1


def test_a_network_without_room_for_it_starts_without() -> None:
    network = Network(Shape(VOCABULARY, hidden_size=64))
    draw_first_weights(network, torch.Generator().manual_seed(0))
    assert not network.model.stack[0].self_attn.o_proj.weight.any()
