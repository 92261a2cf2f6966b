"""The error of a machine on which untrusted code must not run."""

from __future__ import annotations

from propound.errors import PropoundError


class SandboxUnavailable(PropoundError):  # noqa: N818 - a state of the machine
    """No way to isolate a program works on this machine; the message says what to change."""
