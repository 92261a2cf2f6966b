"""The real vLLM, on the processor; `make test-vllm` has an environment for it, elsewhere it is skipped."""

from __future__ import annotations

from pathlib import Path

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
def test_an_engine_that_cannot_start_says_why(tmp_path: Path) -> None:
    folder = engines.write(tmp_path)
    (folder / "model.safetensors").unlink()
    with pytest.raises(EngineError, match="vLLM cannot run"):
        VllmEngine(folder, enforce_eager=True)
