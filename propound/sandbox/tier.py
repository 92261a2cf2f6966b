"""The ways of isolating a program, best first."""

from __future__ import annotations

from enum import StrEnum


class Tier(StrEnum):
    """How a program is kept from the machine; all tiers add the seccomp filter and the resource limits."""

    NAMESPACES = "namespaces"
    """Process, mount, network and user namespaces, made through the kernel's interfaces."""
    BUBBLEWRAP = "bubblewrap"
    """The same namespaces, made by the ``bwrap`` program, which may have rights that this process has not."""
    LANDLOCK = "landlock"
    """Landlock instead of namespaces: for plain containers and systems that forbid user namespaces."""
