"""The mean of several checkpoints' weights, as a checkpoint: what runs that began alike have in common stays.

    propound train average RUN-1/step-000036 RUN-2/step-000036 --out OUT

Runs of one base with different seeds share the direction in which rewards pull, and differ by what few episodes tell
by chance; the mean of n of them keeps the former and has a n-th of the latter's variance ("model soups", Wortsman et
al. 2022, arXiv 2203.05482; for policies of one base, WARP, Ramé et al. 2024, arXiv 2406.16768). Runs need nothing of
one another, so each can have a core or a machine of its own.
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


def average(checkpoints: Sequence[Checkpoint], out: Path, name: str) -> Checkpoint:
    """Write the mean of the weights, taken in float32 and kept as the first one's are; the rest is the first one's.

    Raises:
        AverageError: there is only one, or they differ in architecture, tokenizer or the names and shapes of weights.
        CheckpointError: `out` exists.
    """
    first, *others = checkpoints
    if not others:
        raise AverageError("a mean of one checkpoint is that checkpoint: give more")
    for other in others:
        for file in _ALIKE:
            if (other.folder / file).read_bytes() != (first.folder / file).read_bytes():
                raise AverageError(f"{other.folder} and {first.folder} differ in {file}")
    weights = [load_file(each.weights) for each in checkpoints]
    shapes = [{key: value.shape for key, value in each.items()} for each in weights]
    if any(each != shapes[0] for each in shapes):
        raise AverageError("the checkpoints differ in the names or shapes of their weights")
    mean = {
        key: torch.stack([each[key].float() for each in weights]).mean(0).to(value.dtype)
        for key, value in weights[0].items()
    }
    recipe = {
        "kind": "average",
        "of": [{"version": each.version, "recipe": each.metadata.get("recipe")} for each in checkpoints],
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
    parser.add_argument("--name", help="its name (default: that of the first)")
    given = parser.parse_args(words)
    found = [load_checkpoint(each) for each in given.checkpoints]
    made = average(found, given.out, given.name or found[0].name)
    print(f"{made.folder}: {made.name} {made.version}, the mean of {len(found)} checkpoints")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except PropoundError as error:
        raise SystemExit(str(error)) from None
