"""r(k): what a card is worth, from 0 to 1, in parts that are measured and not claimed.

    r = (form * grounded * own * general * novel [* rated]) ** (1 / number of parts)

A geometric mean: one bad part spoils a card, and tau_r means the same with raters and without. Before it is formed, a
card must hold together at all (`fault`): read by the library's reader, complete, in words of its own.

Whether problems that are proposed with a card come out right and hard is not among the parts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from pydantic import Field

from propound.card import Card
from propound.errors import SkillError
from propound.record import Record
from propound.skills.cards import read_text
from propound.words import runs, words
from trainer.acquisition.cutting import SPECIAL, Piece
from trainer.acquisition.draft import WRITTEN, Draft
from trainer.acquisition.terms import Terms, Weights, terms, terms_of

NEEDED = ("description", "method", "workflow")
"""Parts without which nobody could use a card."""
COPIED = 12
"""A run of so many words that stands in the piece as well is copied."""
RUN = 4
"""Words of the runs whose share is the text that is not the teacher's own."""
ENOUGH = 0.2
"""Share of a card's terms in its piece from which on it is grounded: what a good card shares with the statement of a
problem alone, in the median (docs/guide/acquisition.md)."""
NEAR = 0.35
"""Likeness from which on two cards are one: above that of any two of the library."""
_MATH = re.compile(r"\$\$.*?\$\$|\$.*?\$|\\\[.*?\\\]|\\\(.*?\\\)", re.DOTALL)
"""Formulas are nobody's words: a card may give the one that the piece proves."""
_NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)?(?![\w])")
_COMMON = frozenset({"0", "1", "2", "10", "100", "1000"})
"""Numbers that belong to no problem in particular."""


class Reason(StrEnum):
    """Why a candidate is dropped; a closed list, in the order in which they are looked for."""

    UNANSWERED = "unanswered"
    """The request failed, or its answer was cut off."""
    UNREAD = "unread"
    """The reply holds no card."""
    NO_SKILL = "no_skill"
    """The teacher says that there is none in the piece."""
    INCOMPLETE = "incomplete"
    """A part is missing without which nobody could use the card."""
    MALFORMED = "malformed"
    """The library's reader refuses it."""
    MARKED = "marked"
    """It holds tokens that chat templates are made of."""
    COPIED = "copied"
    """Text of the piece stands in it."""
    KNOWN = "known"
    """The library has it already."""
    LOW = "low"
    """r(k) < tau_r."""
    REPEATED = "repeated"
    """Another candidate says nearly the same, and measures better."""
    NOT_RATED = "not_rated"
    """There are raters, and none of them gave a rating."""


class Fault(Record):
    """Why a card has no r(k)."""

    reason: Reason
    detail: str


class Parts(Record):
    """The parts of r(k), each from 0 to 1."""

    form: float = Field(ge=0, le=1)
    """Mean over its ten texts: 1 if it says enough and not too much, less in proportion, 0 if it says nothing or
    what another part says."""
    grounded: float = Field(ge=0, le=1)
    """Share of its terms, by weight, that stand in its piece; `ENOUGH` is all that is wanted."""
    own: float = Field(ge=0, le=1)
    """Share of its runs of four words that do not stand in the piece."""
    general: float = Field(ge=0, le=1)
    """1 / (1 + the piece's numbers that stand in it): a skill is not tied to the numbers of one problem."""
    novel: float = Field(ge=0, le=1)
    """1 minus the largest likeness with a card of the library, as a share of what makes two cards one."""
    rated: float | None = Field(default=None, ge=0, le=1)
    """Mean of the raters' ratings; None: nobody rated it."""

    @property
    def total(self) -> float:
        """r(k)."""
        values = [value for _, value in self if value is not None]
        return float(math.prod(values) ** (1 / len(values)))

    def line(self) -> str:
        """For people."""
        return ", ".join(f"{name} {value:.2f}" for name, value in self if value is not None)


@dataclass(frozen=True)
class Library:
    """The cards that are there already, as far as they are compared with."""

    names: frozenset[str]
    cards: tuple[tuple[str, Terms], ...]
    weights: Weights

    @classmethod
    def of(cls, cards: Iterable[Card]) -> Self:
        """Of these cards."""
        every = tuple((card.name, terms_of(card)) for card in cards)
        return cls(frozenset(name for name, _ in every), every, Weights.of(found for _, found in every))

    def nearest(self, found: Terms) -> tuple[float, str]:
        """The largest likeness with a card, and that card's name."""
        return max(
            ((self.weights.likeness(found, other), name) for name, other in self.cards), default=(0.0, "")
        )

    def measure(self, draft: Draft, piece: Piece) -> Parts | Fault:
        """The parts of r(k) that need nobody's opinion, or why there are none."""
        found = fault(draft, piece)
        if found is not None:
            return found
        said = terms(draft.prose())
        likeness, nearest = self.nearest(said)
        if likeness >= NEAR:
            return Fault(reason=Reason.KNOWN, detail=f"the library's {nearest} is like it ({likeness:.2f})")
        return Parts(
            form=form(draft),
            grounded=min(1.0, self.weights.share(said, terms(piece.text)) / ENOUGH),
            own=own(draft, piece),
            general=1 / (1 + len(numbers(draft.prose()) & numbers(piece.text))),
            novel=1 - likeness / NEAR,
        )


def fault(draft: Draft, piece: Piece) -> Fault | None:
    """What is wrong with a card by itself, the first thing alone."""
    missing = [key for key in NEEDED if not getattr(draft, key)] + ([] if draft.name else ["name"])
    if missing:
        return Fault(reason=Reason.INCOMPLETE, detail=f"it does not say its {', '.join(missing)}")
    if draft.domain is None:
        return Fault(reason=Reason.INCOMPLETE, detail="it names none of the domains")
    text = draft.skill(draft.slug())
    try:
        read_text(text)
    except SkillError as error:
        return Fault(reason=Reason.MALFORMED, detail=str(error)[:300])
    marked = SPECIAL.search(text)
    if marked is not None:
        return Fault(reason=Reason.MARKED, detail=f"it holds {text[marked.start() : marked.end() + 20]!r}")
    copied = sorted(_copies(draft.prose()) & _copies(piece.text))
    if copied:
        return Fault(
            reason=Reason.COPIED, detail=f"{COPIED} words of the piece stand in it: {copied[0][:120]!r}"
        )
    return None


def form(draft: Draft) -> float:
    """See `Parts.form`."""
    said = [words(draft.said(part)) for part in WRITTEN]
    values = []
    for place, (part, text) in enumerate(zip(WRITTEN, said, strict=True)):
        if not text or text in said[:place]:
            values.append(0.0)
        else:
            values.append(min(1.0, len(set(text)) / part.fewest, part.most / len(text)))
    return sum(values) / len(values)


def own(draft: Draft, piece: Piece) -> float:
    """See `Parts.own`."""
    said = runs(words(draft.prose()), RUN)
    return 1 - len(said & runs(words(piece.text), RUN)) / max(1, len(said))


def numbers(text: str) -> set[str]:
    """The numbers of a text that could belong to one problem."""
    return set(_NUMBER.findall(text)) - _COMMON


def likest(said: Terms, others: Sequence[Terms], weights: Weights) -> tuple[int, float] | None:
    """The first of the others that is the same card in other words, and how like it is; None where there is none."""
    for place, other in enumerate(others):
        likeness = weights.likeness(said, other)
        if likeness >= NEAR:
            return place, likeness
    return None


def _copies(text: str) -> set[str]:
    """Its runs of `COPIED` words outside of formulas."""
    found = words(_MATH.sub(" ", text))
    return runs(found, COPIED) if len(found) >= COPIED else set()
