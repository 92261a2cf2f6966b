"""Seconds of a gradient over two groups, in one process or on the ranks that a launcher starts.

python -m tests.trainer.measure_ranks
torchrun --nproc-per-node 2 -m tests.trainer.measure_ranks
"""

from __future__ import annotations

import statistics
import time

import torch

from tests.trainer.measure_prefix import VOCABULARY, packs_of
from trainer.copying import draw_first_weights
from trainer.loss import MGPO
from trainer.network import Network, Shape
from trainer.optimizer import Optimizer, Rates
from trainer.ranks import Ranks, join
from trainer.update import Learner

GROUPS, SIZE, PROMPT, REST, PACK = 2, 8, 600, 700, 8192
ROUNDS = 3


def open_learner(ranks: Ranks) -> Learner:
    """The network of our own checkpoints, with two threads where it is in one process."""
    torch.set_num_threads(1)
    network = Network(Shape(VOCABULARY))
    draw_first_weights(network, torch.Generator().manual_seed(0))
    ranks.spread(network)
    return Learner(network, network, Optimizer(network, Rates(), muon=False), MGPO, ranks=ranks)


def main() -> None:
    """Print the median, from the first rank."""
    ranks = join()
    learner = open_learner(ranks)
    if not ranks.first:
        ranks.follow(learner)
        return
    packs = packs_of(SIZE, PROMPT, REST, PACK, share=True) * GROUPS
    work = [(pack, torch.ones(len(pack.targets)), 1.0) for pack in packs]
    tokens = sum(len(pack.targets) for pack in packs)
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        learner._differentiate(work, tokens)
        taken.append(time.perf_counter() - began)
    ranks.dismiss()
    where = "sharded" if ranks.sharded else "each with all parameters"
    print(f"{ranks.count} processes, {where}: {statistics.median(taken):.2f} s ({len(work)} packs)")


if __name__ == "__main__":
    main()
