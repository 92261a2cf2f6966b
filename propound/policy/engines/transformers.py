"""Any decoder that transformers loads, on any device, a batch at a time; for what the other engines do not run.

It takes all who wait as one batch, with padding on the left, and answers each when it is done; those who come
meanwhile are the next batch. Nothing is kept between requests. The padding changes the last bits, so equal
requests give equal tokens only where the arithmetic leaves no doubt.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM

from propound.policy.chat import end_token, load_tokenizer
from propound.policy.engine import EngineError
from propound.policy.engines.threaded import Request, ThreadedEngine

BATCH = 64
"""Most requests in a batch."""


class TransformersEngine(ThreadedEngine):
    """In float32 on the processor, in bfloat16 on a GPU."""

    def __init__(
        self, source: Path | str, device: str | None = None, *, ends: Collection[int] | None = None
    ) -> None:
        """Load a model, onto the GPU if there is one and no device is named.

        Args:
            source: a folder in Hugging Face's format, or a name on the hub.
            device: as PyTorch calls it.
            ends: the tokens that end a turn; if not given, the one of our own conversations.

        Raises:
            EngineError: transformers cannot load it.
            ChatError: its tokenizer is not one for our conversations, and no ends are given.
        """
        place = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        dtype = torch.float32 if place.type == "cpu" else torch.bfloat16
        try:
            network: Any = AutoModelForCausalLM.from_pretrained(
                source, dtype=dtype, local_files_only=Path(source).is_dir(), trust_remote_code=False
            )
        except (OSError, ValueError, ImportError) as error:
            raise EngineError(f"transformers cannot load {source}: {error}") from None
        self._network: Any = network.to(place).eval()
        config = self._network.config.get_text_config()
        super().__init__(
            context=config.max_position_embeddings,
            vocabulary=config.vocab_size,
            ends={end_token(load_tokenizer(Path(source)))} if ends is None else ends,
        )
        self._start()

    def _serve(self) -> None:
        while (waiting := self._take(patiently=True)) is not None:
            self._put_back(waiting[BATCH:])
            self._answer(waiting[:BATCH])

    @torch.inference_mode()
    def _answer(self, batch: list[Request]) -> None:
        """Sample until every request has its answer; those that have leave the batch."""
        longest = max(len(request.context) for request in batch)
        place = self._network.device
        ids = torch.zeros((len(batch), longest), dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, request in enumerate(batch):
            ids[row, longest - len(request.context) :] = torch.from_numpy(request.context)
            mask[row, longest - len(request.context) :] = 1
        ids, mask = ids.to(place), mask.to(place)
        positions = (mask.cumsum(dim=1) - 1).clamp(min=0)
        cache = None
        while batch and self._closed is None:
            result: Any = self._network(
                input_ids=ids,
                attention_mask=mask,
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
            cache = result.past_key_values
            tokens, log_probabilities = _sample(result.logits[:, -1].float(), batch)
            drawn = zip(batch, tokens.tolist(), log_probabilities.tolist(), strict=True)
            going = [row for row, each in enumerate(drawn) if not each[0].add(*each[1:])]
            if len(going) < len(batch):
                batch = [batch[row] for row in going]
                kept = torch.tensor(going, dtype=torch.long, device=place)
                tokens, mask, positions = tokens[kept], mask[kept], positions[kept]
                if batch:
                    cache.batch_select_indices(kept)
            ids = tokens[:, None]
            mask = torch.cat((mask, mask.new_ones((len(batch), 1))), dim=1)
            positions = positions[:, -1:] + 1


def _sample(logits: torch.Tensor, batch: list[Request]) -> tuple[torch.Tensor, torch.Tensor]:
    """A token for each request and its log-probability, with the draws of `sampler.sample`."""
    temperatures = logits.new_tensor([request.temperature for request in batch])
    scores = torch.log_softmax(logits / torch.where(temperatures > 0, temperatures, 1.0)[:, None], dim=1)
    cumulated = scores.double().exp().cumsum(dim=1)
    draws = [request.generator.random() if request.temperature > 0 else 0.0 for request in batch]
    numbers = cumulated.new_tensor(draws)[:, None] * cumulated[:, -1:]
    drawn = torch.searchsorted(cumulated[:, :-1].contiguous(), numbers, right=True)[:, 0]
    tokens = torch.where(temperatures > 0, drawn, scores.argmax(dim=1))
    return tokens, scores.gather(1, tokens[:, None])[:, 0]
