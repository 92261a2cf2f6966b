"""A client against a real `vllm serve` of a small checkpoint; skipped where there is no vLLM."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from tokenizers import Tokenizer

from propound.domain import Domain
from propound.models.client import Client
from propound.models.errors import ModelDownError, ModelRefusedError, RequestRefusedError
from propound.models.purpose import NOBODY, Purpose, Role
from propound.models.reply import Reply
from propound.policy.chat import encode_conversation, generation_prefix, load_tokenizer
from propound.policy.remote import RemotePolicy
from propound.problem import ProblemSpec
from propound.proposing.procedural import ProceduralEnvironment
from propound.proposing.rollout import rollout
from propound.sandbox import open_sandbox
from propound.skills import default_library
from propound.trajectory import Outcome, Sampling
from tests.factories import checkpoints
from tests.factories.model_server import client_of

VLLM = shutil.which("vllm", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
TEMPLATE = Path(__file__).parents[2] / "propound" / "policy" / "chat_template.jinja"
KEY = "sk-of-the-test"
CONTEXT = 4096
SIZES = {**checkpoints.TINY, "head": 32, "vocabulary": 259}
"""vLLM has no attention for smaller heads; every token can be written."""
PATIENCE_SECONDS = 600
"""For a cold start on a busy machine."""
MESSAGES = [{"role": "system", "content": "Système"}, {"role": "user", "content": "12 + 30 = ?"}]

pytestmark = pytest.mark.skipif(VLLM is None, reason="there is no vLLM here")


@dataclass(frozen=True)
class Served:
    """A running server and what it serves."""

    process: subprocess.Popen[bytes]
    url: str
    tokenizer: Tokenizer


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = checkpoints.write(tmp_path_factory.mktemp("vllm") / "small", SIZES, context=CONTEXT)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [str(VLLM), "serve", str(folder), "--served-model-name", "small", "--port", str(port)]
    words += ["--host", "127.0.0.1", "--api-key", KEY, "--max-model-len", str(CONTEXT), "--enforce-eager"]
    words += ["--chat-template", str(TEMPLATE), "--max-num-seqs", "8"]
    environment = {
        **os.environ,
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
    }
    log = folder.parent / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            words, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        wait_until_healthy(process, f"http://127.0.0.1:{port}/health", log)
        yield Served(process, f"http://127.0.0.1:{port}/v1", load_tokenizer(folder))
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until_healthy(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with suppress(OSError), urllib.request.urlopen(url, timeout=5) as response:
            if response.status == 200:
                return
        time.sleep(0.5)
    raise AssertionError(f"vllm serve did not start:\n{log.read_text(errors='replace')[-4000:]}")


@pytest.fixture
def client(served: Served) -> Iterator[Client]:
    made = client_of(served.url, "small", key=SecretStr(KEY), answer_tokens=60)
    yield made
    made.close()


def ask(client: Client, number: int = 0, messages: list[dict[str, str]] = MESSAGES, **more: Any) -> Reply:
    """Each number is a request of its own."""
    purpose = Purpose(origin=NOBODY, role=Role.PROPOSER, attempt=number)
    return client.ask(messages, purpose=purpose, **{"seed": 1, "temperature": 1.0, "max_tokens": 40} | more)


def test_tokens_are_told_exactly(served: Served, client: Client) -> None:
    reply = ask(client, seed=3, with_tokens=True)
    tokens = reply.tokens
    assert tokens is not None
    ids, _ = encode_conversation(served.tokenizer, MESSAGES)
    assert tokens.prompt_ids == (*ids, *generation_prefix(served.tokenizer)), "the prompt that training reads"
    assert len(tokens.ids) == len(tokens.log_probabilities) <= 40
    assert all(value <= 0 for value in tokens.log_probabilities)
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (len(tokens.prompt_ids), len(tokens.ids))


def test_equal_seeds_give_equal_answers(client: Client) -> None:
    texts = [ask(client, number, seed=seed).text for number, seed in enumerate((1, 1, 2))]
    assert texts[0] == texts[1] != texts[2]


def test_structured_outputs_hold_a_model_that_knows_nothing_to_the_schema(client: Client) -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"valid": {"type": "boolean"}},
        "required": ["valid"],
        "additionalProperties": False,
    }
    replies = [ask(client, seed=seed, max_tokens=400, schema=schema) for seed in range(4)]
    ended = [json.loads(reply.text) for reply in replies if reply.finish_reason.is_whole]
    assert ended
    assert all(set(found) == {"valid"} and isinstance(found["valid"], bool) for found in ended)


def test_an_episode_is_recorded_with_what_was_sampled(client: Client) -> None:
    library = default_library()
    name = library.names(Domain.MATHEMATICS)[0]
    spec = ProblemSpec(domain=Domain.MATHEMATICS, skills=(name,), minimum_skills=1, maximum_skills=1, seed=1)
    policy = RemotePolicy(client)
    trajectory = rollout(policy, ProceduralEnvironment(spec, library, open_sandbox(), 3), 0)
    assert trajectory.outcome is not Outcome.POLICY_FAILED
    first = trajectory.steps[0].sampling
    assert isinstance(first, Sampling)
    assert len(first.token_ids) == len(first.log_probabilities) > 0
    assert first.finish_reason in ("stop", "length")


def test_refusals_are_told_apart(served: Served, client: Client) -> None:
    long = [{"role": "user", "content": "x" * 3 * CONTEXT}]
    with pytest.raises(RequestRefusedError):
        ask(client, messages=long)
    stranger = client_of(served.url, "small", key=SecretStr("sk-wrong"))
    with pytest.raises(ModelRefusedError, match="HTTP 401"):
        ask(stranger)
    stranger.close()
    other = client_of(served.url, "large", key=SecretStr(KEY))
    with pytest.raises(ModelRefusedError, match="HTTP 404"):
        ask(other)
    other.close()


def test_a_server_that_was_killed_is_down(served: Served, client: Client) -> None:
    """The last one: the server does not come back."""
    assert ask(client, max_tokens=5).finish_reason
    os.killpg(served.process.pid, signal.SIGKILL)
    served.process.wait()
    with pytest.raises(ModelDownError, match="does not answer since"):
        ask(client, 1, max_tokens=5)
