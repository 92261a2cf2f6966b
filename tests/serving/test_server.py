"""The real server process of a model folder, asked by a real client: exact records, one for all, back after a death."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from propound.config import Settings
from propound.models.catalogue import Model
from propound.models.client import Client
from propound.models.errors import ModelDownError, RequestRefusedError
from propound.models.local import Address, Keeper, Station
from propound.models.purpose import Origin, Purpose, Role
from propound.models.registry import Registry
from propound.models.reply import Reply
from tests.factories import folders

pytestmark = pytest.mark.slow

PURPOSE = Purpose(origin=Origin(), role=Role.PROPOSER)
MESSAGES = [{"role": "system", "content": "Write."}, {"role": "user", "content": "A problem in the hour."}]
PATIENCE = 120.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folders.write(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def model(folder: Path) -> Model:
    extra = {"chat_template_kwargs": {"enable_thinking": True}}
    return Model(name="tiny", served="tiny", folder=folder, thought_tokens=40, extra=extra)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def keeper(model: Model, home: Path) -> Iterator[Keeper]:
    keeper = Keeper(Station(model, home))
    yield keeper
    keeper.close()
    assert not keeper.station.is_taken()


@pytest.fixture(scope="module")
def address(keeper: Keeper) -> Address:
    return keeper.wait(PATIENCE)


@pytest.fixture(scope="module")
def client(model: Model, address: Address) -> Iterator[Client]:
    client = Client(model.model_copy(update={"url": address.url, "key": address.secret}))
    yield client
    client.close()


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def ask(client: Client, seed: int, messages: list[dict[str, str]] = MESSAGES, **how: Any) -> Reply:
    told: dict[str, Any] = {"temperature": 1.0, "max_tokens": 20, "with_tokens": True, **how}
    return client.ask(messages, purpose=PURPOSE.model_copy(update={"turn": seed}), seed=seed, **told)


@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_a_record_is_exact_at_the_temperature_of_sampling(
    folder: Path, client: Client, temperature: float
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    network: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda seed: ask(client, seed, temperature=temperature), range(6)))
    rendered = tokenizer.apply_chat_template(
        MESSAGES, add_generation_prompt=True, enable_thinking=True, tokenize=False
    )
    prompt = tokenizer(rendered, add_special_tokens=False)["input_ids"]
    assert any(reply.thought and reply.text for reply in replies)
    for reply in replies:
        tokens = reply.tokens
        assert tokens is not None
        assert list(tokens.prompt_ids) == prompt
        with torch.no_grad():
            logits = network(torch.tensor([[*prompt, *tokens.ids]])).logits[0, len(prompt) - 1 : -1]
        expected = torch.log_softmax(logits / temperature, 1).gather(1, torch.tensor(tokens.ids)[:, None])[:, 0]
        torch.testing.assert_close(torch.tensor(tokens.log_probabilities), expected, atol=2e-3, rtol=0)
        ends = {tokenizer.convert_tokens_to_ids(name) for name in (folders.END, folders.STOP)}
        assert ends.isdisjoint(tokens.ids[:-1])
        assert (tokens.ids[-1] in ends) == reply.finish_reason.is_whole
        assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (len(prompt), len(tokens.ids))
        assert (reply.usage.thought_tokens or 0) <= len(tokens.ids)
        text = str(tokenizer.decode([token for token in tokens.ids if token not in ends]))
        assert reply.thought in text.replace("</think>", "")
        assert reply.text in text


def test_equal_requests_have_equal_answers(model: Model, address: Address) -> None:
    replies = []
    for _ in range(2):
        client = Client(model.model_copy(update={"url": address.url, "key": address.secret}))
        replies.append(ask(client, 3))
        client.close()
    assert replies[0].tokens is not None
    assert replies[1].tokens is not None
    assert replies[0].tokens.ids == replies[1].tokens.ids


def test_what_the_server_cannot_do_is_left_out_and_the_rest_is_answered(client: Client) -> None:
    schema = {"type": "object", "properties": {}}
    assert ask(client, 50, schema=schema).tokens is not None
    assert not client.samples_otherwise


def test_a_conversation_that_is_too_long_is_this_requests_fault(client: Client) -> None:
    ask(client, 51)
    with pytest.raises(RequestRefusedError, match="context length"):
        ask(client, 52, [{"role": "user", "content": "x" * (2 * folders.CONTEXT)}])
    with pytest.raises(RequestRefusedError, match="no role tool"):
        ask(client, 53, [{"role": "tool", "content": "x"}])


def test_a_whole_body_says_what_a_stream_says(address: Address) -> None:
    body = {
        "model": "tiny",
        "messages": MESSAGES,
        "seed": 1,
        "max_tokens": 30,
        "logprobs": True,
        "return_token_ids": True,
    }
    headers = {"authorization": f"Bearer {address.key}"}
    url = f"{address.url}/chat/completions"
    whole = httpx.post(url, json=body, headers=headers, timeout=PATIENCE).json()
    (choice,) = whole["choices"]
    assert len(choice["token_ids"]) == len(choice["logprobs"]["content"]) == whole["usage"]["completion_tokens"]
    streamed = httpx.post(url, json={**body, "stream": True}, headers=headers, timeout=PATIENCE).text
    assert streamed.rstrip().endswith("data: [DONE]")
    assert f'"token_ids": {choice["token_ids"]}' in streamed


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"model": "other"}, 404, "this server has tiny"),
        ({"top_p": 0.9}, 400, "top_p"),
        ({"n": 2}, 400, "n: "),
        ({"stop": ["x"]}, 400, "does not take stop"),
        ({"messages": []}, 400, "messages"),
        ({"messages": [{"role": "user", "content": 7}]}, 400, "messages.0.content"),
        ({"temperature": -1}, 400, "temperature"),
        ({"chat_template_kwargs": {"chat_template": "{{ 1 }}"}}, 400, "chat_template"),
        ({"trust_remote_code": True}, 400, "does not take trust_remote_code"),
    ],
)
def test_requests_are_checked(address: Address, change: dict[str, Any], status: int, said: str) -> None:
    headers = {"authorization": f"Bearer {address.key}"}
    body = {"model": "tiny", "messages": MESSAGES, "max_tokens": 2, **change}
    answer = httpx.post(f"{address.url}/chat/completions", json=body, headers=headers, timeout=PATIENCE)
    assert answer.status_code == status
    assert said in answer.json()["error"]["message"]


def test_only_who_has_the_key_is_answered(address: Address, keeper: Keeper, home: Path) -> None:
    assert httpx.get(f"{address.url}/models").status_code == 401
    (file,) = (home / "models").glob("*.json")
    assert file.stat().st_mode & 0o077 == 0
    assert address.key not in repr(address)
    assert keeper.station.log.read_text().count(address.key) == 0


def test_all_share_one_server_and_a_dead_one_is_started_again_at_its_place(
    model: Model, home: Path, keeper: Keeper, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("propound.models.registry.settings", lambda: Settings(home=home))
    registry = Registry()
    first, second = registry.open(model), registry.open(model)
    assert first is second
    assert first.model.url == address.url
    assert keeper._process is not None
    pid = keeper._process.pid
    os.kill(pid, signal.SIGKILL)
    until(keeper.station.is_taken)
    until(keeper.station.answers)
    again = keeper.station.address()
    assert again is not None
    assert again == address
    assert ask(first, 60).tokens is not None, "who has asked before goes on"
    registry.release(first)
    registry.release(second)


def test_a_model_that_cannot_be_served_says_why(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    keeper = Keeper(Station(Model(name="none", served="none", folder=tmp_path / "empty"), tmp_path))
    try:
        with pytest.raises(ModelDownError, match="has no tokenizer"):
            keeper.wait(PATIENCE)
    finally:
        keeper.close()
