"""One update of MGPO: log-probabilities, weights, gradient, step. The formulas are in `advantage.py` and `loss.py`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from propound.errors import PropoundError
from trainer.device import PROCESSOR, device_of, pack_on, threads_on
from trainer.experience import Group, Part, parts
from trainer.loss import Algorithm, Weights, policy_loss, weigh
from trainer.optimizer import Optimizer, total_norm
from trainer.ranks import Ranks, everywhere
from trainer.trainable import Trainable

FEW = 1e-3
"""Share of a group's tokens that may differ by more than is usual: unlikely ones, where sharp attention magnifies
rounding."""


class DriftError(PropoundError):
    """Recomputed log-probabilities are not those that were recorded: such a batch teaches nonsense."""


@dataclass(frozen=True)
class Drift:
    """What rounding may do to the log-probability of a token between sampling and now, under the same weights."""

    usual: float
    """Nats; all but `FEW` of a group's tokens differ by less."""
    largest: float
    """Nats; no token differs by more."""


EXACT = Drift(1e-3, 0.05)
"""Where the sampling engine computes in float32."""
COARSE = Drift(0.1, 1.0)
"""Where it may compute in bfloat16: vLLM then differs by 0.002 in the mean, 0.04 at the 99.9th percentile."""


@dataclass(frozen=True)
class Measured:
    """A group's own tokens under some weights, without gradients."""

    log_probabilities: Tensor
    """At the temperature of sampling, (N,)."""
    entropies: Tensor
    """Of the distributions that they were drawn from, in nats, (N,)."""


@dataclass(frozen=True)
class Weighed:
    """A group with all that an update needs."""

    group: Group
    current: Measured
    reference: Measured
    weights: Weights


_Weighted = tuple[Part, Tensor, float]
"""A pack, the weights of its targets, the temperature."""


class Learner:
    """A network in training, the reference that it must not leave too far, and the optimizer.

    Of several ranks each has one; the first rank calls its methods, and the others `Ranks.follow`.
    """

    def __init__(
        self,
        network: Trainable,
        reference: Trainable,
        optimizer: Optimizer,
        algorithm: Algorithm,
        *,
        pack: int | None = None,
        share: bool = True,
        threads: int = 2,
        low_precision: bool = True,
        drift: Drift = EXACT,
        ranks: Ranks | None = None,
    ) -> None:
        """`pack` tokens go through the network at once, if not given as many as `pack_on` says for its device.

        With `share` a group's prompt is computed once per pack.
        With `low_precision` the gradient and the reference are computed with products in bfloat16; the network's
        own log-probabilities, which the weights come from, are always float32. Several ranks have one thread each.
        """
        self.network, self.reference, self.optimizer, self.algorithm = (
            network,
            reference,
            optimizer,
            algorithm,
        )
        self.device = device_of(network)
        self.pack = pack or pack_on(self.device)
        self.share, self.low_precision, self.drift = share, low_precision, drift
        self.ranks = ranks or Ranks()
        threads = 1 if self.ranks.count > 1 else threads_on(self.device, threads)
        self.workers = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
        self._total: list[Tensor] = []
        """The gradients that the next step takes, on every rank."""

    def weigh(self, groups: Sequence[Group], versions: Collection[str]) -> list[Weighed]:
        """Every group with its weights; `versions` are those of the current weights, as samplers stamp them.

        Raises:
            DriftError: tokens that these very weights sampled have other probabilities now.
        """
        current, reference = self.measure(groups), self.measure(groups, reference=True)
        for group, measured in zip(groups, current, strict=True):
            if group.version in versions:
                check_drift(group, measured.log_probabilities, self.drift)
        return [
            Weighed(
                group,
                now,
                then,
                weigh(group.tensors(), now.log_probabilities, then.log_probabilities, self.algorithm),
            )
            for group, now, then in zip(groups, current, reference, strict=True)
        ]

    def update(self, batch: Sequence[Weighed], progress: float = 0.5) -> tuple[float, float]:
        """One step on the weighed groups; the loss, and the gradient's norm before it was clipped."""
        loss, _ = self.gradients(batch)
        return loss, self.step(progress)

    def gradients(self, batch: Sequence[Weighed]) -> tuple[float, list[Tensor]]:
        """The loss over all N tokens of the batch and its gradients, the same however the batch is split."""
        tokens = sum(each.group.tokens for each in batch)
        work: list[_Weighted] = []
        for each in batch:
            start = 0
            for part in parts(each.group, self.pack, share=self.share):
                weights = each.weights.token[start : start + len(part.targets)]
                work.append((part, weights, each.group.temperature))
                start += len(part.targets)
        return self._differentiate(work, tokens), self._total

    def measure(self, groups: Sequence[Group], *, reference: bool = False) -> list[Measured]:
        """All groups' tokens under the network, in float32, or the reference, as coarsely as gradients are taken."""
        of_groups = [list(parts(group, self.pack, share=self.share)) for group in groups]
        work = [
            (part, group.temperature) for group, each in zip(groups, of_groups, strict=True) for part in each
        ]
        results = self._evaluate(work, reference)
        places = iter(range(len(work)))
        found = [[results[next(places)] for _ in each] for each in of_groups]
        return [Measured(torch.cat([p for p, _ in each]), torch.cat([e for _, e in each])) for each in found]

    @everywhere
    def norm(self) -> float:
        """The norm of the gradients that were taken last."""
        return total_norm(self._total)

    @everywhere
    def step(self, progress: float, scale: float = 1.0) -> float:
        """Move the network by the gradients that were taken last (see `Optimizer.step`); their norm."""
        gradients, self._total = self._total, []
        return self.optimizer.step(gradients, progress, scale=scale)

    @everywhere
    def weights(self) -> dict[str, Tensor]:
        """The parameters that are trained, whole, by name."""
        return self.ranks.weights(self.network)

    @everywhere
    def state(self) -> dict[str, Any]:
        """What `restore` needs: `weights` and the optimizer's state."""
        return {
            "network": self.ranks.weights(self.network),
            "optimizer": self.ranks.optimizer_state(self.optimizer),
        }

    @everywhere
    def restore(self, path: Path) -> None:
        """Go on from a file that holds `state`; every rank reads it."""
        state = torch.load(path, map_location=PROCESSOR, weights_only=True)
        self.ranks.load_weights(self.network, state["network"])
        self.ranks.load_optimizer(self.optimizer, state["optimizer"])

    @everywhere
    def _differentiate(self, work: Sequence[_Weighted], tokens: int) -> float:
        """Take the gradients of the loss over all packs; the loss."""
        parameters = self.optimizer.parameters

        def one(dealt: tuple[_Weighted, bool]) -> tuple[float, Sequence[Tensor]]:
            (part, weights, temperature), again = dealt
            part = part.to(self.device)
            with self._precision(coarse=True):
                logits = self.network.logits(part.ids, part.lengths, part.chosen, shared=part.shared)
            chosen = _log_probabilities(logits.float(), part.targets, temperature)
            loss = policy_loss(chosen, weights.to(chosen) * (not again), tokens)
            return float(loss.detach()), self.ranks.differentiate(loss, parameters)

        total = [torch.zeros_like(each) for each in parameters]
        loss = 0.0
        for value, gradients in self.workers.map(one, self.ranks.deal(work, lambda item: len(item[0].ids))):
            loss += value
            torch._foreach_add_(total, list(gradients))
        loss, self._total = self.ranks.add_up(loss, total)
        return loss

    def _precision(self, *, coarse: bool) -> AbstractContextManager[Any]:
        """Of the products within: bfloat16 where that is wanted and allowed."""
        return (
            torch.autocast(self.device.type, torch.bfloat16)
            if coarse and self.low_precision
            else nullcontext()
        )

    @everywhere
    def _evaluate(
        self, work: Sequence[tuple[Part, float]], reference: bool
    ) -> dict[int, tuple[Tensor, Tensor]]:
        """Log-probabilities and entropies of the packs' targets, by the packs' places; on the first rank of all."""
        network = self.reference if reference else self.network

        def one(dealt: tuple[tuple[int, tuple[Part, float]], bool]) -> tuple[int, tuple[Tensor, Tensor]]:
            (number, (part, temperature)), _ = dealt
            part = part.to(self.device)
            with torch.no_grad(), self._precision(coarse=reference):
                logits = network.logits(part.ids, part.lengths, part.chosen, shared=part.shared)
                full = torch.log_softmax(logits.float() / temperature, -1)
                chosen = full.gather(-1, part.targets[:, None])[:, 0]
                entropies = -(full.exp() * full).sum(-1)
                return number, (chosen.cpu().double(), entropies.cpu().double())

        dealt = self.ranks.deal(list(enumerate(work)), lambda item: len(item[1][0].ids))
        return self.ranks.gather(dict(self.workers.map(one, dealt)))


def check_drift(group: Group, current: Tensor, allowed: Drift = EXACT) -> None:
    """Make sure that recomputed log-probabilities (N,) are the recorded ones: the trainer sees what the policy saw.

    Raises:
        DriftError: more of them differ, or one differs by more, than is `allowed`; says which one differs most, and by
            how much.
    """
    tensors = group.tensors()
    difference = (current - tensors.old).abs()
    worst = int(difference.argmax())
    share = float((difference > allowed.usual).double().mean())
    if share <= FEW and float(difference[worst]) <= allowed.largest:
        return
    step = int(tensors.step_of[worst])
    member = int(tensors.owner[step])
    raise DriftError(
        f"a token of turn {step - int((tensors.owner < member).sum()) + 1} of trajectory {member} of a group by"
        f" {group.version} was recorded with log-probability {float(tensors.old[worst]):.4f} and has"
        f" {float(current[worst]):.4f} under the same weights; {share:.1%} of the group's tokens differ by more than"
        f" {allowed.usual:g}: the engine and the trainer disagree on weights, tokens, positions or temperature"
    )


def _log_probabilities(logits: Tensor, targets: Tensor, temperature: float) -> Tensor:
    """(n, V), (n,) -> (n,)."""
    return -torch.nn.functional.cross_entropy(logits / temperature, targets, reduction="none")
