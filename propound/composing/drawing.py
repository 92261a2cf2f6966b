"""The specs of a request, whatever its mode: for workers, who draw them, and for the API, which only checks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from propound.composing.free import Composer
from propound.curriculum import check_request, draw_spec
from propound.job import JobRequest
from propound.problem import Mode, ProblemSpec
from propound.skills import Cards, Library, default_cards

Draw = Callable[[int], ProblemSpec]
"""A spec by its index; a pure function, so any worker can draw any spec at any time."""


def specs_of(request: JobRequest, library: Library, cards: Callable[[], Cards] = default_cards) -> Draw:
    """Draws the specs of a request that can be served. `cards` gives what open mode composes from; asked there alone.

    Raises:
        UnknownSkillError: a skill or category that is not there, or a card that is none.
        ImpossibleSpecError: in some domain no skills go together as asked.
    """
    if request.mode is Mode.PROCEDURAL:
        check_request(request, library)
        return partial(draw_spec, request, library)
    composer = Composer(request, cards())
    composer.check()
    return composer.spec
