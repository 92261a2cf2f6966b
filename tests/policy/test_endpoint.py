"""An endpoint against a real server that fails in every way that servers do."""

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
from fastapi.responses import JSONResponse
from pydantic import SecretStr

from propound.config import Settings
from propound.errors import ServiceDownError
from propound.policy.endpoint import (
    Endpoint,
    EndpointDownError,
    EndpointRefusedError,
    Reply,
    RequestRefusedError,
    endpoint_of,
)
from propound.policy.endpoint.endpoint import Persistence
from propound.policy.ledger import Prices, Usage
from tests.factories.openai_server import (
    Answer,
    OpenAIServer,
    breaks_off,
    completion,
    dawdles,
    fails,
    openai_server,
    says,
    sends,
)

KEY = "sk-very-secret-0123456789"
MESSAGES = [{"role": "user", "content": "hi"}]
Opened = Callable[[Endpoint], Endpoint]
HASTY = Persistence(attempts=3, first_wait_s=0.01, longest_wait_s=0.02)


@pytest.fixture(scope="module")
def module_server() -> Iterator[OpenAIServer]:
    with openai_server() as server:
        yield server


@pytest.fixture
def server(module_server: OpenAIServer) -> OpenAIServer:
    module_server.usual = says()
    module_server.most_at_once = 0
    for kept in (module_server.script, module_server.requests, module_server.headers):
        kept.clear()
    return module_server


@pytest.fixture
def opened() -> Iterator[Callable[[Endpoint], Endpoint]]:
    """Closes at the end what it is given."""
    with ExitStack() as stack:
        yield lambda endpoint: stack.enter_context(closing(endpoint))


@pytest.fixture
def endpoint(server: OpenAIServer, opened: Opened) -> Endpoint:
    return opened(Endpoint(server.url, "m", KEY, timeout_s=5.0, persistence=HASTY))


def ask(endpoint: Endpoint, **more: Any) -> Reply:
    return endpoint.ask(MESSAGES, **{"seed": 1, "temperature": 0.5, "max_tokens": 64} | more)


def test_a_request_says_what_is_asked_and_an_answer_comes_back(
    server: OpenAIServer, endpoint: Endpoint
) -> None:
    assert ask(endpoint) == Reply("hello", "stop")
    assert server.requests == [
        {"model": "m", "messages": MESSAGES, "temperature": 0.5, "seed": 1, "max_tokens": 64}
    ]
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


def test_the_environment_of_the_official_client_is_not_heeded(
    server: OpenAIServer, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-service")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://nowhere.invalid")
    ask(opened(Endpoint(server.url, "m")))
    assert "sk-of-another-service" not in str(server.headers)


@pytest.mark.parametrize(
    "failure",
    [
        fails(429, headers={"Retry-After": "0"}),
        fails(500),
        fails(503),
        fails(408),
        sends(b"<html>Bad gateway</html>", status=502, media_type="text/html"),
        sends(b"<html>a proxy's page</html>", media_type="text/html"),
        sends(json.dumps(completion()).encode()[:60]),
        sends(b""),
        sends(b"[]"),
        sends(b"null"),
        sends(b'{"choices": []}'),
        sends(b'{"choices": [{"message": {"content": {"a": 1}}}]}'),
        sends(b'{"choices": [{"message": null}]}'),
        sends(b"[" * 100_000),
        sends(b'{"choices": [{"message": {"tool_calls": [{"function": 1}]}}]}'),
        breaks_off(),
    ],
)
def test_what_may_pass_is_tried_again(server: OpenAIServer, endpoint: Endpoint, failure: Answer) -> None:
    server.script.extend([failure, failure])
    assert ask(endpoint).text == "hello"
    usage = endpoint.ledger.usage()
    assert (usage.requests, usage.failures, usage.answers) == (3, 2, 1)


@pytest.mark.parametrize(
    "failure", [fails(429), fails(500), sends(b"no"), breaks_off(), fails(529), dawdles(0.6, says())]
)
def test_after_the_last_attempt_the_endpoint_is_down(
    server: OpenAIServer, opened: Opened, failure: Answer
) -> None:
    endpoint = opened(Endpoint(server.url, "m", timeout_s=0.3, persistence=HASTY))
    server.script.extend([failure] * 3)
    with pytest.raises(
        EndpointDownError, match=r"does not answer since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC: "
    ) as down:
        ask(endpoint)
    assert isinstance(down.value, ServiceDownError)
    assert len(server.requests) == 3
    first = str(down.value).split(" UTC")[0]
    server.script.extend([failure] * 3)
    with pytest.raises(EndpointDownError) as down:
        ask(endpoint)
    assert str(down.value).startswith(first), "since the first failure"


def test_nobody_listens(opened: Opened) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        endpoint = opened(Endpoint(f"http://127.0.0.1:{held.getsockname()[1]}/v1", "m", persistence=HASTY))
        with pytest.raises(EndpointDownError, match="refused"):
            ask(endpoint)
    assert endpoint.ledger.usage() == Usage(requests=3, failures=3)


def test_retry_after_is_heeded_and_long_ones_are_passed_on(server: OpenAIServer, endpoint: Endpoint) -> None:
    server.script.append(fails(429, headers={"Retry-After": "3600"}))
    with pytest.raises(EndpointDownError) as down:
        ask(endpoint)
    assert down.value.retry_after == 3600
    assert len(server.requests) == 1, "nobody waits an hour within an episode"

    later = format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True)
    server.script.append(fails(503, headers={"Retry-After": later}))
    with pytest.raises(EndpointDownError) as down:
        ask(endpoint)
    assert 7000 < down.value.retry_after <= 7200

    for nonsense in ("soon", "-5", "nan", "Wed, 99 Foo 2026"):
        server.script.append(fails(429, headers={"Retry-After": nonsense}))
        assert ask(endpoint).text == "hello"


@pytest.mark.parametrize("status", [301, 307, 401, 403, 404, 405, 400, 422])
def test_a_server_that_never_answered_refuses_how_it_is_asked(
    server: OpenAIServer, endpoint: Endpoint, status: int
) -> None:
    server.script.append(fails(status, "the model `m` does not exist", headers={"Location": "/elsewhere"}))
    with pytest.raises(EndpointRefusedError, match=f"HTTP {status}: the model `m` does not exist") as refused:
        ask(endpoint)
    assert isinstance(refused.value, ServiceDownError)
    assert len(server.requests) == 1, "is not tried again at once"


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_server_that_answers_otherwise_refuses_the_request(
    server: OpenAIServer, endpoint: Endpoint, status: int
) -> None:
    ask(endpoint)
    server.script.append(fails(status, "content filtered"))
    with pytest.raises(RequestRefusedError, match="content filtered"):
        ask(endpoint)
    assert ask(endpoint).text == "hello"


@pytest.mark.parametrize(
    "said",
    [
        "This model's maximum context length is 4096 tokens. However, you requested 9000 tokens.",
        "'max_tokens' or 'max_completion_tokens' is too large: 9000.",
        "the request exceeds the available context size",
    ],
)
def test_too_long_is_a_fault_of_the_request(server: OpenAIServer, endpoint: Endpoint, said: str) -> None:
    server.script.append(fails(400, said))
    with pytest.raises(RequestRefusedError):
        ask(endpoint)
    assert "max_tokens" in ask_and_see(server, endpoint), "nothing is left out for that"


def ask_and_see(server: OpenAIServer, endpoint: Endpoint, **more: Any) -> dict[str, Any]:
    ask(endpoint, **more)
    return server.requests[-1]


def test_parameters_that_a_server_refuses_by_name_are_left_out_for_good(
    server: OpenAIServer, endpoint: Endpoint
) -> None:
    unknown = "Unrecognized request arguments supplied: min_p, repetition_penalty, return_token_ids, top_k"
    newer = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    server.script.extend([fails(400, unknown), fails(400, newer, param="max_tokens")])
    sent = ask_and_see(server, endpoint, temperature=1.0, with_tokens=True)
    assert set(sent) == {
        "model", "messages", "temperature", "seed", "top_p", "logprobs", "max_completion_tokens"
    }  # fmt: skip
    assert "top_k" not in ask_and_see(server, endpoint, temperature=1.0, with_tokens=True)
    assert len(server.requests) == 4


def test_structured_outputs_are_asked_for_where_the_server_has_them(
    server: OpenAIServer, endpoint: Endpoint
) -> None:
    schema = {"type": "object", "properties": {}}
    sent = ask_and_see(server, endpoint, schema=schema)
    assert sent["response_format"]["type"] == "json_schema"
    assert sent["response_format"]["json_schema"]["schema"] == schema
    server.script.append(fails(400, "'type' of json_schema is not supported"))
    assert "response_format" not in ask_and_see(server, endpoint, schema=schema)


def test_no_more_requests_at_once_than_allowed(server: OpenAIServer, opened: Opened) -> None:
    server.usual = dawdles(0.05, says())
    endpoint = opened(Endpoint(server.url, "m", concurrency=3))
    with ThreadPoolExecutor(12) as threads:
        assert all(reply.text == "hello" for reply in threads.map(lambda _: ask(endpoint), range(12)))
    assert 1 < server.most_at_once <= 3
    assert endpoint.ledger.usage().answers == 12


def test_an_answer_without_end_is_not_read_to_the_end(server: OpenAIServer, endpoint: Endpoint) -> None:
    server.usual = sends(json.dumps(completion("x" * (9 << 20))).encode())
    assert ask(endpoint) == Reply("", "oversized")


@pytest.mark.parametrize("content", [None, ""])
def test_an_empty_answer_is_an_answer(server: OpenAIServer, endpoint: Endpoint, content: str | None) -> None:
    server.usual = says(content, finish="content_filter")
    assert ask(endpoint) == Reply("", "content_filter")


def test_what_is_no_character_is_not_sent(server: OpenAIServer, endpoint: Endpoint) -> None:
    endpoint.ask([{"role": "user", "content": "a\ud800b\x00"}], seed=1, temperature=0.5, max_tokens=4)
    assert server.requests[0]["messages"][0]["content"] == "a\ufffd\ufffd\ufffdb\x00"


@pytest.mark.parametrize(
    ("reported", "counted"),
    [
        ((1000, 500), (1000, 500, 0)),
        (None, (0, 0, 1)),
        ({"prompt_tokens": -5, "completion_tokens": 5}, (0, 0, 1)),
        ({"prompt_tokens": 1e300, "completion_tokens": 5}, (0, 0, 1)),
        ({"prompt_tokens": "7"}, (0, 0, 1)),
    ],
)
def test_the_ledger_counts_what_servers_report(
    server: OpenAIServer, opened: Opened, reported: Any, counted: tuple[int, int, int]
) -> None:
    endpoint = opened(Endpoint(server.url, "m", prices=Prices(prompt=2.0, completion=10.0)))
    server.usual = says(usage=reported)
    ask(endpoint)
    ask(endpoint)
    usage = endpoint.ledger.usage()
    prompt, completed, unmetered = (2 * number for number in counted)
    assert (usage.prompt_tokens, usage.completion_tokens, usage.unmetered) == (prompt, completed, unmetered)
    assert usage.cost == pytest.approx((2 * prompt + 10 * completed) / 1e6)


def test_the_ledger_is_logged(
    server: OpenAIServer, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    ask(endpoint)
    with caplog.at_level(logging.INFO, "propound"):
        endpoint.close()
    assert f"m at {server.url}: 1 requests, 0 failed, 10 prompt and 5 completion tokens" in caplog.text


def test_the_key_is_nowhere_to_be_seen(
    server: OpenAIServer, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    told = [repr(endpoint), str(vars(endpoint.ledger))]
    with caplog.at_level(logging.DEBUG):
        for failure in (fails(401, f"wrong key {KEY}"), fails(500, KEY), sends(KEY.encode()), breaks_off()):
            server.script.extend([failure] * 3)
            with pytest.raises(ServiceDownError) as error:
                ask(endpoint)
            told += ["".join(traceback.format_exception(error.value))]
            server.script.clear()
        ask(endpoint)
        server.script.append(fails(400, KEY))
        with pytest.raises(RequestRefusedError) as refused:
            ask(endpoint)
        told += ["".join(traceback.format_exception(refused.value))]
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("propound")]
    assert ours
    assert KEY not in "\n".join([*told, *ours])
    quiet = [record for record in caplog.records if record.levelno >= logging.INFO]
    assert KEY not in "\n".join(record.getMessage() for record in quiet)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8000",
        "ftp://host",
        "http://",
        "http://user:pw@host/v1",
        "http://host/v1?key=1",
        "http://h#x",
    ],
)
def test_an_address_is_an_address_alone(url: str) -> None:
    with pytest.raises(ValueError, match="URL of an endpoint"):
        Endpoint(url, "m")


def test_the_settings_name_an_endpoint(server: OpenAIServer, opened: Opened) -> None:
    settings = Settings(endpoint_url=server.url, endpoint_model="m", endpoint_key=SecretStr(KEY))
    assert KEY not in repr(settings)
    assert ask(opened(endpoint_of(settings))).text == "hello"
    assert server.headers[-1]["authorization"] == f"Bearer {KEY}"
    with pytest.raises(ValueError, match="PROPOUND_ENDPOINT_MODEL"):
        endpoint_of(Settings(endpoint_url=server.url))


def with_tokens(**more: Any) -> Answer:
    """As vLLM answers with `return_token_ids` and `logprobs`."""
    choice = {"token_ids": [7, 8], "logprobs": {"content": [{"logprob": -0.5}, {"logprob": 0.0}]}}
    return lambda _: JSONResponse(
        completion(choice=choice | more, top={"prompt_token_ids": more.pop("prompt", [1, 2])})
    )


def test_tokens_come_where_the_server_tells_them_and_the_distribution_is_known(
    server: OpenAIServer, endpoint: Endpoint
) -> None:
    server.usual = with_tokens()
    tokens = ask(endpoint, temperature=1.0, with_tokens=True).tokens
    assert tokens is not None
    assert (tokens.prompt_ids, tokens.ids, tokens.log_probabilities) == ((1, 2), (7, 8), (-0.5, 0.0))
    sent = server.requests[-1]
    assert (sent["top_p"], sent["top_k"], sent["min_p"], sent["repetition_penalty"]) == (1.0, -1, 0.0, 1.0)
    assert ask(endpoint, temperature=0.7, with_tokens=True).tokens is None
    assert "logprobs" not in server.requests[-1]
    assert ask(endpoint, temperature=1.0).tokens is None
    server.script.append(fails(400, "temperature is not supported"))
    assert ask(endpoint, temperature=1.0, with_tokens=True).tokens is None


@pytest.mark.parametrize(
    "change",
    [
        {"token_ids": None},
        {"token_ids": [7]},
        {"token_ids": [7, -8]},
        {"token_ids": [7, "8"]},
        {"token_ids": [7, True]},
        {"logprobs": None},
        {"logprobs": {"content": None}},
        {"logprobs": {"content": [{"logprob": -1}, {}]}},
        {"logprobs": {"content": [{"logprob": -1}, {"logprob": None}]}},
        {"prompt": None},
    ],
)
def test_tokens_that_do_not_add_up_are_none(
    server: OpenAIServer, endpoint: Endpoint, change: dict[str, Any]
) -> None:
    server.usual = with_tokens(**change)
    assert ask(endpoint, temperature=1.0, with_tokens=True) == Reply("hello", "stop")
