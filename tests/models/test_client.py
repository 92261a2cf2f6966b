"""The client against a real server that fails, refuses and answers in every way that servers do."""

from __future__ import annotations

import json
import logging
import socket
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from pydantic import SecretStr

from propound.errors import ServiceDownError
from propound.models.catalogue import CatalogueError, Model
from propound.models.client import Client, Persistence, cut_off
from propound.models.errors import ModelDownError, ModelRefusedError, RequestFailedError, RequestRefusedError
from propound.models.ledger import MemoryLedger
from propound.models.purpose import Origin, Purpose, Role
from propound.models.registry import Registry
from propound.models.reply import FinishReason, Reply, Usage
from tests.factories.model_server import (
    Answer,
    ModelServer,
    breaks_off,
    completion,
    dawdles,
    events,
    fails,
    model_server,
    piece,
    says,
    sends,
    streams,
    trickles,
)

KEY = "sk-very-secret-0123456789"
MESSAGES = [{"role": "user", "content": "hi"}]
HASTY = Persistence(attempts=3, first_wait_s=0.01, longest_wait_s=0.02)
HELLO = Reply("hello", usage=Usage(10, 5))
Opened = Callable[..., Client]


@pytest.fixture(scope="module")
def module_server() -> Iterator[ModelServer]:
    with model_server() as server:
        yield server


@pytest.fixture
def server(module_server: ModelServer) -> ModelServer:
    module_server.clear()
    return module_server


@pytest.fixture
def opened(server: ModelServer) -> Iterator[Opened]:
    """Makes clients of the server, and closes them at the end."""
    with ExitStack() as stack:

        def client(persistence: Persistence = HASTY, **fields: Any) -> Client:
            model = Model(**{"name": "ours", "served": "m", "url": server.url} | fields)
            return stack.enter_context(closing(Client(model, persistence=persistence)))

        yield client


@pytest.fixture
def client(opened: Opened) -> Client:
    return opened(key=SecretStr(KEY), silence_seconds=5)


def ask(client: Client, number: int = 0, **more: Any) -> Reply:
    """Each number is a request of its own."""
    purpose = Purpose(origin=Origin(command="test"), role=Role.PROPOSER, turn=number)
    asked: dict[str, Any] = {"purpose": purpose, "seed": 1, "temperature": 0.5}
    return client.ask(MESSAGES, **asked | more)


def entries(client: Client) -> list[Any]:
    assert isinstance(client.ledger, MemoryLedger)
    return client.ledger.entries


def test_a_request_says_what_is_asked_and_an_answer_comes_back(server: ModelServer, opened: Opened) -> None:
    client = opened(key=SecretStr(KEY), thought_tokens=1000, answer_tokens=24, extra={"top_k": 20})
    assert ask(client, seed=2**31 + 1) == HELLO
    assert server.requests == [
        {
            "model": "m",
            "messages": MESSAGES,
            "stream": True,
            "stream_options": {"include_usage": True},
            "temperature": 0.5,
            "seed": 1,
            "max_tokens": 1024,
            "top_k": 20,
        }
    ]
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    ask(client, 1, max_tokens=64)
    assert server.requests[1]["max_tokens"] == 1064


def test_streams_and_plain_bodies_are_read_alike(server: ModelServer, client: Client) -> None:
    usage = {"id": "1", "choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 5}}
    server.script.append(
        streams([piece({"content": "hel"}), piece({"content": "lo"}), piece(finish="stop"), usage])
    )
    assert ask(client) == ask(client, 1) == HELLO


def test_without_a_key_none_is_sent_whatever_the_environment_holds(
    server: ModelServer, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-service")
    ask(opened())
    assert "authorization" not in server.headers[0]
    assert "sk-of-another-service" not in str(server.headers)


@pytest.mark.parametrize(
    "failure",
    [
        fails(429, headers={"Retry-After": "0"}), fails(500), fails(503), fails(408), fails(529),
        sends(b"<html>Bad gateway</html>", status=502, media_type="text/html"),
        sends(b"<html>a proxy's page</html>", media_type="text/html"),
        sends(json.dumps(completion()).encode()[:60]), sends(b""), sends(b"null"), sends(b"[" * 100_000),
        sends(b'{"choices": [{"message": null}]}'), sends({"choices": []}), breaks_off(),
        streams([piece({"content": "hel"})], done=False), streams([piece({"content": "x"}), {"error": "lost"}]),
        sends({"error": {"message": "busy", "code": 429}}), sends({"error": {"message": "busy", "code": 503}}),
    ],
)  # fmt: skip
def test_what_may_pass_is_tried_again(server: ModelServer, client: Client, failure: Answer) -> None:
    server.script.extend([failure, failure])
    assert ask(client).text == "hello"
    assert [entry.failure is None for entry in entries(client)] == [False, False, True]
    assert len({entry.id for entry in entries(client)}) == 1


@pytest.mark.parametrize(
    "failure", [fails(429), fails(500), sends(b"no"), breaks_off(), sends({"error": "lost"})]
)
def test_after_the_last_attempt_the_model_is_down(
    server: ModelServer, client: Client, failure: Answer
) -> None:
    server.script.extend([failure] * 3)
    said = r"does not answer since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC: "
    with pytest.raises(ModelDownError, match=said) as down:
        ask(client)
    assert isinstance(down.value, ServiceDownError)
    assert len(server.requests) == 3
    first = str(down.value).split(" UTC")[0]
    server.script.extend([failure] * 3)
    with pytest.raises(ModelDownError) as down:
        ask(client)
    assert str(down.value).startswith(first), "since the first failure"


def test_nobody_listens(opened: Opened) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        client = opened(url=f"http://127.0.0.1:{held.getsockname()[1]}/v1")
        with pytest.raises(ModelDownError, match="refused"):
            ask(client)
    assert len(entries(client)) == 3


def test_silence_ends_a_request_and_length_does_not(server: ModelServer, opened: Opened) -> None:
    client = opened(silence_seconds=1)
    slow = [events([piece({"content": text})], done=False) for text in "hello"]
    pauses = [each for text in slow for each in (text, 0.3, b": still here\n\n", 0.3)]
    server.script.append(trickles([*pauses, events([piece(finish="stop")])]))
    assert ask(client).text == "hello", "three seconds in all"
    server.script.extend([trickles([slow[0], 1.5])] * 3)
    with pytest.raises(ModelDownError, match="not a byte within 1 s"):
        ask(client, 1)
    assert client.limit.allowed < 8


def test_retry_after_is_heeded_and_long_ones_are_passed_on(server: ModelServer, client: Client) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True)
    delay = {
        "error": {"code": 429, "message": "m", "details": [{"@type": "RetryInfo", "retryDelay": "7200s"}]}
    }
    for number, failure in enumerate(
        [
            fails(429, headers={"Retry-After": "7200"}),
            fails(503, headers={"Retry-After": later}),
            fails(429, headers={"retry-after-ms": "7200000"}),
            sends([delay], status=429),
        ]
    ):
        server.requests.clear()
        server.script.append(failure)
        with pytest.raises(ModelDownError) as down:
            ask(client, number)
        assert 7000 < down.value.retry_after <= 7200
        assert len(server.requests) == 1, "nobody waits two hours within an episode"
    server.script.append(fails(429, headers={"Retry-After": "soon"}))
    assert ask(client).text == "hello"


def test_empty_answers_are_this_requests_own_fault_after_the_attempts(
    server: ModelServer, client: Client
) -> None:
    server.script.extend([sends({"choices": [], "promptFeedback": {"blockReason": "SAFETY"}})] * 3)
    with pytest.raises(RequestFailedError, match=r"has no answer: .*SAFETY"):
        ask(client)
    assert len(server.requests) == 3
    assert ask(client, 1).text == "hello"


@pytest.mark.parametrize(
    "failure",
    [
        fails(401, "wrong key"), fails(402, "no credits"), fails(404, "no such model"), fails(400, "bad"),
        sends({"error": {"message": "denied", "code": 403}}), sends([{"error": {"code": 401, "message": "key"}}]),
        sends(b"", status=301), sends({"error": "model 'm' not found"}, status=404),
    ],
)  # fmt: skip
def test_a_server_that_refuses_whatever_it_is_asked(
    server: ModelServer, client: Client, failure: Answer
) -> None:
    server.usual = failure
    with pytest.raises(ModelRefusedError, match="refuses since") as refused:
        ask(client)
    assert refused.value.retry_after == 30
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (fails(400, "maximum context length is 4096 tokens"), "maximum context length"),
        (fails(500, "Context size has been exceeded."), "Context size"),
        (sends({"error": {"code": 400, "message": "it exceeds the available context size"}}), "exceeds"),
        (fails(413, "Payload Too Large"), "Too Large"),
        (fails(400, "flagged", code="content_filter"), "flagged"),
        (sends({"error": {"code": 403, "message": "input was flagged", "metadata": {"reasons": ["x"]}}}), "flagged"),
        (sends({"object": "error", "message": "The prompt is too long", "code": 400}, status=400), "too long"),
    ],
)  # fmt: skip
def test_a_request_that_is_refused_for_itself_at_the_first_time(
    server: ModelServer, client: Client, failure: Answer, said: str
) -> None:
    server.usual = failure
    with pytest.raises(RequestRefusedError, match=said):
        ask(client)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [400, 422])
def test_a_server_that_has_answered_refuses_only_the_request(
    server: ModelServer, client: Client, status: int
) -> None:
    ask(client)
    server.usual = fails(status, "bad")
    with pytest.raises(RequestRefusedError, match=f"HTTP {status}: bad"):
        ask(client, 1)


GEMINI = 'Invalid JSON payload received. Unknown name "seed": Cannot find field.'


@pytest.mark.parametrize(
    ("refusal", "status", "gone"),
    [
        ({"error": {"message": "Unsupported parameter: 'seed'", "param": "seed"}}, 400, {"seed"}),
        ([{"error": {"code": 400, "message": GEMINI, "status": "INVALID_ARGUMENT"}}], 400, {"seed"}),
        ([{"error": {"code": 400, "message": GEMINI}}], 200, {"seed"}),
        ({"detail": [{"type": "extra", "loc": ["body", "seed"], "msg": "no", "input": {"stream": 1}}]}, 422, {"seed"}),
        ({"object": "error", "message": {"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs"}]}}, 422, {"seed"}),
        ({"error": "seed is not supported"}, 400, {"seed"}),
        ({"message": "unknown field 'stream_options' when stream is set"}, 400, {"stream_options"}),
        ({"error": {"message": "stream is not supported"}}, 400, {"stream", "stream_options"}),
        ({"error": {"message": "Unsupported value", "param": "temperature"}}, 400, {"temperature"}),
        ("temperature and seed are unknown", 400, {"temperature", "seed"}),
    ],
)  # fmt: skip
def test_what_a_server_refuses_by_name_is_left_out_from_then_on(
    server: ModelServer, client: Client, refusal: Any, status: int, gone: set[str]
) -> None:
    server.script.append(sends(refusal.encode() if isinstance(refusal, str) else refusal, status=status))
    assert ask(client).text == "hello"
    ask(client, 1)
    first, second, third = (request.keys() for request in server.requests)
    assert first - second == first - third == gone


def test_the_budget_goes_by_its_newer_name_where_the_old_is_refused(
    server: ModelServer, client: Client
) -> None:
    server.script.append(
        fails(400, "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.")
    )
    ask(client, max_tokens=64)
    assert "max_tokens" not in server.requests[1]
    assert server.requests[1]["max_completion_tokens"] == 64
    server.script.append(fails(400, "Unknown parameter: 'max_completion_tokens'"))
    ask(client, 1)
    assert not {"max_tokens", "max_completion_tokens"} & server.requests[-1].keys()


@pytest.mark.parametrize(
    "said",
    [
        "'max_tokens' or 'max_completion_tokens' is too large: 4096. The maximum context length is 2048 tokens",
        "max_tokens is too large: 4096. This model supports at most 1024 completion tokens",
        "The maximum context length is 2048 tokens. You requested 4196 (100 in the messages, 4096 in the completion).",
    ],
)
def test_a_budget_that_is_too_large_is_halved_for_this_request(
    server: ModelServer, client: Client, said: str
) -> None:
    server.script.extend([fails(400, said)] * 2)
    assert ask(client).text == "hello"
    assert [request["max_tokens"] for request in server.requests] == [4096, 2048, 1024]
    server.usual = fails(400, said)
    with pytest.raises(RequestRefusedError):
        ask(client, 1)
    assert server.requests[-1]["max_tokens"] == 64


def test_extra_fields_win_and_are_never_left_out(server: ModelServer, opened: Opened) -> None:
    client = opened(extra={"temperature": 1.0, "max_tokens": 7, "reasoning_effort": "low"})
    ask(client)
    assert (server.requests[0]["temperature"], server.requests[0]["max_tokens"]) == (1.0, 7)
    server.usual = fails(400, "unknown parameter: reasoning_effort")
    with pytest.raises(RequestRefusedError):
        ask(client, 1)


def test_structured_outputs_and_calls_are_asked_for(server: ModelServer, client: Client) -> None:
    schema = {"type": "object", "properties": {}}
    ask(client, schema=schema, tools=[{"type": "function", "function": {"name": "f"}}])
    sent = server.requests[0]
    assert sent["response_format"]["json_schema"]["schema"] == schema
    assert sent["tools"] == [{"type": "function", "function": {"name": "f"}}]
    server.script.append(fails(400, "'type' of json_schema is not supported"))
    server.script.append(fails(400, '"auto" tool choice requires --enable-auto-tool-choice'))
    ask(client, 1, schema=schema, tools=[{"type": "function", "function": {"name": "f"}}])
    assert not {"response_format", "tools"} & server.requests[-1].keys()


def with_tokens(_: dict[str, Any]) -> Any:
    """As vLLM answers with `return_token_ids` and `logprobs`."""
    choice = {"token_ids": [7, 8], "logprobs": {"content": [{"logprob": -0.5}, {"logprob": 0.0}]}}
    return sends(completion(choice=choice, top={"prompt_token_ids": [1, 2]}))(_)


def test_tokens_come_where_the_distribution_is_known(server: ModelServer, opened: Opened) -> None:
    server.usual = with_tokens
    client = opened()
    assert ask(client, temperature=1.0, with_tokens=True).tokens is not None
    sent = server.requests[-1]
    assert (sent["top_p"], sent["top_k"], sent["min_p"], sent["repetition_penalty"]) == (1.0, -1, 0.0, 1.0)
    assert (sent["logprobs"], sent["return_token_ids"]) == (True, True)
    assert ask(client, temperature=0.7, with_tokens=True).tokens is None
    assert "logprobs" not in server.requests[-1]
    assert ask(client, temperature=1.0).tokens is None
    server.script.append(fails(400, "temperature is not supported"))
    assert ask(client, 1, temperature=1.0, with_tokens=True).tokens is None
    assert ask(opened(extra={"top_p": 0.9}), temperature=1.0, with_tokens=True).tokens is None


def test_an_answer_that_is_found_again_is_no_more_exact_than_it_was(server: ModelServer, opened: Opened) -> None:
    server.usual = with_tokens
    before, after = opened(), opened()
    after.ledger = before.ledger
    server.script.append(fails(400, "temperature is not supported"))
    assert ask(before, temperature=1.0, with_tokens=True).tokens is None
    assert ask(after, temperature=1.0, with_tokens=True).tokens is None, "another process knows of no refusal"
    assert len(server.requests) == 2
    assert ask(after, 1, temperature=1.0, with_tokens=True).tokens is not None


def test_no_more_requests_at_once_than_allowed(server: ModelServer, opened: Opened) -> None:
    server.usual = dawdles(0.05, says())
    client = opened(concurrency=3)
    with ThreadPoolExecutor(12) as threads:
        assert all(
            reply.text == "hello" for reply in threads.map(lambda number: ask(client, number), range(12))
        )
    assert 1 < server.most_at_once <= 3


def test_a_server_that_is_asked_too_much_is_asked_less(server: ModelServer, client: Client) -> None:
    assert client.limit.allowed == 8
    server.script.append(fails(429))
    ask(client)
    assert client.limit.allowed == 4
    server.script.append(fails(500))
    for number in range(1, 20):
        ask(client, number)
    assert client.limit.allowed > 4


def test_what_was_answered_is_not_asked_again(server: ModelServer, client: Client) -> None:
    assert ask(client) == ask(client) == HELLO
    assert len(server.requests) == 1
    assert ask(client, seed=2) == ask(client, temperature=0.6) == HELLO
    assert len(server.requests) == 3


def test_each_attempt_has_an_entry_with_what_is_known(server: ModelServer, opened: Opened) -> None:
    client = opened(prompt_price=2.0, completion_price=10.0, family="f")
    server.script.append(fails(503, "busy"))
    server.script.append(says(usage={"prompt_tokens": 1000, "completion_tokens": 500}))
    ask(client)
    ask_and_unknown = ask(client, 1, max_tokens=3)
    server.usual = says(usage=None)
    ask(client, 2)
    failed, answered, _, unmetered = entries(client)
    assert (failed.failure, failed.reply, failed.cost, failed.prompt_tokens) == (
        "HTTP 503: busy",
        None,
        None,
        None,
    )
    assert (answered.model, answered.family, answered.failure) == ("ours", "f", None)
    assert (answered.prompt_tokens, answered.completion_tokens, answered.thought_tokens) == (1000, 500, None)
    assert answered.cost == pytest.approx(0.007)
    assert answered.seconds >= 0
    assert Reply.from_json(answered.reply).text == "hello"
    assert (unmetered.prompt_tokens, unmetered.completion_tokens, unmetered.cost) == (None, None, None)
    assert ask_and_unknown == HELLO


def test_an_answer_that_is_larger_than_is_read(server: ModelServer, client: Client) -> None:
    server.usual = sends(completion("x" * (9 << 20)))
    found = ask(client)
    assert (found.text, found.finish_reason) == ("", FinishReason.OVERSIZED)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply("x"), None),
        (Reply("x", finish_reason=FinishReason.UNKNOWN), None),
        (Reply("x", finish_reason=FinishReason.LENGTH), "budget of tokens was used up"),
        (Reply("", "so", finish_reason=FinishReason.LENGTH), "used up by the thought"),
        (Reply("", finish_reason=FinishReason.FILTERED), "withheld"),
        (Reply("no", finish_reason=FinishReason.FILTERED), "withheld the reply: no"),
        (Reply("", finish_reason=FinishReason.OVERSIZED), "larger"),
    ],
)
def test_why_a_reply_is_not_whole(reply: Reply, said: str | None) -> None:
    found = cut_off(reply)
    assert found is None if said is None else said in (found or "")


def test_what_is_no_character_is_not_sent(server: ModelServer, client: Client) -> None:
    purpose = Purpose(origin=Origin(), role=Role.JUDGE)
    client.ask([{"role": "user", "content": "a\ud800b\x00"}], purpose=purpose, seed=1, temperature=0.5)
    assert server.requests[0]["messages"][0]["content"] == "a\ufffd\ufffd\ufffdb\x00"


def test_the_key_is_nowhere_to_be_seen(
    server: ModelServer, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    told = [repr(client), repr(client.model)]
    with caplog.at_level(logging.DEBUG):
        failures = (fails(401, f"wrong key {KEY}"), fails(500, KEY), sends(KEY.encode()), breaks_off())
        for failure in (*failures, sends({"choices": [], "said": KEY}), sends({"error": KEY})):
            server.script.extend([failure] * 3)
            with pytest.raises((ServiceDownError, RequestFailedError)) as error:
                ask(client)
            told += ["".join(traceback.format_exception(error.value))]
            server.script.clear()
        ask(client)
        server.script.append(fails(400, KEY))
        with pytest.raises(RequestRefusedError) as refused:
            ask(client, 1)
        told += ["".join(traceback.format_exception(refused.value)), str(entries(client))]
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("propound")]
    assert ours
    assert KEY not in "\n".join([*told, *ours])
    quiet = [record for record in caplog.records if record.levelno >= logging.INFO]
    assert KEY not in "\n".join(record.getMessage() for record in quiet)


def test_a_model_without_a_url_has_no_client() -> None:
    with pytest.raises(CatalogueError, match="'m' has no url"):
        Client(Model(name="m", hub="a/b"))


def test_all_roles_share_the_client_of_a_model(server: ModelServer) -> None:
    registry, ledger = Registry(), MemoryLedger()
    model = Model(name="m", served="m", url=server.url, key=SecretStr(KEY))
    one, other = registry.open(model), registry.open(model.model_copy())
    assert one is other
    rekeyed = registry.open(model.model_copy(update={"key": SecretStr("another")}))
    assert rekeyed is not one
    registry.record_in(ledger)
    registry.release(one)
    assert ask(other) == HELLO, "still open"
    assert len(ledger.entries) == 1
    registry.release(other)
    registry.release(rekeyed)
    with pytest.raises(RuntimeError, match="closed"):
        ask(other, 1)
    again = registry.open(model)
    assert again is not one
    assert again.ledger is ledger
    registry.release(again)


def test_each_piece_of_a_reply_is_a_sign_of_life(
    server: ModelServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that waits for a slow model is told apart from one that is stuck by these."""
    promised: list[float] = []
    monkeypatch.setattr("propound.models.client.beat", promised.append)
    slow = [events([piece({"content": text})], done=False) for text in "hello"]
    pauses = [each for text in slow for each in (text, 0.05)]
    server.script.append(trickles([*pauses, events([piece(finish="stop")])]))
    assert ask(client).text == "hello"
    assert len(promised) >= len(slow) + 1
    assert set(promised) == {client.model.silence_seconds}
