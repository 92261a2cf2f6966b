"""The real vLLM, on the processor; `make test-vllm` has an environment for it, elsewhere it is skipped."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import billiard
import pytest

from propound.policy.engine import EngineError
from tests.policy import engines

pytest.importorskip("vllm")

from propound.policy.engines.vllm import VllmEngine


@pytest.mark.filterwarnings("ignore")  # vLLM's own
def test_vllm_keeps_the_contract(tmp_path: Path) -> None:
    folder = engines.write(tmp_path)
    engines.check(VllmEngine(folder, dtype="float32", enforce_eager=True), folder)


@pytest.mark.filterwarnings("ignore")
def test_many_long_contexts_at_once(tmp_path: Path) -> None:
    """More tokens than vLLM computes in a step: requests with seeds must not be cut in parts on the processor."""
    engine = VllmEngine(engines.write(tmp_path), enforce_eager=True, max_num_seqs=64)

    def ask(seed: int) -> int:
        context = [1 + (31 * seed + at) % 50 for at in range(engines.CONTEXT - 8)]
        return len(engine.complete(context, seed=seed, temperature=1, max_tokens=3).token_ids)

    with ThreadPoolExecutor(64) as pool:
        assert all(count > 0 for count in pool.map(ask, range(64)))
    engine.close()


def _in_a_daemon(folder: Path, answer: Any) -> None:
    engine = VllmEngine(folder, enforce_eager=True)
    answer.send(engine.complete([1, 2], seed=3, temperature=1, max_tokens=5))
    engine.close()


@pytest.mark.filterwarnings("ignore")
def test_vllm_starts_in_a_process_of_the_worker(tmp_path: Path) -> None:
    """They are daemons, which may have no children by themselves."""
    receiver, sender = billiard.Pipe(duplex=False)
    process = billiard.Process(target=_in_a_daemon, args=(engines.write(tmp_path), sender), daemon=True)
    process.start()
    sender.close()
    assert len(receiver.recv().token_ids) == 5
    process.join()
    assert process.exitcode == 0


@pytest.mark.filterwarnings("ignore")
def test_an_engine_that_cannot_start_says_why(tmp_path: Path) -> None:
    folder = engines.write(tmp_path)
    (folder / "model.safetensors").unlink()
    with pytest.raises(EngineError, match="vLLM cannot run"):
        VllmEngine(folder, enforce_eager=True)
