"""`propound models`: what configured models can, and what of their roles will not work."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.commands import propound
from tests.factories.limited_model import LimitedModel
from tests.factories.model_server import fails, model_server, piece, says, streams

pytestmark = pytest.mark.slow

FILE = """
[[model]]
name = "big"
served = "Big"
url = "{big}"
family = "b"

[[model]]
name = "small"
served = "Small"
url = "{small}"
family = "s"

[roles]
proposer = "big"
judges = ["small"]
probers = ["small"]
"""


def test_a_table_and_what_will_not_work(tmp_path: Path) -> None:
    lacking = LimitedModel(window=1_000, lacks=frozenset({"return_token_ids"}))
    with model_server(LimitedModel(window=20_000)) as big, model_server(lacking) as small:
        file = tmp_path / "models.toml"
        file.write_text(FILE.format(big=big.url, small=small.url))
        words = ("models", "check", "--context", "2000")
        said = propound(*words, folder=tmp_path, PROPOUND_MODELS=str(file))
        machine = propound(*words, "small", "--json", folder=tmp_path, PROPOUND_MODELS=str(file))
    assert said.returncode == 1, said.stderr
    lines = said.stdout.splitlines()
    rows = {line.split()[0]: line.split()[1:] for line in lines if line.strip()}
    assert rows["big"][:7] == ["yes"] * 7
    assert rows["small"][5] == "no"
    assert "small, token ids: it sends none" in lines
    assert any(line.startswith("judges: small CANNOT WORK: prompts of about") for line in lines)
    assert any(line.startswith("probers: small works, but: it is among judges, too") for line in lines)
    assert any(line.startswith("nothing against proposer (big)") for line in lines)
    assert machine.returncode == 1
    found = json.loads(machine.stdout)
    assert [each["model"] for each in found["models"]] == ["small"]
    assert found["models"][0]["context"]["how"] == "cut"
    roles = {(each["role"], each["fails"]) for each in found["roles"]}
    assert roles == {("judges", True), ("probers", True), ("probers", False)}


def test_one_url_is_enough_and_a_role_without_answers_fails(tmp_path: Path) -> None:
    with model_server(fails(401, "wrong key")) as server:
        more = {"PROPOUND_ENDPOINT_URL": server.url, "PROPOUND_ENDPOINT_MODEL": "m"}
        said = propound("models", "check", folder=tmp_path, **more)
    assert said.returncode == 1
    assert "proposer: m CANNOT WORK: it does not answer: HTTP 401: wrong key" in said.stdout


def test_without_models_it_says_how_to_name_one(tmp_path: Path) -> None:
    said = propound("models", "check", folder=tmp_path)
    assert (said.returncode, said.stdout) == (1, "")
    assert "PROPOUND_MODELS" in said.stderr


def test_a_model_is_asked_by_hand(tmp_path: Path) -> None:
    with model_server(says("<think>two and two</think>4", usage=(7, 6), finish="eos_token")) as server:
        more = {"PROPOUND_ENDPOINT_URL": server.url, "PROPOUND_ENDPOINT_MODEL": "m"}
        machine = propound("models", "ask", "m", "2 + 2?", "--json", folder=tmp_path, **more)
        person = propound("models", "ask", "m", "2 + 2?", "--seed", "7", "--max-tokens", "50", folder=tmp_path, **more)
    assert json.loads(machine.stdout) == {
        "text": "4",
        "thought": "two and two",
        "calls": [],
        "finish_reason": "stop",
        "usage": {"prompt_tokens": 7, "completion_tokens": 6, "thought_tokens": None},
        "error": None,
    }
    assert (machine.returncode, person.returncode, person.stdout) == (0, 0, "4\n")
    assert "(thought) two and two" in person.stderr
    assert "models: 1 requests, 7 prompt tokens" in person.stderr
    asked = server.requests[1]
    assert (asked["messages"], asked["seed"], asked["max_tokens"]) == ([{"role": "user", "content": "2 + 2?"}], 7, 50)


def test_calls_and_cut_answers_are_said_as_that(tmp_path: Path) -> None:
    call = {"index": 0, "id": "1", "function": {"name": "add", "arguments": '{"a": 1}'}}
    cut = [piece({"reasoning_content": "hm, let me"}), piece({}, finish="length")]
    with model_server(streams([piece({"tool_calls": [call]}), piece({}, finish="tool_calls")])) as server:
        more = {"PROPOUND_ENDPOINT_URL": server.url, "PROPOUND_ENDPOINT_MODEL": "m"}
        words = ("models", "ask", "m", "hello", "--json")
        called = json.loads(propound(*words, folder=tmp_path, **more).stdout)
        server.usual = streams(cut)
        ended = json.loads(propound(*words, folder=tmp_path, **more).stdout)
    assert (called["calls"], called["finish_reason"]) == ([{"name": "add", "arguments": {"a": 1}}], "calls")
    assert (ended["text"], ended["thought"], ended["finish_reason"]) == ("", "hm, let me", "length")
    assert ended["error"] == "the reply was cut off: its budget of tokens was used up by the thought"


def test_no_answer_is_an_object_too(tmp_path: Path) -> None:
    with model_server(fails(401, "wrong key sk-1234")) as server:
        more = {
            "PROPOUND_ENDPOINT_URL": server.url,
            "PROPOUND_ENDPOINT_MODEL": "m",
            "PROPOUND_ENDPOINT_KEY": "sk-1234",
        }
        said = propound("models", "ask", "m", "hello", "--json", folder=tmp_path, **more)
    found = json.loads(said.stdout)
    assert (said.returncode, found["text"], found["finish_reason"], found["usage"]) == (1, "", None, None)
    assert "wrong key ***" in found["error"]
    assert "sk-1234" not in said.stdout + said.stderr


def test_a_model_that_nobody_named_is_an_error(tmp_path: Path) -> None:
    more = {"PROPOUND_ENDPOINT_URL": "http://127.0.0.1:9/v1", "PROPOUND_ENDPOINT_MODEL": "m"}
    said = propound("models", "ask", "n", "hello", folder=tmp_path, **more)
    assert said.returncode == 1
    assert "no model 'n'; the models are m" in said.stderr


def test_the_models_with_their_roles(tmp_path: Path) -> None:
    file = tmp_path / "models.toml"
    file.write_text(FILE.format(big="http://b/v1", small="http://s/v1"))
    said = propound("models", "list", "--json", folder=tmp_path, PROPOUND_MODELS=str(file))
    assert [(row["name"], row["roles"]) for row in json.loads(said.stdout)] == [
        ("big", ["proposer"]),
        ("small", ["judges", "probers"]),
    ]
    said = propound("models", "list", folder=tmp_path, PROPOUND_MODELS=str(file))
    assert "http://s/v1" in said.stdout
    said = propound("models", "ask", "hello", folder=tmp_path, PROPOUND_MODELS=str(file))
    assert said.returncode == 1
    assert "which model?" in said.stderr


def test_the_only_model_needs_no_name(tmp_path: Path) -> None:
    with model_server() as server:
        more = {"PROPOUND_ENDPOINT_URL": server.url, "PROPOUND_ENDPOINT_MODEL": "m"}
        said = propound("models", "ask", "2 + 2?", folder=tmp_path, **more)
    assert (said.returncode, said.stdout) == (0, "hello\n")
    assert server.requests[0]["messages"] == [{"role": "user", "content": "2 + 2?"}]
