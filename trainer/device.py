"""Where a run computes: on the GPU of this process where there is one, otherwise on the processor."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress

import torch

from trainer.optimizer import Parameters

PROCESSOR = torch.device("cpu")
_ARENA_MAX = -8
"""`M_ARENA_MAX` of glibc's malloc.h."""


def own_device() -> torch.device:
    """The device of this process: of several on one machine, each has a GPU of its own (LOCAL_RANK says which)."""
    if not torch.cuda.is_available():
        return PROCESSOR
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))


def device_of(network: Parameters) -> torch.device:
    """Where a network's parameters lie, all on one device."""
    return next(parameter.device for _, parameter in network.named_parameters())


def threads_on(device: torch.device, threads: int) -> int:
    """So many threads on the processor; a GPU takes its work from one."""
    return threads if device.type == "cpu" else 1


def share_heap() -> None:
    """Let threads that begin from now on allocate from one heap.

    glibc gives each a heap of its own, and what one has freed the others cannot have. Other libraries are left alone.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def pack_on(device: torch.device) -> int:
    """Tokens that go through a network at once: enough to fill a GPU, and on processors no more than memory is worth.

    On two cores packs of 2,048 tokens are as fast as packs of 8,192, with half the memory in groups of 8.
    """
    return 2048 if device.type == "cpu" else 8192


def rows_on(device: torch.device) -> int:
    """Targets whose logits exist at a time: few enough for a processor's cache, enough to fill a GPU."""
    return 128 if device.type == "cpu" else 1024


def product_type(x: torch.Tensor) -> torch.dtype:
    """The type that products of `x` are computed in: autocast's where it is on."""
    kind = x.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype
