"""A second model's opinion of a card: it sees the material and the card, and not who wrote it or what was measured."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import Field

from propound.answers import thoughts
from propound.models.client import Client, cut_off
from propound.models.errors import RequestError
from propound.models.marks import Marks
from propound.models.purpose import Purpose, Role, seed_of
from propound.record import Record
from trainer.acquisition.cutting import Piece
from trainer.acquisition.draft import Draft
from trainer.acquisition.prompt import prompt_version, rating
from trainer.acquisition.reading import MAX_REPLY, objects
from trainer.acquisition.teacher import ORIGIN

TEMPERATURE = 0.6
"""Of a rater's sampling, as of a judge's."""
BEST = 5
"""The best rating; the worst is 1."""
_LONGEST = 300
"""Characters of a rationale that are kept."""


class CardFault(StrEnum):
    """What a rater can name; a card with a fault is worth nothing to it."""

    FALSE = "false"
    """Something that the card says is wrong."""
    TIED = "tied"
    """It describes one problem."""
    VAGUE = "vague"
    """Nobody could act on it."""
    UNRELATED = "unrelated"
    """Its idea is not one of the material."""
    ORDERS = "orders"
    """It tells its reader to do something else."""


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "ticket": {"type": "string"},
        "faults": {"type": "array", "items": {"type": "string", "enum": [str(fault) for fault in CardFault]}},
        "rationale": {"type": "string"},
        "rating": {"type": "integer", "enum": list(range(1, BEST + 1))},
    },
    "required": ["ticket", "faults", "rationale", "rating"],
    "additionalProperties": False,
}
"""What servers with structured outputs hold a rating to; its reader does not rely on it."""


class Rating(Record):
    """What one rater says, or why it says nothing."""

    rater: str
    value: float | None = Field(default=None, ge=0, le=1)
    """(rating - 1) / 4, and 0 with a fault; None: it has none."""
    faults: tuple[CardFault, ...] = ()
    rationale: str = ""
    """Or why there is no rating."""

    def line(self) -> str:
        """For people."""
        said = f"{self.value:.2f}" if self.value is not None else "no rating"
        return f"{self.rater}: {', '.join((said, *self.faults))}: {self.rationale}"


class NoRatingError(Exception):
    """A reply holds no rating; says why."""


@dataclass(frozen=True)
class Rater:
    """A model that rates, another one than the teacher."""

    client: Client
    seed: int = 0

    @property
    def name(self) -> str:
        """Model and version of the prompt."""
        return f"{self.client.model.name}@{prompt_version('rate')}"

    def rate(self, piece: Piece, draft: Draft, number: int) -> Rating:
        """Ask about the candidate of that number of the piece.

        Raises:
            ServiceDownError: nobody answers; ask again later.
        """
        asked = rating(piece, draft, Marks(self.client.ledger.secret))
        try:
            reply = self.client.ask(
                asked.messages,
                purpose=Purpose(origin=ORIGIN, role=Role.JUDGE, attempt=number, part=piece.digest[:16]),
                seed=seed_of(str(self.seed), piece.digest, str(number), "rating"),
                temperature=TEMPERATURE,
                schema=SCHEMA,
            )
            cut = cut_off(reply)
            if cut is None:
                return _read(self.name, reply.text, asked.ticket)
            return Rating(rater=self.name, rationale=cut)
        except (RequestError, NoRatingError) as error:
            return Rating(rater=self.name, rationale=str(error)[:_LONGEST])


def mean(ratings: Sequence[Rating]) -> float | None:
    """Of those that are there; None where there are none."""
    values = [rating.value for rating in ratings if rating.value is not None]
    return sum(values) / len(values) if values else None


def _read(rater: str, reply: str, ticket: str) -> Rating:
    """The last JSON object of a reply, if it is exactly what was asked for, and asked in this request.

    Raises:
        NoRatingError: it is not.
    """
    if len(reply) > MAX_REPLY:
        raise NoRatingError(f"the reply is longer than {MAX_REPLY} characters")
    _, said, is_open = thoughts.part(reply)
    if is_open:
        raise NoRatingError("the reply ends within a thought")
    if said.count(ticket) != 1:
        raise NoRatingError(f"the ticket stands in the reply {said.count(ticket)} times")
    found = list(objects(said))[-1:]
    if not found or set(found[0]) != set(SCHEMA["required"]) or found[0]["ticket"] != ticket:
        raise NoRatingError("the reply does not end in the JSON object that was asked for")
    faults, rationale, value = (found[0][key] for key in ("faults", "rationale", "rating"))
    if not isinstance(faults, list) or not all(fault in list(CardFault) for fault in faults):
        raise NoRatingError(f"faults is not a list of: {', '.join(CardFault)}")
    if type(value) is not int or not 1 <= value <= BEST:
        raise NoRatingError(f"rating is no whole number from 1 to {BEST}")
    return Rating(
        rater=rater,
        value=0.0 if faults else (value - 1) / (BEST - 1),
        faults=tuple(dict.fromkeys(map(CardFault, faults))),
        rationale=" ".join(json.dumps(rationale, ensure_ascii=False).strip('"').split())[:_LONGEST],
    )
