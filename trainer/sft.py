"""Warm start (method section 4): behaviour cloning on the agent's own tokens of accepted conversations.

    propound train sft DATA.jsonl OUT --minutes 60

`DATA.jsonl` has {"messages": [...]} per line. OUT gets a checkpoint folder `step-...` at every mark and at the
end, `metrics.jsonl`, and `resume.pt`, with which the same command continues where it was stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer

from propound.errors import PropoundError
from propound.policy.chat import load_tokenizer
from propound.policy.checkpoint import write_checkpoint
from trainer.batch import (
    Conversations,
    DataError,
    arrange,
    batches,
    load_conversations,
    pack,
    read_messages,
)
from trainer.copying import GENTLE, draw_first_weights
from trainer.device import PROCESSOR, device_of, own_device, threads_on
from trainer.network import Network, Shape
from trainer.optimizer import Optimizer, Rates
from trainer.tokenizer import save_tokenizer, train_tokenizer
from trainer.trainable import Trainable, open_base

TOKENIZER_SAMPLE = 4_000
"""Conversations that a new tokenizer is trained on."""


@dataclass(frozen=True)
class Settings:
    """What a run depends on, beside its data."""

    tokens: int | None = None
    """Budget in tokens read, context included."""
    minutes: float | None = None
    """Budget in time; the learning rate follows whichever budget is used up further."""
    vocabulary: int = 3072
    digits: int = 1
    """Digits that a token of a new tokenizer may hold."""
    layers: int = 6
    batch: int = 16_384
    """Tokens of a step."""
    pack: int = 2_048
    """Tokens that go through the network at once."""
    short: int = 400_000
    """Tokens of the course of short conversations that a run starts with."""
    held_out: int = 64
    """Conversations that are only evaluated on."""
    lora: int | None = None
    """Rank of adapters that are trained in place of the whole base."""
    threads: int = 2
    seed: int = 0
    mark_minutes: float = 10.0
    """Time between checkpoints."""
    rates: Rates = field(default_factory=Rates)


class Run:
    """One training run: a network, its optimizer and a place in the data."""

    def __init__(
        self, network: Trainable, tokenizer: Tokenizer, data: Conversations, settings: Settings, out: Path
    ) -> None:
        if settings.tokens is None and settings.minutes is None:
            raise DataError("a run needs a budget: tokens, minutes or both")
        held_out = min(settings.held_out, len(data) // 10)
        self.network, self.tokenizer, self.data, self.settings, self.out = (
            network,
            tokenizer,
            data,
            settings,
            out,
        )
        self.held_out = list(range(len(data) - held_out, len(data)))
        self.lengths = data.lengths[: len(data) - held_out]
        self.optimizer = Optimizer(network, settings.rates, GENTLE if isinstance(network, Network) else ())
        self.steps = 0
        self.tokens = 0
        self.seconds = 0.0
        self.device = device_of(network)
        self.workers = ThreadPoolExecutor(threads_on(self.device, settings.threads), initializer=_one_thread)

    @property
    def progress(self) -> float:
        """Share of the budget that is used."""
        used = [0.0]
        if self.settings.tokens is not None:
            used.append(self.tokens / self.settings.tokens)
        if self.settings.minutes is not None:
            used.append(self.seconds / 60 / self.settings.minutes)
        return max(used)

    def train(self) -> Iterator[dict[str, float]]:
        """Step until the budget is used; the figures of every step."""
        groups = batches(self.lengths, self.settings.seed, self.settings.short, self.settings.batch)
        for group in islice(groups, self.steps, None):
            if self.progress >= 1:
                return
            began = time.monotonic()
            loss, gradients = self._gradients(group)
            norm = self.optimizer.step(gradients, self.progress)
            tokens = int(self.lengths[group].sum())
            seconds = time.monotonic() - began
            self.steps += 1
            self.tokens += tokens
            self.seconds += seconds
            yield {
                "step": self.steps,
                "tokens": self.tokens,
                "loss": loss,
                "norm": norm,
                "rate": self.settings.rates.factor(self.progress),
                "tokens_per_second": tokens / seconds,
                "seconds": self.seconds,
            }

    def _gradients(self, group: Sequence[int]) -> tuple[float, list[torch.Tensor]]:
        """Mean loss over the group's targets, and its gradients.

        Whichever worker is free takes the next pack; the sums are always in the same order.
        """
        packs = arrange(self.lengths, group, self.settings.pack)
        loss, targets, total = 0.0, 0, None
        for part, count, gradients in self.workers.map(self._pack_gradients, packs):
            loss += part
            targets += count
            if total is None:
                total = gradients
            else:
                torch._foreach_add_(total, gradients)
        assert total is not None
        torch._foreach_div_(total, targets)
        return loss / targets, total

    def _pack_gradients(self, indices: Sequence[int]) -> tuple[float, int, list[torch.Tensor]]:
        """Summed loss of one pack, its number of targets, and its gradients."""
        loss, count = self._loss(indices)
        return float(loss.detach()), count, list(torch.autograd.grad(loss, self.optimizer.parameters))

    def _loss(self, indices: Sequence[int]) -> tuple[torch.Tensor, int]:
        """Summed cross-entropy of one pack, and its number of targets."""
        batch = pack(self.data, indices).to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16):
            chosen, _ = self.network.score(batch)
        return -chosen.sum(), len(batch.targets)

    def evaluate(self) -> dict[str, float]:
        """Mean loss over the held-out conversations' targets, where any are held out."""
        with torch.no_grad():
            parts = list(self.workers.map(self._evaluate, self.held_out))
        targets = sum(count for _, count in parts)
        return {"held_out_loss": round(sum(loss for loss, _ in parts) / targets, 4)} if targets else {}

    def _evaluate(self, index: int) -> tuple[float, int]:
        with torch.no_grad():
            loss, count = self._loss([index])
        return float(loss), count

    def save(self, name: str, figures: Mapping[str, Any]) -> Path:
        """Write a checkpoint folder of the network as it is."""
        folder = self.out / f"step-{self.steps:06d}"
        metadata = {
            "recipe": {
                "kind": "sft",
                "steps": self.steps,
                "tokens": self.tokens,
                "seconds": round(self.seconds),
                "conversations": len(self.lengths),
                "settings": asdict(self.settings),
            },
            "figures": dict(figures),
        }
        with write_checkpoint(folder, name, metadata) as partial:
            self.network.write(partial, self.tokenizer)
        return folder

    def _trained(self) -> Iterator[tuple[str, torch.nn.Parameter]]:
        return ((name, each) for name, each in self.network.named_parameters() if each.requires_grad)

    def remember(self) -> None:
        """Write resume.pt, atomically."""
        state = {
            "network": {name: each.detach() for name, each in self._trained()},
            "optimizer": self.optimizer.state(),
            "steps": self.steps,
            "tokens": self.tokens,
            "seconds": self.seconds,
        }
        partial = self.out / "resume.partial"
        torch.save(state, partial)
        partial.replace(self.out / "resume.pt")

    def resume(self) -> bool:
        """Continue from resume.pt; whether there was one."""
        path = self.out / "resume.pt"
        if not path.exists():
            return False
        state = torch.load(path, map_location=PROCESSOR, weights_only=True)
        self.network.load_state_dict(state["network"], strict=False)
        self.optimizer.restore(state["optimizer"])
        self.steps, self.tokens, self.seconds = state["steps"], state["tokens"], state["seconds"]
        return True


def _one_thread() -> None:
    """A worker's operations stay on its own core: the workers are the parallelism."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)


def prepare(data: Path, out: Path, settings: Settings, base: Path | None = None) -> Run:
    """A run on this data, new or continued: from a checkpoint, or from nothing with a tokenizer of its own.

    Raises:
        DataError: the data cannot be read.
        ChatError: the checkpoint's tokenizer is not one for conversations.
    """
    out.mkdir(parents=True, exist_ok=True)
    network: Trainable
    if base is not None:
        network, tokenizer = open_base(base, settings.lora, own_device()), load_tokenizer(base)
    else:
        if not (out / "tokenizer.json").exists():
            sample = islice(read_messages(data), TOKENIZER_SAMPLE)
            texts = (message["content"] for messages in sample for message in messages)
            made = train_tokenizer(texts, settings.vocabulary, settings.digits)
            save_tokenizer(made, out, Shape.max_position_embeddings)
        tokenizer = load_tokenizer(out)
        fresh = Network(Shape(tokenizer.get_vocab_size(), num_hidden_layers=settings.layers))
        draw_first_weights(fresh, torch.Generator().manual_seed(settings.seed))
        network = fresh.to(own_device())
    conversations = load_conversations(data, tokenizer, network.context)
    return Run(network, tokenizer, conversations, settings, out)


def train(run: Run, name: str) -> Path:
    """Train to the end of the budget; the last checkpoint's folder."""
    began = run.resume()
    log = run.out / "metrics.jsonl"
    kept = (
        [line for line in log.read_text().splitlines() if json.loads(line)["step"] <= run.steps]
        if began
        else []
    )
    log.write_text("".join(line + "\n" for line in kept))
    mark = run.seconds
    with log.open("a", buffering=1) as lines:
        for figures in run.train():
            lines.write(json.dumps(figures) + "\n")
            if run.steps % 10 == 0:
                _show(run.out.name, figures, run.progress)
            if run.seconds - mark >= run.settings.mark_minutes * 60:
                mark = run.seconds
                _mark(run, name)
    return _mark(run, name)


def _mark(run: Run, name: str) -> Path:
    run.remember()
    figures = run.evaluate()
    folder = run.out / f"step-{run.steps:06d}"
    if not folder.exists():
        run.save(name, figures)
    print(f"{folder}: {json.dumps(figures)}", flush=True)
    return folder


def _show(name: str, figures: dict[str, float], progress: float) -> None:
    left = figures["seconds"] * (1 - progress) / max(progress, 1e-9) / 60
    print(
        f"{name}: step {figures['step']:.0f}  {figures['tokens'] / 1e6:.2f} M tokens  loss {figures['loss']:.4f}"
        f"  norm {figures['norm']:.2f}  {figures['tokens_per_second']:.0f} tokens/s  {left:.0f} min left",
        flush=True,
    )


def main(words: Sequence[str]) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="propound train sft", description=__doc__.partition("\n")[0])
    default = Settings()
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--base", type=Path, help="checkpoint folder to start from; default: from nothing")
    parser.add_argument("--name", default="proposer")
    parser.add_argument(
        "--lora", type=int, metavar="RANK", help="train adapters of this rank, not the whole base"
    )
    parser.add_argument("--tokens", type=float)
    parser.add_argument("--minutes", type=float)
    for key in ("vocabulary", "digits", "layers", "batch", "pack", "short", "held-out", "threads", "seed"):
        parser.add_argument(f"--{key}", type=int, default=getattr(default, key.replace("-", "_")))
    parser.add_argument("--mark-minutes", type=float, default=default.mark_minutes)
    for key in ("matrices", "others", "warmup", "decay", "weight-decay"):
        parser.add_argument(f"--{key}", type=float, default=getattr(default.rates, key.replace("-", "_")))
    given = vars(parser.parse_args(words))
    rates = Rates(
        **{key: given.pop(key) for key in ("matrices", "others", "warmup", "decay", "weight_decay")}
    )
    data, out, base, name = (given.pop(key) for key in ("data", "out", "base", "name"))
    given["tokens"] = None if given["tokens"] is None else int(given["tokens"])
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    _one_thread()
    run = prepare(data, out, Settings(**given, rates=rates), base)
    size = sum(each.numel() for each in run.optimizer.parameters)
    print(
        f"{size / 1e6:.2f} M trained parameters, {len(run.lengths)} conversations,"
        f" {run.lengths.sum() / 1e6:.2f} M tokens (mean {run.lengths.mean():.0f}),"
        f" {run.data.own.mean():.0%} of them targets",
        flush=True,
    )
    train(run, name)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (PropoundError, FileNotFoundError) as error:
        raise SystemExit(str(error)) from None
