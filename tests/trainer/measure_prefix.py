"""What computing a group's prompt once saves: seconds of a gradient, shared and plain in turns.

python -m tests.trainer.measure_prefix --prompt 600 --rest 700
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch
from torch import Tensor

from trainer.batch import Pack
from trainer.copying import draw_first_weights
from trainer.network import Network, Shape

VOCABULARY = 3072


def packs_of(size: int, prompt: int, rest: int, pack: int, *, share: bool) -> list[Pack]:
    """A group of `size` trajectories in packs, every second token after the prompt the agent's own."""
    generator = torch.Generator().manual_seed(0)
    beginning = torch.randint(VOCABULARY, (prompt,), generator=generator)
    members = [torch.randint(VOCABULARY, (rest,), generator=generator) for _ in range(size)]
    each = rest if share else prompt + rest
    at_once = max(1, (pack - prompt * share) // each)
    result = []
    for start in range(0, size, at_once):
        chosen = members[start : start + at_once]
        pieces = [beginning, *chosen] if share else [torch.cat((beginning, member)) for member in chosen]
        lengths = [len(piece) for piece in pieces]
        places: list[Tensor] = []
        place = prompt if share else 0
        for _ in chosen:
            first = place + (0 if share else prompt)
            places.append(torch.arange(first, first + rest - 1, 2))
            place += each
        ids = torch.cat(pieces)
        positions = torch.cat(places)
        result.append(Pack(ids, lengths, positions, ids[positions + 1], share))
    return result


def seconds(network: Network, packs: list[Pack]) -> float:
    """Of one gradient over all packs."""
    began = time.perf_counter()
    for pack in packs:
        with torch.autocast("cpu", torch.bfloat16):
            chosen, _ = network.score(pack)
        torch.autograd.grad(-chosen.mean(), list(network.parameters()))
    return time.perf_counter() - began


def main() -> None:
    """Print a line for each size of group."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--prompt", type=int, default=600)
    parser.add_argument("--rest", type=int, default=700)
    parser.add_argument("--pack", type=int, default=8192)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    network = Network(Shape(VOCABULARY))
    draw_first_weights(network, torch.Generator().manual_seed(0))
    for size in (8, 16):
        ways = {
            share: packs_of(size, given.prompt, given.rest, given.pack, share=share)
            for share in (True, False)
        }
        taken: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(given.rounds):
            for share, packs in ways.items():
                taken[share].append(seconds(network, packs))
        shared, plain = (statistics.median(taken[share]) for share in (True, False))
        print(f"G = {size}: plain {plain:.2f} s, shared {shared:.2f} s, {plain / shared:.2f} times as fast")


if __name__ == "__main__":
    main()
