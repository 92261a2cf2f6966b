"""One update of MGPO: log-probabilities, weights, gradient, step. The formulas are in `advantage.py` and `loss.py`."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

from propound.errors import PropoundError
from trainer.batch import Pack
from trainer.device import PROCESSOR, device_of, pack_on, share_heap, threads_on
from trainer.experience import Group, packs
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
ROUGH = Drift(0.5, 3.0)
"""What products in bfloat16 make of gradients seldom goes beyond: that differs by 0.001 to 0.004 in the mean, 0.16 at a
group's 99.9th percentile, 0.43 at most of 22,546 tokens of our checkpoints. A group beyond it is computed again in
float32, and that decides."""


@dataclass(frozen=True)
class Weighed:
    """A group with all that an update needs."""

    group: Group
    current: Tensor
    """Log-probabilities of its N own tokens at the temperature of sampling under the weights as they are, (N,)."""
    reference: Tensor
    """The same under the reference, (N,)."""
    weights: Weights
    fresh: bool
    """Whether these very weights sampled it."""


@dataclass(frozen=True)
class Gradients:
    """What a batch tells the network to change."""

    loss: float
    """Over all N tokens of the batch."""
    parameters: list[Tensor]
    """By the optimizer's order; of several ranks only this one's share where parameters are sharded."""
    entropies: Tensor
    """Of the distributions that the tokens were drawn from, in nats, as coarse as the gradient, (N,)."""


T = TypeVar("T")
_Work = TypeVar("_Work", bound=tuple[Any, ...])
_Dealt = tuple[tuple[int, _Work], bool]
"""See `Ranks.deal`; a pack's number comes first."""
_Weighted = tuple[Pack, Tensor, float]
"""A pack, the weights of its targets, the temperature."""
_Seen = tuple[Tensor, Tensor]
"""Log-probabilities of a pack's targets, and the entropies of what they were drawn from."""


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
        own log-probabilities, which the weights come from, are always float32. `drift` is what the sampling engine's
        rounding may come to; where that is nothing, what it recorded is taken as it is. Several ranks have one thread
        each.
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
        share_heap()
        self.workers = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
        self._total: list[Tensor] = []
        """The gradients that the next step takes, on every rank."""

    def weigh(self, groups: Sequence[Group], versions: Collection[str], turn: int = 0) -> list[Weighed]:
        """Every group with its weights; `versions` are those of the current weights, as samplers stamp them.

        What an exact engine recorded under these very weights needs no second computation: of such groups one, another
        one each `turn`, is measured all the same and compared; all of them are compared by `gradients`.

        Raises:
            DriftError: tokens that these very weights sampled have other probabilities now.
        """
        fresh = [group.version in versions for group in groups]
        known = {place for place, each in enumerate(fresh) if each and self.drift == EXACT}
        if known:
            known.remove(sorted(known)[turn % len(known)])
        measured = iter(self.measure([group for place, group in enumerate(groups) if place not in known]))
        current = [
            group.tensors().old if place in known else next(measured) for place, group in enumerate(groups)
        ]
        for place, group in enumerate(groups):
            if fresh[place] and place not in known:
                check_drift(group, current[place], self.drift)
        return [
            Weighed(group, now, then, weigh(group.tensors(), now, then, self.algorithm), each)
            for group, now, then, each in zip(
                groups, current, self.measure(groups, reference=True), fresh, strict=True
            )
        ]

    def update(self, batch: Sequence[Weighed], progress: float = 0.5) -> tuple[float, float]:
        """One step on the weighed groups; the loss, and the gradient's norm before it was clipped."""
        loss = self.gradients(batch).loss
        return loss, self.step(progress)

    def gradients(self, batch: Sequence[Weighed]) -> Gradients:
        """The gradients of the loss over all N tokens of the batch, the same however the batch is split.

        Raises:
            DriftError: tokens that these very weights sampled have other probabilities now.
        """
        tokens = sum(each.group.tokens for each in batch)
        work: list[_Weighted] = []
        for each in batch:
            start = 0
            for pack in packs(each.group, self.pack, share=self.share):
                weights = each.weights.token[start : start + len(pack.targets)]
                work.append((pack, weights, each.group.temperature))
                start += len(pack.targets)
        loss, seen = self._differentiate(work, tokens)
        chosen, entropies = (torch.cat(each) for each in zip(*seen, strict=True))
        for each, now in zip(batch, torch.split(chosen, [each.group.tokens for each in batch]), strict=True):
            # A loss that is no number is for the run to judge.
            if each.fresh and math.isfinite(loss) and drifts(each.group, now, ROUGH):
                (exact,) = self.measure([each.group])
                check_drift(each.group, exact, self.drift)
        return Gradients(loss, self._total, entropies)

    def measure(self, groups: Sequence[Group], *, reference: bool = False) -> list[Tensor]:
        """Log-probabilities of all groups' own tokens, (N,) each.

        Under the network they are in float32, under the reference as coarse as gradients are.
        """
        of_groups = [list(packs(group, self.pack, share=self.share)) for group in groups]
        work = [
            (pack, group.temperature) for group, each in zip(groups, of_groups, strict=True) for pack in each
        ]
        results = iter(self._evaluate(work, reference))
        return [torch.cat([next(results) for _ in each]) for each in of_groups]

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
    def _differentiate(self, work: Sequence[_Weighted], tokens: int) -> tuple[float, list[_Seen]]:
        """Take the gradients of the loss over all packs; the loss, and on the first rank what was seen of each pack."""
        parameters = self.optimizer.parameters

        def one(dealt: _Dealt[_Weighted]) -> tuple[float, Sequence[Tensor], int, _Seen]:
            (number, (pack, weights, temperature)), again = dealt
            chosen, entropies = self._score(self.network, pack, temperature, coarse=True)
            loss = policy_loss(chosen, weights.to(chosen) * (not again), tokens)
            seen = (chosen.detach().cpu().double(), entropies.cpu().double())
            return float(loss.detach()), self.ranks.differentiate(loss, parameters), number, seen

        total = [torch.zeros_like(each) for each in parameters]
        loss = 0.0
        found: dict[int, _Seen] = {}
        for value, gradients, number, seen in self.workers.map(one, self._deal(work)):
            loss += value
            torch._foreach_add_(total, list(gradients))
            found[number] = seen
        loss, self._total = self.ranks.add_up(loss, total)
        return loss, _in_order(self.ranks.gather(found))

    @everywhere
    def _evaluate(self, work: Sequence[tuple[Pack, float]], reference: bool) -> list[Tensor]:
        """Log-probabilities of the packs' targets; on the first rank of all packs."""
        network = self.reference if reference else self.network

        def one(dealt: _Dealt[tuple[Pack, float]]) -> tuple[int, Tensor]:
            (number, (pack, temperature)), _ = dealt
            with torch.no_grad():
                chosen, _ = self._score(network, pack, temperature, coarse=reference)
                return number, chosen.cpu().double()

        return _in_order(self.ranks.gather(dict(self.workers.map(one, self._deal(work)))))

    def _score(
        self, network: Trainable, pack: Pack, temperature: float, *, coarse: bool
    ) -> tuple[Tensor, Tensor]:
        """`network.score`, with products in bfloat16 where that is enough (`coarse`) and allowed."""
        precision: AbstractContextManager[Any] = nullcontext()
        if coarse and self.low_precision:
            precision = torch.autocast(self.device.type, torch.bfloat16)
        with precision:
            return network.score(pack.to(self.device), temperature)

    def _deal(self, work: Sequence[_Work]) -> list[_Dealt[_Work]]:
        """This rank's packs, numbered (see `Ranks.deal`)."""
        return self.ranks.deal(list(enumerate(work)), lambda item: len(item[1][0].ids))


def _in_order(found: Mapping[int, T]) -> list[T]:
    return [found[number] for number in sorted(found)]


def drifts(group: Group, current: Tensor, allowed: Drift) -> bool:
    """Whether recomputed log-probabilities (N,) differ from the recorded ones by more than is `allowed`.

    What is no number does.
    """
    difference = (current - group.tensors().old).abs()
    share = float((difference > allowed.usual).double().mean())
    return not (share <= FEW and float(difference.max()) <= allowed.largest)


def check_drift(group: Group, current: Tensor, allowed: Drift = EXACT) -> None:
    """Make sure that recomputed log-probabilities (N,) are the recorded ones: the trainer sees what the policy saw.

    Raises:
        DriftError: more of them differ, or one differs by more, than is `allowed`; says which one differs most, and by
            how much.
    """
    if not drifts(group, current, allowed):
        return
    tensors = group.tensors()
    difference = (current - tensors.old).abs()
    worst = int(difference.argmax())
    share = float((difference > allowed.usual).double().mean())
    step = int(tensors.step_of[worst])
    member = int(tensors.owner[step])
    raise DriftError(
        f"a token of turn {step - int((tensors.owner < member).sum()) + 1} of trajectory {member} of a group by"
        f" {group.version} was recorded with log-probability {float(tensors.old[worst]):.4f} and has"
        f" {float(current[worst]):.4f} under the same weights; {share:.1%} of the group's tokens differ by more than"
        f" {allowed.usual:g}: the engine and the trainer disagree on weights, tokens, positions or temperature"
    )
