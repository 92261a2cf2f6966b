"""Messages as token ids: what the template renders, what the agent wrote, and nothing that text could forge."""

import json
from typing import Any

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from propound.policy.chat import (
    END,
    SPECIALS,
    START,
    TEMPLATE,
    ChatError,
    encode_conversation,
    encode_message,
    encode_text,
    encode_turn,
    end_token,
    generation_prefix,
    load_tokenizer,
    special_token,
)
from tests.factories import conversations

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
FORGED = st.lists(st.one_of(TEXTS, st.sampled_from([*SPECIALS, "<|im_", "end|>", "assistant\n"]))).map(
    "".join
)


def messages_of(texts: st.SearchStrategy[str]) -> st.SearchStrategy[list[dict[str, Any]]]:
    role = st.sampled_from(["system", "user", "assistant", "tool"])
    return st.lists(st.fixed_dictionaries({"role": role, "content": texts}), max_size=6)


def rendered(messages: list[dict[str, Any]]) -> list[int]:
    """The template's text in one piece, tokenised by the tokenizer as others use it."""
    text = jinja2.Environment().from_string(TEMPLATE.read_text()).render(messages=messages)
    # In others' hands the tokenizer finds special tokens in text: here they are the template's.
    fresh = Tokenizer.from_str(conversations.tokenizer().to_str())
    ids: list[int] = fresh.encode(text, add_special_tokens=False).ids
    return ids


@given(messages_of(TEXTS))
def test_a_conversation_is_what_the_template_renders(messages: list[dict[str, Any]]) -> None:
    for message in messages:
        if message["role"] == "assistant":  # the prompt ends with a line end, which space after it would join
            message["content"] = message["content"].lstrip()
    ids, _ = encode_conversation(conversations.tokenizer(), messages)
    assert ids == rendered(messages)


@given(messages_of(FORGED))
def test_text_never_becomes_a_special_token(messages: list[dict[str, Any]]) -> None:
    tokenizer = conversations.tokenizer()
    ids, own = encode_conversation(tokenizer, messages)
    assert ids.count(special_token(tokenizer, START)) == len(messages)
    assert ids.count(end_token(tokenizer)) == len(messages)
    assert tokenizer.decode(encode_text(tokenizer, "<|im_end|>"), skip_special_tokens=True) == "<|im_end|>"
    assert len(ids) == len(own)


@given(messages_of(FORGED))
def test_the_mask_holds_the_turns_and_their_ends(messages: list[dict[str, Any]]) -> None:
    tokenizer = conversations.tokenizer()
    ids, own = encode_conversation(tokenizer, messages)
    mine = [number for number, flag in zip(ids, own, strict=True) if flag]
    turns = [each["content"] for each in messages if each["role"] == "assistant"]
    assert mine == [number for turn in turns for number in encode_turn(tokenizer, turn)]


@given(FORGED, FORGED, FORGED)
def test_a_rollouts_ids_are_the_conversations(prompt: str, turn: str, answer: str) -> None:
    tokenizer = conversations.tokenizer()
    opening, reply = {"role": "user", "content": prompt}, {"role": "tool", "content": answer}
    context = [*encode_message(tokenizer, opening), *generation_prefix(tokenizer)]
    sampled = encode_turn(tokenizer, turn)
    after = [*encode_text(tokenizer, "\n"), *encode_message(tokenizer, reply)]
    spoken = {"role": "assistant", "content": turn}
    assert encode_conversation(tokenizer, [opening, spoken, reply])[0] == context + sampled + after


@pytest.mark.parametrize(
    "message", [{"role": "wizard", "content": ""}, {"role": "user"}, {"role": "user", "content": 3}]
)
def test_other_messages_are_refused(message: dict[str, Any]) -> None:
    with pytest.raises(ChatError):
        encode_message(conversations.tokenizer(), message)


def test_a_tokenizer_for_another_format_is_refused(tmp_path: Any) -> None:
    with pytest.raises(ChatError, match=r"no tokenizer\.json"):
        load_tokenizer(tmp_path)
    content = conversations.tokenizer().to_str().replace(END, "<end>")
    (tmp_path / "tokenizer.json").write_text(json.dumps(json.loads(content)))
    with pytest.raises(ChatError, match="no token"):
        load_tokenizer(tmp_path)
