"""Why a text could not be compared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class UnreadableError(ValueError):
    """A text is outside the notation, ambiguous, undefined, or over a limit; the message says which."""


@contextmanager
def side(whose: str) -> Iterator[None]:
    """Names whose text it was in the message of an `UnreadableError`."""
    try:
        yield
    except UnreadableError as error:
        raise UnreadableError(f"{whose}: {error}") from None
