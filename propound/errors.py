"""Errors of the domain that a caller can act on; each message says what is wrong and what would be right."""

from __future__ import annotations


class PropoundError(Exception):
    """Base of all errors that Propound raises on purpose."""


class SkillError(PropoundError):
    """A skill package is not well formed."""


class UnknownSkillError(PropoundError):
    """A skill or category that the library does not hold."""


class ImpossibleSpecError(PropoundError):
    """No set of skills in the library satisfies a request."""
