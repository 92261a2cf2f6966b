"""Under which conditions a training run works: when it must end, whom it tells that it waits, whose work it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from propound.errors import PropoundError
from propound.models.purpose import NOBODY, Origin


class InterruptedRunError(PropoundError):
    """A run was told to end amid something that it does again when it goes on."""


@dataclass(frozen=True)
class Conditions:
    """The defaults are those of a run that nobody interrupts or listens to."""

    cancelled: Callable[[], bool] = lambda: False
    """Whether it is to end."""
    waits: Callable[[str | None], None] = lambda _: None
    """Is told what it waits for, and None when it goes on."""
    prober: str | None = None
    """Version of the prober that measures its problems; None: none does."""
    origin: Origin = NOBODY
    """Whose work it is, for whoever accounts for requests."""


UNCONDITIONAL = Conditions()
