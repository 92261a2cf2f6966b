"""For a run on several GPUs: shares the work of each update among processes ("ranks"), as `torchrun` starts them.

    torchrun --nproc-per-node 2 -m trainer.mgpo --from weak --out OUT

Who runs on one processor or one GPU need not read this: then there is one rank, and nothing here does anything.

The first rank does all that a run does: it samples, evaluates, decides when the run ends, and writes the files. The
others wait in `Ranks.follow`. When the first one calls a method of the `Learner` that is marked `everywhere` (measure
packs, add up gradients, take a step), they call it, too, each on its own share of the packs.

Every rank holds all parameters, and gradients are added up once a step. That is data parallelism without PyTorch's
`DistributedDataParallel`, which would need the same number of packs on every rank. Under
`accelerate launch --use_fsdp` the parameters are cut into shards instead, layer by layer (FSDP2).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar

import torch
from torch import Tensor, distributed, nn

from propound.errors import PropoundError
from trainer.device import own_device
from trainer.optimizer import Optimizer
from trainer.trainable import Trainable

if TYPE_CHECKING:
    from accelerate import PartialState

T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R", bound="Ranked")

PATIENCE = timedelta(minutes=30)
"""How long a rank waits for another within a computation."""
_IDLE = timedelta(days=30)
"""How long the others wait for the first one: it samples meanwhile."""
_LAUNCHED = ("WORLD_SIZE", "PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")
"""What launchers set."""


class RankError(PropoundError):
    """A computation of several processes failed in one of them."""


class Ranked(Protocol):
    """What every rank has one of."""

    ranks: Ranks


def everywhere(method: Callable[Concatenate[R, P], T]) -> Callable[Concatenate[R, P], T]:
    """A method that runs on every rank when the first one calls it.

    Raises:
        RankError: it failed here, or another rank has ended.
    """

    @wraps(method)
    def called(self: R, /, *arguments: P.args, **named: P.kwargs) -> T:
        return self.ranks.call(method, self, *arguments, **named)

    return called


class Ranks:
    """The processes of a run, seen from one of them; without a launcher it is the only one."""

    def __init__(self, processes: PartialState | None = None) -> None:
        self.index = processes.process_index if processes else 0
        self.count = processes.num_processes if processes else 1
        self.sharded = self.count > 1 and os.environ.get("ACCELERATE_USE_FSDP", "").lower() in ("1", "true")
        """Whether each rank keeps only its share of the parameters."""
        # Not the computations' group, whose patience is shorter.
        self._messages = distributed.new_group(backend="gloo", timeout=_IDLE) if self.count > 1 else None

    @property
    def first(self) -> bool:
        """Whether this is the one that decides."""
        return self.index == 0

    # -- calls -------------------------------------------------------------------------------------------

    def call(self, method: Callable[..., T], target: object, *arguments: Any, **named: Any) -> T:
        """Call a method of the target here, and of what they follow on the other ranks; what it gives here."""
        if self.count == 1:
            return method(target, *arguments, **named)
        try:
            self._tell((method.__name__, arguments, named))
            return method(target, *arguments, **named)
        except RuntimeError as error:
            raise self._failure(error) from error

    def follow(self, target: object) -> None:
        """On all but the first rank: do what it calls, until it dismisses.

        Raises:
            RankError: it failed here, or the first rank has ended.
        """
        try:
            while (message := self._tell(None)) is not None:
                name, arguments, named = message
                getattr(type(target), name).__wrapped__(target, *arguments, **named)
        except RuntimeError as error:
            raise self._failure(error) from error

    def dismiss(self) -> None:
        """On the first rank: let the others end."""
        if self.count > 1:
            self._tell(None)

    def _tell(self, message: Any) -> Any:
        """The first rank's message, on every rank."""
        box = [message]
        distributed.broadcast_object_list(box, 0, self._messages)
        return box[0]

    def _failure(self, error: Exception) -> RankError:
        return RankError(
            f"process {self.index} of {self.count} cannot go on: another one ended, or a computation failed: {error}"
        )

    # -- shares of the work ------------------------------------------------------------------------------

    def deal(self, work: Sequence[T], size: Callable[[T], int]) -> list[tuple[T, bool]]:
        """This rank's items, the largest first, as many as every other rank's.

        Where the items do not go round, some are dealt once more, with True: of them only the computation counts.
        """
        largest = sorted(work, key=size, reverse=True)
        rounds = -(-len(largest) // self.count)
        places = (self.index + turn * self.count for turn in range(rounds))
        return [(largest[min(place, len(largest) - 1)], place >= len(largest)) for place in places]

    def gather(self, results: Mapping[int, T]) -> dict[int, T]:
        """All ranks' results by number on the first rank; on the others their own."""
        if self.count == 1:
            return dict(results)
        found: list[Any] | None = [None] * self.count if self.first else None
        distributed.gather_object(results, found, 0)
        return {number: each for some in found or [results] for number, each in some.items()}

    def differentiate(self, loss: Tensor, parameters: Sequence[nn.Parameter]) -> list[Tensor]:
        """The gradient of this rank's loss; with shards, this rank's shards of the sum over all ranks' losses."""
        if not self.sharded:
            return list(torch.autograd.grad(loss, parameters))
        loss.backward()  # type: ignore[no-untyped-call]
        gradients = [each.grad for each in parameters]
        for each in parameters:
            each.grad = None
        return [each for each in gradients if each is not None]

    def add_up(self, loss: float, gradients: list[Tensor]) -> tuple[float, list[Tensor]]:
        """The sums over all ranks of what `differentiate` gave."""
        if self.count == 1:
            return loss, gradients
        from accelerate.utils import reduce

        if not self.sharded:
            gradients = reduce(gradients, "sum")
        return float(reduce(torch.tensor(loss, dtype=torch.float64, device=own_device()), "sum")), gradients

    # -- parameters --------------------------------------------------------------------------------------

    def spread(self, network: Trainable) -> None:
        """Give every rank the first one's parameters that are trained, and shard all where that is asked for."""
        if self.count == 1:
            return
        for _, each in network.named_parameters():
            if each.requires_grad:
                distributed.broadcast(each.data, 0)
        if self.sharded:
            _shard(network, self.count)

    def weights(self, network: Trainable) -> dict[str, Tensor]:
        """The parameters that are trained, by name, on the first rank whole. A computation of all ranks."""
        return {
            name: self._whole(each.detach())
            for name, each in network.named_parameters()
            if each.requires_grad
        }

    def load_weights(self, network: Trainable, weights: Mapping[str, Tensor]) -> None:
        """Set what `weights` gave. A computation of all ranks."""
        named = dict(network.named_parameters())
        placed = {name: self._placed_like(named[name], each) for name, each in weights.items()}
        network.load_state_dict(placed, strict=False)

    def optimizer_state(self, optimizer: Optimizer) -> list[dict[str, Any]]:
        """The optimizer's state, on the first rank whole. A computation of all ranks."""
        return [
            {
                **part,
                "state": {
                    number: {name: self._whole(value) for name, value in each.items()}
                    for number, each in part["state"].items()
                },
            }
            for part in optimizer.state()
        ]

    def load_optimizer(self, optimizer: Optimizer, state: Sequence[Mapping[str, Any]]) -> None:
        """Set what `optimizer_state` gave. A computation of all ranks."""
        placed = []
        for (inner, _), part in zip(optimizer.parts, state, strict=True):
            parameters = [each for group in inner.param_groups for each in group["params"]]
            placed.append(
                {
                    **part,
                    "state": {
                        number: {
                            name: self._placed_like(parameters[number], value) for name, value in each.items()
                        }
                        for number, each in part["state"].items()
                    },
                }
            )
        optimizer.restore(placed)

    def _whole(self, value: Any) -> Any:
        if not hasattr(value, "full_tensor"):
            return value
        whole = value.full_tensor()
        return whole if self.first else value

    def _placed_like(self, parameter: Tensor, value: Any) -> Any:
        """The value as the parameter is placed, where it is of its shape."""
        if not self.sharded or not isinstance(value, Tensor) or value.shape != parameter.shape:
            return value
        # Late: the import takes a second, and only shards need it.
        from torch.distributed.tensor import DTensor, distribute_tensor

        assert isinstance(parameter, DTensor)
        return distribute_tensor(value, parameter.device_mesh, parameter.placements)


def join() -> Ranks:
    """The processes that a launcher started together with this one, or this one alone."""
    if not any(name in os.environ for name in _LAUNCHED):
        return Ranks()
    from accelerate import PartialState

    # What `accelerate launch --use_fsdp` sets would have transformers read the parameters on the first rank alone.
    os.environ["FSDP_CPU_RAM_EFFICIENT_LOADING"] = "false"
    return Ranks(PartialState(cpu=own_device().type == "cpu", timeout=PATIENCE))


def _shard(network: Trainable, count: int) -> None:
    """Shard all parameters over all ranks, layer by layer; gradients of `network.score` are summed over them.

    By PyTorch itself: accelerate (1.15) does just this, but its `Accelerator` refuses to on processors.
    """
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import FSDPModule, fully_shard, register_fsdp_forward_method

    assert isinstance(network, nn.Module)
    mesh = init_device_mesh(own_device().type, (count,))
    layers = next((each for each in network.modules() if isinstance(each, nn.ModuleList)), ())
    for module in (*layers, network):
        fully_shard(module, mesh=mesh, reshard_after_forward=True)
        assert isinstance(module, FSDPModule)
        module.set_gradient_divide_factor(1.0)
        module.set_force_sum_reduction_for_comms(True)  # gloo has no mean
    register_fsdp_forward_method(network, "score")
