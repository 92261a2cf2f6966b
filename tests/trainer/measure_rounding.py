"""What products in bfloat16 make of an update: `python -m tests.trainer.measure_rounding default --groups 5`.

Not a test.

Of groups that the checkpoint samples: by how much the log-probabilities of the gradient's forward pass differ from
those that were recorded in float32, and the length of the difference between the gradients in bfloat16 and in float32
over that of the latter. The weights are +1 and -1 by turns of trajectories, so that, as in MGPO, much of the gradient
cancels.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import torch
from torch import Tensor

from propound.policy.checkpoint import load_checkpoint
from propound.skills.library import compile_toolkit
from tests.trainer.measure_signal import sample
from trainer.experience import Group
from trainer.loss import Algorithm, weigh
from trainer.ranks import Ranks
from trainer.refine import _open_learner
from trainer.settings import RefineSettings
from trainer.update import Learner, Weighed


def main() -> None:
    """Print a line for each group, and one for all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoint", nargs="?", default="default")
    parser.add_argument("--groups", type=int, default=6)
    parser.add_argument("--size", type=int, default=8)
    parser.add_argument("--skills", type=int, default=3)
    parser.add_argument("--turns", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    compile_toolkit()
    base = load_checkpoint(given.checkpoint)
    learner = _open_learner(base, RefineSettings(threads=1), Ranks())
    differences, sums = [], [torch.zeros(1), torch.zeros(1)]
    for group in sample(base, learner, given, given.seed, range(given.groups)):
        learner.low_precision = True
        difference = seen(learner, group) - group.tensors().old
        coarse = gradient(learner, group)
        learner.low_precision = False
        exact = gradient(learner, group)
        differences.append(difference.abs())
        sums = [total + each for total, each in zip(sums, (coarse, exact), strict=True)]
        print(f"{group.tokens} tokens: {told(difference.abs())}; {apart(coarse, exact)}", flush=True)
    print(f"all: {told(torch.cat(differences))}; {apart(*sums)}")


def told(difference: Tensor) -> str:
    """Nats."""
    high, beyond = float(difference.quantile(0.999)), float((difference > 0.5).double().mean())
    return (
        f"mean {float(difference.mean()):.4f}, 99.9th percentile {high:.2f}, most {float(difference.max()):.2f},"
        f" beyond 0.5 {beyond:.2%}"
    )


def apart(coarse: Tensor, exact: Tensor) -> str:
    """Of two gradients."""
    return f"gradient off by {float((coarse - exact).norm() / exact.norm()):.3f}"


def seen(learner: Learner, group: Group) -> Tensor:
    """Log-probabilities as the gradient's forward pass has them: those of the reference, which has the same weights."""
    (found,) = learner.measure([group], reference=True)
    return found


def gradient(learner: Learner, group: Group) -> Tensor:
    """Of the group's summed loss: (P,)."""
    tensors = group.tensors()
    sign = 1.0 - 2.0 * (tensors.owner[tensors.step_of] % 2)
    weights = replace(weigh(tensors, tensors.old, tensors.old, Algorithm()), token=sign.double())
    found = learner.gradients([Weighed(group, tensors.old, tensors.old, weights, fresh=False)])
    return torch.cat([each.flatten() for each in found.parameters]).float() * (group.tokens / 1_000)


if __name__ == "__main__":
    main()
