"""The network on packs is transformers' Qwen3, and no conversation of a pack sees another."""

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer

from propound.policy.chat import encode_conversation, load_tokenizer
from tests.factories import checkpoints, conversations
from tests.factories.networks import logits
from trainer.adapted import Adapted
from trainer.attention import attend, attend_by_torch
from trainer.batch import Pack
from trainer.copying import draw_first_weights
from trainer.network import Network, Shape, load_network

LENGTHS = [37, 1, 190, 64]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return checkpoints.write(tmp_path)


def draw_ids(total: int) -> Tensor:
    return torch.randint(0, 320, (total,), generator=torch.Generator().manual_seed(1))


def loss_and_gradients(network: torch.nn.Module, loss: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    names, parameters = zip(*network.named_parameters(), strict=True)
    return loss.detach(), dict(zip(names, torch.autograd.grad(loss, parameters), strict=True))


def test_a_pack_is_transformers_padded_batch(folder: Path) -> None:
    network, reference = (
        load_network(folder),
        AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32),
    )
    ids = draw_ids(sum(LENGTHS))
    chosen = torch.cat([torch.arange(length - 1) + sum(LENGTHS[:i]) for i, length in enumerate(LENGTHS)])
    scored, _ = network.score(Pack(ids, LENGTHS, chosen, ids[chosen + 1]))
    loss, gradients = loss_and_gradients(network, -scored.sum())

    padded = torch.nn.utils.rnn.pad_sequence(list(torch.split(ids, LENGTHS)), batch_first=True)
    mask = torch.arange(max(LENGTHS))[None] < torch.tensor(LENGTHS)[:, None]
    full = reference(padded, attention_mask=mask.long()).logits
    targets = padded.masked_fill(~mask, -100)
    expected = F.cross_entropy(full[:, :-1].flatten(0, 1), targets[:, 1:].flatten(), reduction="sum")
    expected_loss, expected_gradients = loss_and_gradients(reference, expected)

    torch.testing.assert_close(logits(network, ids, LENGTHS), full[mask], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(loss, expected_loss)
    assert gradients.keys() == expected_gradients.keys()
    for name, gradient in gradients.items():
        torch.testing.assert_close(gradient, expected_gradients[name], atol=1e-3, rtol=1e-4, msg=name)


def test_a_neighbour_changes_nothing(folder: Path) -> None:
    network = load_network(folder)
    ids = draw_ids(sum(LENGTHS))
    together = logits(network, ids, LENGTHS)
    alone = torch.cat([logits(network, part, [len(part)]) for part in torch.split(ids, LENGTHS)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)
    weight = torch.randn(together.shape, generator=torch.Generator().manual_seed(2))
    _, first = loss_and_gradients(network, (together * weight).sum())
    _, second = loss_and_gradients(network, (alone * weight).sum())
    for name, gradient in first.items():
        scale = float(gradient.abs().max())
        torch.testing.assert_close(gradient / scale, second[name] / scale, atol=1e-5, rtol=1e-5, msg=name)


@settings(max_examples=20)
@given(
    length=st.integers(1, 300), before=st.integers(0, 200), groups=st.integers(1, 2), shared=st.integers(1, 3)
)
def test_attention_is_pytorchs(length: int, before: int, groups: int, shared: int) -> None:
    random = torch.Generator().manual_seed(length)
    parts = [
        torch.randn(places, heads, 8, generator=random, requires_grad=True)
        for places, heads in (
            (length, groups * shared),
            (before + length, groups),
            (before + length, groups),
        )
    ]
    results: list[list[Any]] = []
    for function in (attend, attend_by_torch):
        mixed = function(*parts)
        results.append([mixed, *torch.autograd.grad(mixed.square().sum(), parts)])
    for mine, expected in zip(*results, strict=True):
        torch.testing.assert_close(mine, expected, atol=1e-4, rtol=1e-4)


def test_what_is_written_loads_in_transformers(tmp_path: Path) -> None:
    tokenizer = conversations.tokenizer()
    network = Network(
        Shape(tokenizer.get_vocab_size(), hidden_size=64, intermediate_size=96, num_hidden_layers=2)
    )
    draw_first_weights(network, torch.Generator().manual_seed(0))
    network.write(tmp_path, tokenizer)
    reference = AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32)
    theirs: Any = AutoTokenizer.from_pretrained(tmp_path)
    messages = conversations.conversation(2)
    ids, _ = encode_conversation(load_tokenizer(tmp_path), messages)
    assert theirs.apply_chat_template(messages, return_dict=True)["input_ids"] == ids
    assert reference.generation_config.eos_token_id == theirs.eos_token_id
    with torch.no_grad():
        expected = reference(torch.tensor([ids])).logits[0]
        found = logits(load_network(tmp_path), torch.tensor(ids), [len(ids)])
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_networks_of_transformers_are_trained_on_packs_alike(folder: Path) -> None:
    ids, weight = draw_ids(sum(LENGTHS)), torch.randn(4, generator=torch.Generator().manual_seed(2))
    chosen = torch.tensor([0, 36, 37, 250])
    pack = Pack(ids, LENGTHS, chosen, ids[chosen + 1])
    results = [
        loss_and_gradients(each, (each.score(pack, 0.7)[0] * weight).sum())
        for each in (load_network(folder), Adapted(folder, None))
    ]
    torch.testing.assert_close(results[0][0], results[1][0], atol=1e-3, rtol=1e-4)
    for name, gradient in results[0][1].items():
        torch.testing.assert_close(gradient, results[1][1][f"model.{name}"], atol=1e-3, rtol=1e-3, msg=name)


def test_adapters_alone_are_trained_and_merged(folder: Path, tmp_path: Path) -> None:
    network = Adapted(folder, 4)
    trained = [(name, each) for name, each in network.named_parameters() if each.requires_grad]
    assert trained
    assert all("lora_" in name for name, _ in trained)
    with torch.no_grad():
        for _, each in trained:
            each.normal_(std=0.1, generator=torch.Generator().manual_seed(3))
    (tmp_path / "merged").mkdir()
    network.write(tmp_path / "merged", load_tokenizer(folder))
    ids = draw_ids(50)
    pack = Pack(ids, [50], torch.arange(49), ids[1:])
    with torch.no_grad():
        expected, merged, before = (
            each.score(pack)[0] for each in (network, load_network(tmp_path / "merged"), load_network(folder))
        )
    assert (merged - expected).abs().mean() < 0.3 * (before - expected).abs().mean()
