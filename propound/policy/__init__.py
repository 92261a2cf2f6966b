"""Who writes the turns: one small interface, many policies."""

from propound.policy.protocol import Policy, PolicyError, Turn, Writer

__all__ = ["Policy", "PolicyError", "Turn", "Writer"]
