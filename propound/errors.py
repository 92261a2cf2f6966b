"""Errors of the domain that a caller can act on; each message says what is wrong and what would be right."""

from __future__ import annotations

from collections.abc import Collection


class PropoundError(Exception):
    """Base of all errors that Propound raises on purpose."""


class SkillError(PropoundError):
    """A skill package is not well formed."""


class UnknownSkillError(PropoundError):
    """A skill or category that the library does not hold."""

    def __init__(
        self, message: str, *, skills: Collection[str] = (), categories: Collection[str] = ()
    ) -> None:
        """`skills` and `categories`: those of a request that are not there."""
        super().__init__(message)
        self.skills = skills
        self.categories = categories


class ImpossibleSpecError(PropoundError):
    """No set of skills in the library satisfies a request."""


class ServiceDownError(PropoundError):
    """A service outside does not answer, or refuses its user: work that needs it waits, and is not to blame."""

    def __init__(self, message: str, *, retry_after: float = 0.0) -> None:
        """`retry_after`: seconds that the service asked to be left alone."""
        super().__init__(message)
        self.retry_after = retry_after


class SandboxFailedError(PropoundError):
    """The sandbox itself failed, twice: nothing can be said about the program, and the work is done again."""
