"""What every engine is held to: `test_engines` for those of the test environment, `test_engine_vllm` for vLLM."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import Qwen3ForCausalLM

from propound.policy.chat import end_token
from propound.policy.engine import Completion, ContextTooLongError, Engine, EngineError
from tests.factories import checkpoints

SIZES = checkpoints.TINY | {"head": 32}
CONTEXT = 1_024
STOP = end_token(checkpoints.tokenizer())
_CONTEXTS = [random.Random(seed).choices(range(STOP), k=17 + 61 * seed) for seed in range(8)]


def write(folder: Path) -> Path:
    """The checkpoint that `check` expects the engine to run, in float32."""
    return checkpoints.write(folder, SIZES, context=CONTEXT)


def check(engine: Engine, folder: Path) -> None:
    """Ask for everything that the contract promises, and close the engine."""
    _check_log_probabilities(engine, folder)
    _check_ends(engine)
    _check_refusals(engine)
    engine.close()
    engine.close()
    with pytest.raises(EngineError):
        _ask(engine, 0)


def _ask(engine: Engine, index: int, temperature: float = 0.8, most: int = 40) -> Completion:
    return engine.complete(_CONTEXTS[index], seed=7 + index, temperature=temperature, max_tokens=most)


def _check_log_probabilities(engine: Engine, folder: Path) -> None:
    network = Qwen3ForCausalLM.from_pretrained(folder, dtype=torch.float32)
    for temperature in (0.8, 0.0):
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(partial(_ask, engine, temperature=temperature), range(8)))
        for context, completion in zip(_CONTEXTS, made, strict=True):
            with torch.no_grad():
                logits = network(torch.tensor([[*context, *completion.token_ids]])).logits[0]
            wanted = torch.log_softmax(logits[len(context) - 1 : -1] / (temperature or 1.0), dim=-1)
            drawn = wanted[range(len(completion.token_ids)), list(completion.token_ids)]
            assert np.allclose(drawn.numpy(), completion.log_probabilities, atol=1e-3)
            if not temperature:
                assert np.allclose(drawn.numpy(), wanted.max(dim=-1).values.numpy(), atol=1e-3)


def _check_ends(engine: Engine) -> None:
    with ThreadPoolExecutor(16) as pool:
        made = list(
            pool.map(lambda n: engine.complete([1, 2], seed=n, temperature=2, max_tokens=300), range(16))
        )
        again = list(
            pool.map(lambda n: engine.complete([1, 2], seed=n, temperature=2, max_tokens=300), range(16))
        )
    assert {completion.finish_reason for completion in made} == {"stop", "length"}
    for completion in made:
        stopped = completion.finish_reason == "stop"
        assert completion.token_ids.count(STOP) == (completion.token_ids[-1] == STOP) == stopped
        assert len(completion.token_ids) == len(completion.log_probabilities)
        assert stopped or len(completion.token_ids) == 300
    firsts = [completion.token_ids[:5] for completion in made]
    assert len(set(firsts)) == 16
    assert sum(other.token_ids[:5] == first for other, first in zip(again, firsts, strict=True)) >= 14
    cut = engine.complete([1] * (CONTEXT - 4), seed=1, temperature=0.8, max_tokens=50)
    assert len(cut.token_ids) == 4 or cut.finish_reason == "stop"


def _check_refusals(engine: Engine) -> None:
    for context in ([], [1] * CONTEXT):
        with pytest.raises(ContextTooLongError):
            engine.complete(context, seed=0, temperature=1, max_tokens=5)
    for context, most in (([SIZES["vocabulary"]], 5), ([-1], 5), ([1], 0)):
        with pytest.raises(EngineError):
            engine.complete(context, seed=0, temperature=1, max_tokens=most)
