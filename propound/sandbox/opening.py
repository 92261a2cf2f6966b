"""Finds the best sandbox that this machine has, by trying."""

from __future__ import annotations

import logging
import sys

from . import bubblewrap
from .control_group import own_hierarchy
from .execution import Execution
from .isolated import IsolatedSandbox, isolated_sandbox
from .limits import Limits
from .program import Program
from .tier import Tier
from .unavailable import SandboxUnavailable
from .warm import WARM_TIERS, WarmSandbox

_SONG = b"still here"
_CANARY = Program(
    source="""
import os, sys
sys.stdout.write(sys.stdin.read())
try:
    assert not {"etc", "home", "proc"} & set(os.listdir("/"))
except PermissionError:
    pass
for path in ("/etc/passwd", "/proc/self/environ"):
    try:
        open(path)
    except OSError:
        continue
    raise SystemExit(1)
""",
    stdin=_SONG,
    limits=Limits(wall_s=10, cpu_s=5, output_bytes=4096, processes=4),
)
_LOG = logging.getLogger(__name__)

_ADVICE = {
    Tier.BUBBLEWRAP: "install bubblewrap (the package of that name)",
    Tier.NAMESPACES: (
        "allow user namespaces (sysctl user.max_user_namespaces > 0, kernel.unprivileged_userns_clone = 1,"
        " kernel.apparmor_restrict_unprivileged_userns = 0)"
    ),
    Tier.LANDLOCK: "use Linux 5.13 or newer with Landlock enabled (lsm=...,landlock), also for containers",
}


def open_sandbox(tier: str | None = None, *, warm: bool = True) -> IsolatedSandbox | WarmSandbox:
    """A sandbox of ``tier``, or of the best one that works here; warm if it can be, unless that is not wanted.

    SandboxUnavailable when there is none; untrusted code must not run then. ValueError for an unknown tier.
    """
    if sys.platform != "linux":
        raise SandboxUnavailable(
            "Untrusted programs are isolated with the means of Linux; run the service there."
        )
    failures: list[str] = []
    for kind in list(Tier) if tier is None else [Tier(tier)]:
        if kind is Tier.BUBBLEWRAP and bubblewrap.find() is None:
            failures.append(f"- {kind}: not installed; {_ADVICE[kind]}")
            continue
        for hierarchy in dict.fromkeys((own_hierarchy(), None)):
            sandbox = isolated_sandbox(kind, hierarchy)
            canary = sandbox.run(_CANARY)
            if _sings(canary):
                chosen = _warmed(sandbox) if warm and kind in WARM_TIERS else sandbox
                _LOG.info("programs are isolated by: %s; memory by: %s", chosen.tier, chosen.memory)
                return chosen
        failures.append(f"- {kind}: {_explained(canary)}; {_ADVICE[kind]}")
    raise SandboxUnavailable(
        "This machine cannot isolate untrusted programs, so none will be run. One of these is needed:\n"
        + "\n".join(failures)
    )


def _warmed(cold: IsolatedSandbox) -> IsolatedSandbox | WarmSandbox:
    """The warm form of ``cold`` where that works too; its zygotes start again in the process that uses it."""
    sandbox = WarmSandbox(cold)
    canary = sandbox.run_warm(_CANARY)
    sandbox.close()
    return sandbox if canary is not None and _sings(canary) else cold


def available_tiers() -> list[str]:
    """The tiers that work on this machine, best first."""
    found: list[str] = []
    for tier in Tier:
        try:
            open_sandbox(tier, warm=False)
            found.append(tier.value)
        except SandboxUnavailable:
            continue
    return found


def _sings(canary: Execution) -> bool:
    return canary.succeeded and canary.stdout == _SONG


def _explained(canary: Execution) -> str:
    detail = canary.reason or canary.stderr.decode(errors="replace")[-300:]
    return f"a harmless program ended as {canary.status} ({detail})"
