"""How much of a group's gradient is signal: `python -m tests.trainer.measure_signal weak --groups 100`. Not a test.

A policy gradient is linear in the advantages, and at the policy that sampled MGPO's is u = e + omega s: e of the
trajectory advantages, s of the stage advantages. Groups of one policy are independent, so the mean product of one
group's u with another's e estimates what u contributes to more terminal reward; all else of its length is noise:

- *common*: that product over the lengths of u and e, a cosine: 1 if groups agreed on what to change, 0 if on nothing;
- *groups*: 1 / common at omega 0, how many groups a step needs until half of its squared length is signal (the
  "gradient noise scale" of McCandlish et al. 2018).

Intervals are of a bootstrap over groups.
"""

from __future__ import annotations

import argparse
import math
import time

import torch
from torch import Tensor

from propound.curriculum import draw_spec
from propound.job import JobRequest
from propound.policy.checkpoint import Checkpoint, load_checkpoint
from propound.policy.opening import open_policy
from propound.sandbox import open_sandbox
from propound.sandbox.places import PlacedSandbox
from propound.skills import default_library
from propound.skills.library import compile_toolkit
from trainer.experience import Group, read_group
from trainer.loss import Algorithm, Gate, weigh
from trainer.ranks import Ranks
from trainer.refine import RefineSettings, _open_learner
from trainer.rollouts import Rollouts
from trainer.update import Learner, Measured, Weighed

OMEGAS = (0.0, 0.25, 0.5, 1.0)
RESAMPLED = 1_000
BATCH = 10
"""Groups that are sampled at a time."""


def main() -> None:
    """Print a line for each omega."""
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoint", nargs="?", default="weak")
    parser.add_argument("--groups", type=int, default=100)
    parser.add_argument("--size", type=int, default=6)
    parser.add_argument("--skills", type=int, default=2)
    parser.add_argument("--turns", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    compile_toolkit()
    base = load_checkpoint(given.checkpoint)
    learner = _open_learner(base, RefineSettings(threads=1), Ranks())
    trajectories: list[Tensor] = []
    stages: list[Tensor] = []
    accepted = 0
    began = time.monotonic()
    for start in range(0, given.groups, BATCH):
        for group in sample(base, learner, given, range(start, min(given.groups, start + BATCH))):
            accepted += sum(each.verdict.accepted for each in group.episodes)
            first, second = (gradient(learner, group, omega) for omega in (0.0, 1.0))
            trajectories.append(first)
            stages.append(second - first)
        print(f"{len(stages)} groups, {time.monotonic() - began:.0f} s", flush=True)
        report(torch.stack(trajectories), torch.stack(stages))
    print(f"{accepted / given.groups / given.size:.1%} of the episodes accepted")


def sample(base: Checkpoint, learner: Learner, given: argparse.Namespace, specs: range) -> list[Group]:
    """Groups of the checkpoint at T = 1."""
    library = default_library()
    request = JobRequest(
        count=1, seed=given.seed, level=2, minimum_skills=given.skills, maximum_skills=given.skills
    )
    rollouts = Rollouts(library, PlacedSandbox(open_sandbox()), given.turns, 48)
    with open_policy(given.checkpoint, library, temperature=1.0) as policy:
        drawn = [draw_spec(request, library, index) for index in specs]
        episodes = rollouts.groups(policy, drawn, given.size)
    return [read_group(base.tokenizer(), each, learner.network.context) for each in episodes]


def gradient(learner: Learner, group: Group, omega: float) -> Tensor:
    """Of the group's summed loss, in half precision: (P,)."""
    tensors = group.tensors()
    algorithm = Algorithm(omega=omega, beta=0.0, gate=Gate.NONE)
    measured = Measured(tensors.old, torch.zeros_like(tensors.old))
    weights = weigh(tensors, tensors.old, tensors.old, algorithm)
    _, parts = learner.gradients([Weighed(group, measured, measured, weights)])
    return (torch.cat([each.flatten() for each in parts]) * (group.tokens / 1_000)).half()


def report(trajectories: Tensor, stages: Tensor) -> None:
    """A line for each omega; both (groups, P)."""
    first, second = trajectories.float(), stages.float()
    e_e, s_e, s_s = first @ first.T, second @ first.T, second @ second.T
    everyone = torch.arange(len(first))
    generator = torch.Generator().manual_seed(0)
    drawn = [torch.randint(len(first), (len(first),), generator=generator) for _ in range(RESAMPLED)]
    for omega in OMEGAS:
        u_e = e_e + omega * s_e
        squares = e_e.diag() + 2 * omega * s_e.diag() + omega**2 * s_s.diag()
        values = sorted(common(u_e, squares, e_e.diag(), chosen) for chosen in drawn)
        low, high = values[RESAMPLED // 40], values[-1 - RESAMPLED // 40]
        found = common(u_e, squares, e_e.diag(), everyone)
        groups = f", {1 / found:.0f} groups" if omega == 0 and found > 0 else ""
        print(f"omega {omega:.2f}: common {found:.5f} ({low:.5f} to {high:.5f}){groups}", flush=True)


def common(products: Tensor, squares: Tensor, terminal: Tensor, chosen: Tensor) -> float:
    """Mean product of the chosen groups, those with themselves left out, over the lengths of both sides."""
    others = chosen[:, None] != chosen[None, :]
    product = mean_over(products[chosen][:, chosen], others)
    return product / math.sqrt(float(squares[chosen].mean() * terminal[chosen].mean()))


def mean_over(values: Tensor, where: Tensor) -> float:
    """Mean of the values at these places."""
    return float((values * where).sum() / where.sum())


if __name__ == "__main__":
    main()
