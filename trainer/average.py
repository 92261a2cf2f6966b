"""`propound train average`: one checkpoint out of several runs of the same base, by the mean of their weights.

For who has trained a base with several seeds and wants one proposer of it:

    propound train average RUN-1/policy RUN-2/policy --out OUT
    propound train average RUN-1/policy RUN-2/policy --base default --scale 3 --out OUT

Such runs move in one direction, in which the rewards pull, and each also by chance, since it saw few episodes. The mean
of n runs keeps the direction and has a n-th of the variance of the chance ("model soups", Wortsman et al. 2022, arXiv
2203.05482; for policies of one base: WARP, Ramé et al. 2024, arXiv 2406.16768). The runs need nothing of one another:
each can have a core or a machine of its own.

With `--base` and `--scale` the result is base + scale (mean - base). A scale above 1 goes further than a careful
learning rate has come ("ExPO", Zheng et al. 2024, arXiv 2404.16792). How far is good must be measured.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from propound.errors import PropoundError
from propound.policy.checkpoint import METADATA, Checkpoint, load_checkpoint, write_checkpoint

_ALIKE = ("config.json", "tokenizer.json")


class AverageError(PropoundError):
    """Checkpoints whose weights have no mean."""


def average(
    checkpoints: Sequence[Checkpoint],
    out: Path,
    name: str,
    *,
    base: Checkpoint | None = None,
    scale: float = 1.0,
) -> Checkpoint:
    """Write the mean of the weights, or base + scale (mean - base), taken in float32 and kept in bfloat16.

    All other files are the first one's.

    Raises:
        AverageError: there is nothing to combine, a scale without a base, or the checkpoints differ in architecture,
            tokenizer or the names and shapes of weights.
        CheckpointError: `out` exists.
    """
    if base is None and scale != 1:
        raise AverageError("a scale needs the base that all began from")
    if base is None and len(checkpoints) < 2:
        raise AverageError("a mean of one checkpoint is that checkpoint: give more, or a base and a scale")
    first = checkpoints[0]
    begun = base or first
    for other in (*checkpoints, begun):
        for file in _ALIKE:
            if (other.folder / file).read_bytes() != (first.folder / file).read_bytes():
                raise AverageError(f"{other.folder} and {first.folder} differ in {file}")
    *weights, origin = (load_file(each.weights) for each in (*checkpoints, begun))
    shapes = {key: value.shape for key, value in origin.items()}
    if any({key: value.shape for key, value in each.items()} != shapes for each in weights):
        raise AverageError("the checkpoints differ in the names or shapes of their weights")
    mean = {}
    for key, start in origin.items():
        moved = torch.stack([each[key].float() - start.float() for each in weights]).mean(0)
        mean[key] = (start.float() + scale * moved).bfloat16()
    recipe = {
        "kind": "average",
        "of": [each.version for each in checkpoints],
        "base": base.version if base else None,
        "scale": scale,
        "recipes": [each.metadata.get("recipe") for each in checkpoints],
    }
    with write_checkpoint(out, name, {"recipe": recipe, "figures": {}}) as partial:
        for path in first.folder.iterdir():
            if path.is_file() and path.name != METADATA:
                shutil.copyfile(path, partial / path.name)
        save_file(mean, partial / first.weights.name, metadata={"format": "pt"})
    return load_checkpoint(out)


def main(words: Sequence[str]) -> None:
    """Write the checkpoint, and say where it is."""
    parser = argparse.ArgumentParser(
        prog="propound train average",
        description="Write the mean of several checkpoints' weights as a checkpoint: of runs that"
        " began from the same base with different seeds.",
    )
    parser.add_argument("checkpoints", nargs="+", metavar="CHECKPOINT", help="folder or bundled name")
    parser.add_argument("--out", type=Path, required=True, help="folder of the new checkpoint")
    parser.add_argument("--base", help="checkpoint that all began from (folder or bundled name)")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="how far from the base, 1 is the mean (default 1)"
    )
    parser.add_argument("--name", help="its name (default: that of the first)")
    given = parser.parse_args(words)
    found = [load_checkpoint(each) for each in given.checkpoints]
    base = load_checkpoint(given.base) if given.base else None
    made = average(found, given.out, given.name or found[0].name, base=base, scale=given.scale)
    print(f"{made.folder}: {made.name} {made.version}, the mean of {len(found)} checkpoints")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except PropoundError as error:
        raise SystemExit(str(error)) from None
