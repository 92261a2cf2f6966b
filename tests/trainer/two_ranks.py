"""One rank's part in two updates and in short runs, as a program; `test_ranks` runs it, and does the same alone."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.distributed.tensor import DTensor

from propound.policy.chat import load_tokenizer
from trainer import mgpo
from trainer.experience import Group, read_group
from trainer.loss import MGPO
from trainer.optimizer import Optimizer, Rates
from trainer.ranks import Ranks, everywhere, join
from trainer.sources import read_groups
from trainer.trainable import open_base
from trainer.update import Learner

PLACEMENTS = ["replicated", "sharded"]
KINDS = {"full": None, "adapters": 4}


class Watched(Learner):
    """A learner whose gradients can be looked at, sharded or not."""

    @everywhere
    def whole(self) -> list[Tensor]:
        return [whole(each).clone() for each in self._total]


def whole(tensor: Tensor) -> Tensor:
    """What of a tensor this rank alone may not have; all ranks must ask for it."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def open_learner(folder: Path, rank: int | None, ranks: Ranks) -> Watched:
    """Every rank draws other adapters at first: those of the first one count."""
    torch.set_num_threads(1)
    network, reference = open_base(folder, rank), open_base(folder, None)
    generator = torch.Generator().manual_seed(ranks.index)
    with torch.no_grad():
        for name, each in network.named_parameters():
            if "lora_" in name:
                each.normal_(std=0.05, generator=generator)
        for _, each in reference.named_parameters():
            each.mul_(1.01)
    ranks.spread(network)
    ranks.spread(reference)
    optimizer = Optimizer(network, Rates(matrices=1e-4, others=1e-4), muon=False)
    return Watched(network, reference, optimizer, MGPO, low_precision=False, ranks=ranks)


def updates(learner: Watched, groups: Sequence[Group], state: Path) -> dict[str, Any]:
    """The first gradients, and the weights after two steps, between which the learner is restored from a file."""
    batch = learner.weigh(groups, ())
    loss = learner.gradients(batch).loss
    found: dict[str, Any] = {"loss": loss, "gradients": learner.whole(), "norm": learner.norm()}
    learner.step(0.5)
    torch.save(learner.state(), state)
    learner.update(batch)
    learner.restore(state)
    found["second"] = learner.update(learner.weigh(groups, ()))
    return found


def load_groups(folder: Path, file: Path) -> list[Group]:
    """The groups of a file as the checkpoint in the folder reads them."""
    return [read_group(load_tokenizer(folder), each, 4096) for each in read_groups(file)]


def main(folder: Path, file: Path, out: Path) -> None:
    """Write what this rank found, replicated and sharded."""
    for placement in PLACEMENTS:
        for kind, rank in KINDS.items():
            for name in ("ACCELERATE_USE_FSDP", "FSDP_CPU_RAM_EFFICIENT_LOADING"):  # as accelerate does
                os.environ[name] = str(placement == "sharded").lower()
            place = out / placement
            place.mkdir(exist_ok=True)
            ranks = join()
            learner = open_learner(folder, rank, ranks)
            found: dict[str, Any] = {}
            if ranks.first:
                found = updates(learner, load_groups(folder, file), place / f"{kind}.state")
                ranks.dismiss()
            else:
                ranks.follow(learner)
            weights = learner.network.named_parameters()
            found["weights"] = {name: whole(each.detach()) for name, each in weights}
            torch.save(found, place / f"{kind}-{ranks.index}.pt")
            for steps in (1, 2) if kind == "full" else (2,):
                refine_shortly(folder, file, place, kind, steps)


def refine_shortly(folder: Path, file: Path, out: Path, kind: str, steps: int) -> None:
    """A run of so many steps in all on the file's groups, into a folder of `out` with the name of the kind."""
    rank = KINDS[kind]
    words = ["--from", str(folder), "--groups", str(file), "--out", str(out / kind), "--steps", str(steps)]
    words += ["--groups-per-step", "1", "--evaluation", "0", "--json"]
    words += ["--lora", str(rank)] if rank else []
    mgpo.main(words)


if __name__ == "__main__":
    main(*(Path(word) for word in sys.argv[1:]))
