"""An endpoint against a real `vllm serve` of a small checkpoint; skipped where there is no vLLM."""

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
from tokenizers import Tokenizer

from propound.policy.chat import encode_conversation, generation_prefix, load_tokenizer
from propound.policy.endpoint import (
    Endpoint,
    EndpointDownError,
    EndpointPolicy,
    EndpointRefusedError,
    RequestRefusedError,
)
from propound.policy.endpoint.endpoint import Persistence
from propound.problem import Domain, ProblemSpec
from propound.proposing.environment import Environment
from propound.proposing.rollout import rollout
from propound.sandbox import open_sandbox
from propound.skills import default_library
from propound.trajectory import Outcome, Sampling
from tests.factories import checkpoints

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
def endpoint(served: Served) -> Iterator[Endpoint]:
    made = Endpoint(served.url, "small", KEY, persistence=Persistence(attempts=2, first_wait_s=0.1))
    yield made
    made.close()


def test_tokens_are_told_exactly(served: Served, endpoint: Endpoint) -> None:
    reply = endpoint.ask(MESSAGES, seed=3, temperature=1.0, max_tokens=40, with_tokens=True)
    tokens = reply.tokens
    assert tokens is not None
    ids, _ = encode_conversation(served.tokenizer, MESSAGES)
    assert tokens.prompt_ids == (*ids, *generation_prefix(served.tokenizer)), "the prompt that training reads"
    assert len(tokens.ids) == len(tokens.log_probabilities) <= 40
    assert all(value <= 0 for value in tokens.log_probabilities)
    usage = endpoint.ledger.usage()
    assert (usage.prompt_tokens, usage.completion_tokens) == (len(tokens.prompt_ids), len(tokens.ids))


def test_equal_seeds_give_equal_answers(endpoint: Endpoint) -> None:
    texts = [endpoint.ask(MESSAGES, seed=seed, temperature=1.0, max_tokens=40).text for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_structured_outputs_hold_a_model_that_knows_nothing_to_the_schema(endpoint: Endpoint) -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"valid": {"type": "boolean"}},
        "required": ["valid"],
        "additionalProperties": False,
    }
    replies = [
        endpoint.ask(MESSAGES, seed=seed, temperature=1.0, max_tokens=400, schema=schema) for seed in range(4)
    ]
    ended = [json.loads(reply.text) for reply in replies if reply.finish_reason == "stop"]
    assert ended
    assert all(set(found) == {"valid"} and isinstance(found["valid"], bool) for found in ended)


def test_an_episode_is_recorded_with_what_was_sampled(endpoint: Endpoint) -> None:
    library = default_library()
    name = library.names(Domain.MATHEMATICS)[0]
    spec = ProblemSpec(domain=Domain.MATHEMATICS, skills=(name,), minimum_skills=1, maximum_skills=1, seed=1)
    policy = EndpointPolicy(endpoint, max_tokens=60)
    trajectory = rollout(policy, Environment(spec, library, open_sandbox(), 3), 0)
    assert trajectory.outcome is not Outcome.POLICY_FAILED
    first = trajectory.steps[0].sampling
    assert isinstance(first, Sampling)
    assert len(first.token_ids) == len(first.log_probabilities) > 0
    assert first.finish_reason in ("stop", "length")


def test_refusals_are_told_apart(served: Served, endpoint: Endpoint) -> None:
    long = [{"role": "user", "content": "x" * 3 * CONTEXT}]
    with pytest.raises(RequestRefusedError):
        endpoint.ask(long, seed=1, temperature=1.0, max_tokens=10)
    stranger = Endpoint(served.url, "small", "sk-wrong")
    with pytest.raises(EndpointRefusedError, match="HTTP 401"):
        stranger.ask(MESSAGES, seed=1, temperature=1.0, max_tokens=10)
    stranger.close()
    other = Endpoint(served.url, "large", KEY)
    with pytest.raises(EndpointRefusedError, match="HTTP 404"):
        other.ask(MESSAGES, seed=1, temperature=1.0, max_tokens=10)
    other.close()


def test_a_server_that_was_killed_is_down(served: Served, endpoint: Endpoint) -> None:
    """The last one: the server does not come back."""
    assert endpoint.ask(MESSAGES, seed=1, temperature=1.0, max_tokens=5).finish_reason
    os.killpg(served.process.pid, signal.SIGKILL)
    served.process.wait()
    with pytest.raises(EndpointDownError, match="does not answer since"):
        endpoint.ask(MESSAGES, seed=1, temperature=1.0, max_tokens=5)
