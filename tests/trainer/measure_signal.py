"""What groups have in common: `python -m tests.trainer.measure_signal weak --skills 1 --size 8 --seeds 1 2`.

Not a test.

A policy gradient is linear in the advantages, and at the policy that sampled MGPO's is e + omega s: e of the
trajectory advantages, s of the stage advantages. Groups of one policy are independent, so the mean product of one
group's gradient with another's estimates the squared length of what they agree on; all else of their length is noise.
The cosine given is that product over the groups' mean lengths: 1 if all agreed on what to change, 0 if on nothing. Its
inverse is how many groups a step needs until half of its squared length is signal (the "gradient noise scale" of
McCandlish et al. 2018).

Pairs of groups are told apart by whether their problems are of the same skills; intervals are of a bootstrap over
groups.
"""

from __future__ import annotations

import argparse
import itertools
import math
import time
from collections.abc import Sequence

import torch
from torch import Tensor

from propound.curriculum import draw_spec
from propound.episodes import EpisodeRunner, of_specs, run_all
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
from trainer.refine import _open_learner
from trainer.settings import RefineSettings
from trainer.update import Learner, Weighed

RESAMPLED = 1_000
BATCH = 10
"""Groups that are sampled at a time."""


def main() -> None:
    """Print a line for each kind of gradients and of pairs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoint", nargs="?", default="weak")
    parser.add_argument("--groups", type=int, default=30, help="of each seed")
    parser.add_argument("--size", type=int, default=6)
    parser.add_argument("--skills", type=int, default=2)
    parser.add_argument("--turns", type=int, default=8)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    given = parser.parse_args()
    compile_toolkit()
    base = load_checkpoint(given.checkpoint)
    learner = _open_learner(base, RefineSettings(threads=1), Ranks())
    names = [name for name, each in learner.network.named_parameters() if each.requires_grad]
    lengths = [each.numel() for each in learner.optimizer.parameters]
    trajectories: list[Tensor] = []
    stages: list[Tensor] = []
    skills: list[tuple[str, ...]] = []
    accepted = 0
    began = time.monotonic()
    for seed, start in itertools.product(given.seeds, range(0, given.groups, BATCH)):
        for group in sample(base, learner, given, seed, range(start, min(given.groups, start + BATCH))):
            accepted += sum(each.verdict.accepted for each in group.episodes)
            skills.append(group.episodes[0].trajectory.spec.skills)
            first, second = (gradient(learner, group, omega) for omega in (0.0, 1.0))
            trajectories.append(first)
            stages.append(second - first)
        print(f"{len(stages)} groups, {time.monotonic() - began:.0f} s", flush=True)
    print(f"{accepted / len(stages) / given.size:.1%} of the episodes accepted")
    report(torch.stack(trajectories), torch.stack(stages), skills)
    place = names.index("model.embed_tokens.weight")
    first, second = (torch.split(torch.stack(each), lengths, dim=1)[place] for each in (trajectories, stages))
    print("the embeddings alone:")
    report(first, second, skills)


def sample(
    base: Checkpoint, learner: Learner, given: argparse.Namespace, seed: int, specs: range
) -> list[Group]:
    """Groups of the checkpoint at T = 1."""
    library = default_library()
    request = JobRequest(
        count=1, seed=seed, level=2, minimum_skills=given.skills, maximum_skills=given.skills
    )
    with open_policy(given.checkpoint, library, temperature=1.0) as policy:
        drawn = [draw_spec(request, library, index) for index in specs]
        runner = EpisodeRunner(library, PlacedSandbox(open_sandbox()), policy, given.turns)
        made = run_all(runner, of_specs(drawn, size=given.size), in_flight=48)
    episodes = [made[start : start + given.size] for start in range(0, len(made), given.size)]
    return [read_group(base.tokenizer(), each, learner.network.context) for each in episodes]


def gradient(learner: Learner, group: Group, omega: float) -> Tensor:
    """Of the group's summed loss, in half precision: (P,)."""
    tensors = group.tensors()
    algorithm = Algorithm(omega=omega, beta=0.0, gate=Gate.NONE)
    weights = weigh(tensors, tensors.old, tensors.old, algorithm)
    found = learner.gradients([Weighed(group, tensors.old, tensors.old, weights, fresh=True)])
    return (torch.cat([each.flatten() for each in found.parameters]) * (group.tokens / 1_000)).half()


def report(trajectories: Tensor, stages: Tensor, skills: Sequence[tuple[str, ...]]) -> None:
    """Cosines of all kinds; the gradients are both (groups, P)."""
    first, second = trajectories.float(), stages.float()
    alike = torch.tensor([[one == other for other in skills] for one in skills])
    generator = torch.Generator().manual_seed(0)
    drawn = [torch.randint(len(first), (len(first),), generator=generator) for _ in range(RESAMPLED)]
    for name, one, other in (
        ("trajectory with trajectory", first, first),
        ("stage with trajectory", second, first),
        ("stage with stage", second, second),
    ):
        scale = math.sqrt(float((one**2).sum(1).mean() * (other**2).sum(1).mean()))
        products = one @ other.T / scale
        for kind, pairs in (("same skills", alike), ("other skills", ~alike)):
            everyone = torch.arange(len(first))
            count = int((pairs & (everyone[:, None] != everyone)).sum()) // 2
            if count:
                values = sorted(mean_over(products, pairs, chosen) for chosen in drawn)
                low, high = values[RESAMPLED // 40], values[-1 - RESAMPLED // 40]
                found = mean_over(products, pairs, everyone)
                print(f"{name}, {kind} ({count} pairs): {found:+.4f} ({low:+.4f} to {high:+.4f})", flush=True)


def mean_over(products: Tensor, pairs: Tensor, chosen: Tensor) -> float:
    """Mean product over such pairs of the chosen groups, those with themselves left out; 0 if there are none."""
    where = pairs[chosen][:, chosen] & (chosen[:, None] != chosen[None, :])
    return float((products[chosen][:, chosen] * where).sum() / where.sum().clamp(min=1))


if __name__ == "__main__":
    main()
