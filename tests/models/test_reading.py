"""Reading answers: every shape that servers send, whole and as a stream, and what is no answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.models.reading import (
    MAX_CONTENT,
    ComplaintError,
    EmptyAnswerError,
    NotAnswerError,
    read_body,
    read_stream,
)
from propound.models.reply import Call, FinishReason, Reply, Tokens, Usage
from tests.factories.model_server import completion, events, piece


def body(text: Any = "hello", **more: Any) -> Reply:
    return read_body(json.dumps(completion(text, **more)).encode())


def stream(*pieces: Any, **more: Any) -> Reply:
    return read_body(events(pieces, **more))


PARTS = [{"type": "text", "text": "6? "}, {"type": "text", "text": "7."}]


@pytest.mark.parametrize(
    ("text", "message", "said", "thought"),
    [
        ("It is 7.", {}, "It is 7.", ""),
        ("<think>6? 7.</think>\n\nIt is 7.", {}, "It is 7.", "6? 7."),
        ("6? 7.</think>It is 7.", {}, "It is 7.", "6? 7."),
        ("<think>6? 7", {}, "", "6? 7"),
        (
            "It is 7.",
            {"reasoning_content": "6? 7."},
            "It is 7.",
            "6? 7.",
        ),  # vLLM, SGLang, llama.cpp, DeepSeek
        ("It is 7.", {"reasoning": "6? 7."}, "It is 7.", "6? 7."),  # newer vLLM, Ollama, OpenRouter
        (
            "It is 7.",
            {"reasoning": "a", "reasoning_content": "a"},
            "It is 7.",
            "a",
        ),  # both names, one thought
        (
            "It is 7.",
            {"reasoning": "a", "reasoning_details": [{"type": "reasoning.text", "text": "a", "index": 0}]},
            "It is 7.",
            "a",
        ),
        ("It is 7.", {"reasoning_details": [{"type": "reasoning.summary", "summary": "s"}]}, "It is 7.", "s"),
        ("It is 7.", {"thinking": "6?"}, "It is 7.", "6?"),
        (None, {"reasoning": "only this"}, "", "only this"),
        (
            [{"type": "thinking", "thinking": PARTS}, {"type": "text", "text": "It is "}, "7."],  # Mistral
            {},
            "It is 7.",
            "6? 7.",
        ),
        ([{"type": "thinking", "thinking": "6?"}, {"type": "text", "text": "7"}], {}, "7", "6?"),
        ([{"type": "reasoning", "text": "6?"}, {"type": "output_text", "text": "7"}], {}, "7", "6?"),
        (["It is ", "7."], {}, "It is 7.", ""),
        ([], {}, "", ""),
        (None, {}, "", ""),
        ("<thought>6?</thought>7", {}, "7", "6?"),  # Gemini's compatible route
    ],
)
def test_thought_and_text_come_out_of_every_shape(
    text: Any, message: dict[str, Any], said: str, thought: str
) -> None:
    found = body(text, message=message)
    assert (found.text, found.thought) == (said, thought)
    delta = {"role": "assistant", "content": text} | message
    found = stream(piece(delta), piece(finish="stop"))
    assert (found.text, found.thought) == (said, thought)


@pytest.mark.parametrize(
    ("reason", "ours"),
    [
        ("stop", FinishReason.STOP), ("eos_token", FinishReason.STOP), ("STOP", FinishReason.STOP),
        ("end_turn", FinishReason.STOP), ("stop_sequence", FinishReason.STOP), (None, FinishReason.STOP),
        ("eos", FinishReason.STOP), ("FinishReason.STOP", FinishReason.STOP), ("FINISH_REASON_STOP", FinishReason.STOP),
        ({"type": "stop", "matched": 2}, FinishReason.STOP), ("tool_calls", FinishReason.STOP),
        ("length", FinishReason.LENGTH), ("max_tokens", FinishReason.LENGTH), ("MAX_TOKENS", FinishReason.LENGTH),
        ("model_length", FinishReason.LENGTH), ("max_output_tokens", FinishReason.LENGTH),
        ({"type": "length", "length": 8}, FinishReason.LENGTH),
        ("content_filter", FinishReason.FILTERED), ("SAFETY", FinishReason.FILTERED),
        ("RECITATION", FinishReason.FILTERED), ("PROHIBITED_CONTENT", FinishReason.FILTERED),
        ("something_else", FinishReason.UNKNOWN), (7, FinishReason.UNKNOWN),
    ],
)  # fmt: skip
def test_finish_reasons_are_a_closed_list(reason: Any, ours: FinishReason) -> None:
    assert body("x", finish=reason).finish_reason is ours
    assert stream(piece({"content": "x"}), piece(finish=reason)).finish_reason is ours
    assert ours.is_whole == (ours in (FinishReason.STOP, FinishReason.UNKNOWN))


def test_a_thought_that_used_up_the_budget_is_cut_off() -> None:
    found = body(None, finish="length", message={"reasoning_content": "let me see"})
    assert (found.text, found.thought, found.finish_reason) == ("", "let me see", FinishReason.LENGTH)


def test_a_refusal_is_a_filtered_answer() -> None:
    found = body(None, message={"refusal": "I can't help with that."})
    assert (found.text, found.finish_reason) == ("I can't help with that.", FinishReason.FILTERED)


def function(name: Any, arguments: Any, **more: Any) -> dict[str, Any]:
    return {"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}} | more


@pytest.mark.parametrize(
    ("message", "calls"),
    [
        ({"tool_calls": [function("exec", '{"code": "1"}')]}, [Call("exec", {"code": "1"})]),
        ({"tool_calls": [function("exec", {"code": "1"})]}, [Call("exec", {"code": "1"})]),
        ({"tool_calls": [function("exec", "")]}, [Call("exec", {})]),
        ({"tool_calls": [function("exec", None)]}, [Call("exec", {})]),
        ({"tool_calls": [function("exec", '"{\\"code\\": \\"1\\"}"')]}, [Call("exec", {"code": "1"})]),
        ({"tool_calls": [function("exec", '{"code": ')]}, [Call("exec", '{"code": ')]),
        ({"tool_calls": [function("exec", "[1]")]}, [Call("exec", "[1]")]),
        ({"tool_calls": [function("check", r'{"answer": "\frac12"}')]}, [Call("check", {"answer": r"\frac12"})]),
        ({"function_call": {"name": "exec", "arguments": "{}"}}, [Call("exec", {})]),
        ({"tool_calls": function("exec", "{}")}, [Call("exec", {})]),
        (
            {"tool_calls": [function("a", "{}", index=0), function("b", "{}", index=0)]},
            [Call("a", {}), Call("b", {})],
        ),
    ],
)  # fmt: skip
def test_structured_calls_of_a_body(message: dict[str, Any], calls: list[Call]) -> None:
    found = body(None, message=message, finish="tool_calls")
    assert list(found.calls) == calls
    assert found.finish_reason is FinishReason.CALLS
    assert body("So.", message=message, finish="stop").finish_reason is FinishReason.CALLS


def part(index: int | None, arguments: str, **more: Any) -> dict[str, Any]:
    place = {} if index is None else {"index": index}
    function = {"arguments": arguments} | ({"name": more.pop("name")} if "name" in more else {})
    return {"tool_calls": [{**place, "function": function} | more]}


@pytest.mark.parametrize(
    "deltas",
    [
        [part(0, "", name="exec", id="c1"), part(0, '{"co'), part(0, 'de": "1"}'), part(1, "{}", name="draw", id="c2")],
        [part(0, '{"code": "1"}', name="exec", id="c1"), part(0, "{}", name="draw", id="c2")],  # Ollama: index 0
        [part(None, '{"code": "1"}', name="exec"), part(None, "{}", name="draw")],  # Gemini: no index
        [part(None, '{"code"', name="exec", id="c1"), part(None, ': "1"}'), part(None, "{}", name="draw", id="c2")],
        [part(0, '{"code": ', name="exec", id="c1"), part(0, '"1"}', name="exec", id="c1"), part(1, "{}", name="draw")],
        [part(0, "", name="exec", id="c1"), part(1, "{}", name="draw", id="c2"), part(0, '{"code": "1"}')],
        [part(0, '{"code"', name="exec", id="1"), part(0, ':"1"}', name=None), part(1, "", name="draw", id="2")],
    ],
)  # fmt: skip
def test_structured_calls_of_a_stream(deltas: list[dict[str, Any]]) -> None:
    found = stream(*map(piece, deltas), piece(finish="tool_calls"))
    assert found.calls == (Call("exec", {"code": "1"}), Call("draw", {}))
    assert found.finish_reason is FinishReason.CALLS


THOUGHT = {"completion_tokens_details": {"reasoning_tokens": 5}}


@pytest.mark.parametrize(
    ("told", "usage"),
    [
        ({"prompt_tokens": 3, "completion_tokens": 4}, Usage(3, 4, None)),
        (THOUGHT | {"prompt_tokens": 3, "completion_tokens": 9}, Usage(3, 9, 5)),
        (THOUGHT | {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 12}, Usage(3, 9, 5)),
        ({"prompt_tokens": 3, "completion_tokens": 9, "reasoning_tokens": 5, "total_tokens": 12}, Usage(3, 9, 5)),
        ({"input_tokens": 3, "output_tokens": 4}, Usage(3, 4, None)),
        ({"prompt_tokens": -5, "completion_tokens": 5}, Usage(None, 5, None)),
        ({"prompt_tokens": 1e300, "completion_tokens": True}, Usage()),
        ({"prompt_tokens": "7", "completion_tokens_details": []}, Usage()),
        ({"prompt_tokens": 10**8}, Usage()),
        (None, Usage()),
        ([], Usage()),
    ],
)  # fmt: skip
def test_usage_is_what_the_server_says_or_unknown(told: Any, usage: Usage) -> None:
    assert body(usage=told).usage == usage
    last = {"id": "1", "choices": [], "usage": told}
    assert stream(piece({"content": "x"}), piece(finish="stop"), last).usage == usage


def test_tokens_of_a_body_and_of_a_stream() -> None:
    choice = {"token_ids": [7, 8], "logprobs": {"content": [{"logprob": -0.5}, {"logprob": 0.0}]}}
    expected = Tokens((1, 2), (7, 8), (-0.5, 0.0))
    assert body(choice=choice, top={"prompt_token_ids": [1, 2]}).tokens == expected
    found = stream(
        piece({"role": "assistant", "content": ""}, top={"prompt_token_ids": [1, 2]}),
        piece({"content": "a"}, choice={"token_ids": [7], "logprobs": {"content": [{"logprob": -0.5}]}}),
        piece({"content": "b"}, choice={"token_ids": [8], "logprobs": {"content": [{"logprob": 0.0}]}}),
        piece(finish="stop", choice={"logprobs": None}),
    )
    assert (found.text, found.tokens) == ("ab", expected)


@pytest.mark.parametrize(
    "change",
    [
        {"token_ids": None}, {"token_ids": [7]}, {"token_ids": [7, -8]}, {"token_ids": [7, "8"]},
        {"token_ids": [7, True]}, {"logprobs": None}, {"logprobs": {"content": None}}, {"logprobs": []},
        {"logprobs": {"content": [{"logprob": -1}, {}]}}, {"logprobs": {"content": [{"logprob": -1}, None]}},
    ],
)  # fmt: skip
def test_tokens_that_do_not_add_up_are_none(change: dict[str, Any]) -> None:
    choice = {"token_ids": [7, 8], "logprobs": {"content": [{"logprob": -0.5}, {"logprob": 0.0}]}}
    assert body(choice=choice | change, top={"prompt_token_ids": [1]}).tokens is None
    assert body(choice=choice).tokens is None


def test_other_choices_are_not_read() -> None:
    second = {"index": 1, "message": {"content": "b"}, "finish_reason": "length"}
    first = {"index": 0, "message": {"content": "a"}, "finish_reason": "stop"}
    assert body(top={"choices": [second, first]}) == Reply("a", usage=Usage(10, 5))


HELLO = [
    piece({"role": "assistant", "content": "Grüße, "}),
    piece({"content": "Ωmega 😀"}),
    piece(finish="stop"),
]


@pytest.mark.parametrize(
    "sent",
    [
        events(HELLO),
        events(HELLO, end="\r\n\r\n"),
        events(HELLO, end="\n"),
        events(HELLO, done=False),
        events(HELLO).rstrip(),
        b"\xef\xbb\xbf" + events(HELLO),
        b": OPENROUTER PROCESSING\n\n" + events([HELLO[0], ": ping", *HELLO[1:]]),
        events(["event: message\nid: 3\nretry: 100", *HELLO]),
        events(HELLO).replace(b"data: ", b"data:"),
        events([*HELLO, {"id": "1", "object": "ping"}]),
        events(["data: " + json.dumps(HELLO[0], indent=1).replace("\n", "\ndata: "), *HELLO[1:]]),
        events([*HELLO[:2], piece(choice={"delta": None}, finish="stop")]),
        events([*HELLO[:2]]),
        events(HELLO) + b"data: never read\n\n",
    ],
)
def test_a_stream_in_every_spelling_and_cut_anywhere(sent: bytes) -> None:
    for size in (1, 2, 3, 7, len(sent)):
        found = read_stream(sent[at : at + size] for at in range(0, len(sent), size))
        assert (found.text, found.finish_reason) == ("Grüße, Ωmega 😀", FinishReason.STOP)


def test_a_stream_ends_with_its_mark_even_if_the_line_stays_open() -> None:
    def chunks() -> Any:
        yield events(HELLO)
        raise AssertionError("it waits for more")

    assert read_stream(chunks()).text == "Grüße, Ωmega 😀"


@pytest.mark.parametrize(
    "sent",
    [
        b"", b"  \n", b"[]", b"null", b"7", b'"x"', b"{}", b"<html>a proxy's page</html>", b"[" * 100_000,
        json.dumps(completion()).encode()[:60],
        b'{"choices": [{"message": null}]}', b'{"choices": [{"index": 0}]}', b'{"choices": [3]}', b'{"choices": 3}',
        b'{"choices": [{"message": {"content": {"a": 1}}}]}', b'{"choices": [{"message": {"content": 7}}]}',
        b'{"choices": [{"message": {"tool_calls": [{"function": 1}]}}]}',
        b'{"choices": [{"message": {"tool_calls": [{"function": {"name": null, "arguments": "{}"}}]}}]}',
        events([*HELLO[:2]], done=False),
        events([*HELLO[:2], 'data: {"choices": [{'], done=False),
        events(['data: {"choices": [', "", *HELLO]),
    ],
)  # fmt: skip
def test_what_is_no_answer(sent: bytes) -> None:
    with pytest.raises(NotAnswerError):
        read_body(sent)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"choices": []}, "nothing"),
        ({"choices": None, "usage": {"prompt_tokens": 3}}, "nothing"),
        ({"choices": [], "promptFeedback": {"blockReason": "SAFETY"}}, "SAFETY"),
        ({"choices": [], "prompt_filter_results": [{"hate": {"filtered": True}}]}, "hate"),
    ],
)
def test_an_answer_without_a_choice_has_the_servers_words(sent: dict[str, Any], words: str) -> None:
    for each in (json.dumps(sent).encode(), events([sent])):
        with pytest.raises(EmptyAnswerError, match=words):
            read_body(each)


@pytest.mark.parametrize(
    ("sent", "code", "words"),
    [
        ({"error": {"message": "no credits", "code": 402}}, 402, "no credits"),
        ({"error": {"message": "slow down", "code": "429"}}, 429, "slow down"),
        ({"error": {"message": "slow down", "code": "rate_limit_exceeded"}}, 429, "slow down"),
        ({"error": {"message": "m", "type": "overloaded_error"}}, 503, "m"),
        ({"error": {"message": "no such model", "type": "NotFoundError", "code": None}}, 404, "no such model"),
        ({"error": {"message": "m", "type": "invalid_request_error"}}, 400, "m"),
        ({"error": {"message": "bad", "code": "content_filter"}}, 400, "bad"),
        ({"error": "model 'x' not found"}, 500, "model 'x' not found"),
        ([{"error": {"code": 403, "message": "denied", "status": "PERMISSION_DENIED"}}], 403, "denied"),
        ({"object": "error", "message": "too many", "type": "TooManyRequestsError", "code": 429}, 429, "too many"),
        ({"detail": "Not Found"}, 500, "Not Found"),
        ({"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]}, 500, "body.seed: Extra"),
        ({"message": "Rate limit is exceeded.", "statusCode": 429}, 429, "Rate limit is exceeded."),
        (
            {"error": {"message": "Provider returned error", "code": 502, "metadata": {"raw": "out of memory"}}},
            502,
            "Provider returned error (out of memory)",
        ),
        ({"error": {"code": 500}}, 500, '{"error": {"code": 500}}'),
        ({"choices": [{"index": 0, "finish_reason": "error", "error": {"code": 502, "message": "lost"}}]}, 502, "lost"),
        (completion("x", finish="error"), 500, "the answer ends by 'error'"),
        (completion("x", finish="abort"), 500, "the answer ends by 'abort'"),
        ({"error": {"message": "a\nb\x1b[31m\x00c", "code": 400}}, 400, "a b [31m c"),
    ],
)  # fmt: skip
def test_an_error_within_a_success_is_a_complaint(sent: Any, code: int, words: str) -> None:
    in_the_middle = events([HELLO[0], sent], done=False)
    bodies: Sequence[bytes] = [json.dumps(sent).encode(), in_the_middle]
    for each in bodies:
        if each is in_the_middle and "message" in str(sent.get("choices") if isinstance(sent, dict) else ""):
            continue  # a whole choice does not stand in a stream
        with pytest.raises(ComplaintError) as error:
            read_body(each)
        assert error.value.complaint.code == code
        assert error.value.complaint.words.startswith(words)


def test_llama_cpps_own_line_of_an_error() -> None:
    sent = events(
        [HELLO[0], 'error: {"code": 400, "message": "the request exceeds the available context size"}']
    )
    with pytest.raises(ComplaintError) as error:
        read_body(sent)
    assert error.value.complaint.is_too_long


def test_an_answer_without_end_is_not_read_to_the_end() -> None:
    def chunks() -> Any:
        yield from (events([piece({"content": "x" * 100_000})], done=False) for _ in range(10**6))

    assert read_stream(chunks()) == Reply("", finish_reason=FinishReason.OVERSIZED)
    whole = json.dumps(completion("x" * (MAX_CONTENT + 1))).encode()
    assert read_body(whole).finish_reason is FinishReason.OVERSIZED
    assert read_body(b"data: " + whole).finish_reason is FinishReason.OVERSIZED
    many = events(piece({"content": "x"}, top={"pad": "y" * 1000}) for _ in range(10_000))
    assert len(many) > MAX_CONTENT, "what is repeated around each token does not count"
    assert len(read_body(many).text) == 10_000


@given(st.binary())
def test_any_bytes_are_an_answer_or_say_why_not(sent: bytes) -> None:
    for each in (sent, b"{" + sent, b"data: " + sent, b'data: {"choices": [{"delta": ' + sent):
        with suppress(NotAnswerError, EmptyAnswerError, ComplaintError):
            read_body(each)


FIELDS = """choices delta message content type text tool_calls function name arguments index id finish_reason usage
error code reasoning logprobs token_ids refusal prompt_token_ids function_call reasoning_details"""
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(FIELDS.split()),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(JSON, JSON)
def test_any_json_is_an_answer_or_says_why_not(data: Any, choice: Any) -> None:
    for each in (data, {"choices": [choice]}, {"choices": [{"message": choice, "delta": choice}]}):
        for sent in (json.dumps(each).encode(), events([each])):
            with suppress(NotAnswerError, EmptyAnswerError, ComplaintError):
                assert isinstance(read_body(sent).text, str)
