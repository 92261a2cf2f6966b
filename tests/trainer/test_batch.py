"""What a step reads: the right targets, in an order that depends on the seed alone."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.policy.chat import encode_conversation
from tests.factories import conversations
from trainer.batch import DataError, arrange, batches, load_conversations, order, pack

LENGTHS = st.lists(st.integers(1, 400), min_size=1, max_size=30).map(np.array)


def test_a_pack_holds_the_agents_tokens_as_targets(tmp_path: Path) -> None:
    tokenizer = conversations.tokenizer()
    data = load_conversations(conversations.write(tmp_path / "d.jsonl", 5), tokenizer, 500)
    for indices in ([0], [3, 1, 4]):
        made = pack(data, indices)
        encoded = [encode_conversation(tokenizer, conversations.conversation(index)) for index in indices]
        assert made.ids.tolist() == [number for ids, _ in encoded for number in ids]
        assert made.lengths == [len(ids) for ids, _ in encoded]
        assert made.targets.tolist() == [
            number for ids, own in encoded for number, flag in zip(ids, own, strict=True) if flag
        ]
        assert (made.ids[made.chosen + 1] == made.targets).all()


def test_encoded_conversations_are_kept(tmp_path: Path) -> None:
    path = conversations.write(tmp_path / "d.jsonl", 5)
    first = load_conversations(path, conversations.tokenizer(), 500)
    kept = list(tmp_path.glob("*.npz"))
    assert len(kept) == 1
    again = load_conversations(path, conversations.tokenizer(), 500)
    for name in ("ids", "own", "bounds"):
        assert np.array_equal(getattr(first, name), getattr(again, name))
    conversations.write(path, 6)
    assert len(load_conversations(path, conversations.tokenizer(), 500)) == 6


def test_what_is_longer_than_the_context_is_left_out(tmp_path: Path) -> None:
    path = conversations.write(tmp_path / "d.jsonl", 20)
    data = load_conversations(path, conversations.tokenizer(), 500)
    context = int(np.median(data.lengths))
    fewer = load_conversations(path, conversations.tokenizer(), context)
    assert sorted(fewer.lengths) == sorted(length for length in data.lengths if length <= context)
    with pytest.raises(DataError, match="no conversation"):
        load_conversations(path, conversations.tokenizer(), 3)


@pytest.mark.parametrize(
    "line", ["nonsense", "[]", '{"text": ""}', '{"messages": [{"role": "x"}]}', '{"messages": [1]}']
)
def test_other_files_are_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "d.jsonl").write_text(line + "\n")
    with pytest.raises(DataError, match=r"d\.jsonl"):
        load_conversations(tmp_path / "d.jsonl", conversations.tokenizer(), 500)


@given(LENGTHS, st.integers(0, 5), st.integers(0, 3_000))
def test_order_is_short_first_then_whole_epochs(lengths: np.ndarray, seed: int, short: int) -> None:
    count, ranked = len(lengths), np.sort(lengths)
    course = int((np.cumsum(ranked) < short).sum())
    indices = list(islice(order(lengths, seed, short), course + 2 * count))
    assert lengths[indices[:course]].tolist() == ranked[:course].tolist()
    assert sorted(indices[course : course + count]) == list(range(count))
    assert indices == list(islice(order(lengths, seed, short), course + 2 * count))


@given(LENGTHS, st.integers(1, 2_000), st.integers(1, 500))
def test_a_group_is_dealt_into_packs_once(lengths: np.ndarray, budget: int, size: int) -> None:
    for group in islice(batches(lengths, 0, 100, budget), 3):
        total = lengths[group].sum()
        assert budget <= total < budget + lengths.max()
        packs = arrange(lengths, group, size)
        assert sorted(index for each in packs for index in each) == sorted(group)
        assert all(len(each) == 1 or lengths[each].sum() <= size for each in packs)
