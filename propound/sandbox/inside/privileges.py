"""Giving up every power over the machine, irrevocably."""

from __future__ import annotations

import os
import resource

from . import kernel

_CAP_DAC_READ_SEARCH = 1 << 2
_NO_ROOT_LOCKED = 0b11
_NO_AMBIENT_LOCKED = 0b11000000
_AMBIENT_CLEAR_ALL = 4


_bound = False


def bind() -> int:
    """Make sure that no program which this process or a fork starts can gain what this one may hold; what
    it holds."""
    global _bound  # noqa: PLW0603 - a fork is as bound as the process that it came from
    held = kernel.capabilities()
    if held and not _bound:
        for capability in range(64):
            try:
                kernel.prctl(kernel.PR_CAPBSET_DROP, capability)
            except OSError:
                break  # past the last capability that this kernel knows
        kernel.prctl(kernel.PR_SET_SECUREBITS, _NO_ROOT_LOCKED | _NO_AMBIENT_LOCKED)
        _bound = True
    return held


def drop(user: int | None, readable: list[str]) -> None:
    """Become ``user`` (None: stay who we are) without capabilities and without a way to gain any.

    A root-only folder may lie above one of the ``readable`` paths when no mount namespace hides it. Then, and
    only then, the right to pass through folders is kept (until the program starts another one); Landlock,
    which the caller has set, decides what is read. The caller has set no_new_privs, too.
    """
    held = bind()
    passing, remaining = held & _CAP_DAC_READ_SEARCH, 0
    kernel.prctl(kernel.PR_CAP_AMBIENT, _AMBIENT_CLEAR_ALL)
    if user is not None:
        kernel.prctl(kernel.PR_SET_KEEPCAPS, 1)
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        kernel.set_capabilities(0, passing)
        if passing and not all(os.access(path, os.R_OK, effective_ids=True) for path in readable):
            remaining = passing
    kernel.set_capabilities(remaining, remaining)


def limit(*, cpu_s: int, memory_bytes: int, file_bytes: int, open_files: int, processes: int) -> None:
    """Set the resource limits that the kernel keeps by itself, soft and hard alike."""
    for which, soft, hard in (
        (resource.RLIMIT_CPU, cpu_s, cpu_s + 1),  # a second for the signal to be taken, then the end
        (resource.RLIMIT_AS, memory_bytes, memory_bytes),
        (resource.RLIMIT_FSIZE, file_bytes, file_bytes),
        (resource.RLIMIT_NOFILE, open_files, open_files),
        (resource.RLIMIT_NPROC, processes, processes),
        (resource.RLIMIT_STACK, 8 << 20, 8 << 20),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_MEMLOCK, 0, 0),
        (resource.RLIMIT_MSGQUEUE, 0, 0),
    ):
        ceiling = resource.getrlimit(which)[1]
        most = hard if ceiling == resource.RLIM_INFINITY else min(hard, ceiling)
        resource.setrlimit(which, (min(soft, most), most))
