"""The teacher, pi_teacher(k | corpus): a model that writes one card for a piece, as often as it is asked."""

from __future__ import annotations

from dataclasses import dataclass

from propound.models.client import Client, cut_off
from propound.models.errors import RequestError
from propound.models.marks import Marks
from propound.models.purpose import Origin, Purpose, Role, seed_of
from trainer.acquisition.cutting import Piece
from trainer.acquisition.draft import SCHEMA, Draft
from trainer.acquisition.prompt import Messages, overhead, teaching
from trainer.acquisition.reading import read_draft

ORIGIN = Origin(command="acquisition")
"""Whose requests these are; the ledger is the run's own, so that nothing else has this origin there."""
CARD_TOKENS = 1_200
"""Tokens that a card takes at most, if the teacher writes no more than it is asked for."""
BYTES_PER_TOKEN = 2.5
"""Of prose with formulas, carefully; long tables of numbers take more tokens."""
LONGEST_PIECE = 9_000
"""Bytes; a card is made of one idea, and more material does not make it better."""
SHORTEST_PIECE = 500
"""Bytes below which hardly a worked problem fits."""
_MARGIN = 64
"""Tokens that a chat template adds."""


class NoAnswerError(RequestError):
    """The reply is not whole: it was cut off or withheld."""


@dataclass(frozen=True)
class Teacher:
    """Samples candidates; the seed of one follows from the run's seed, the piece and the candidate's number."""

    client: Client
    answer_tokens: int = CARD_TOKENS
    temperature: float = 0.7
    seed: int = 0

    @property
    def name(self) -> str:
        """Our name of the model."""
        return self.client.model.name

    def asked(self, piece: Piece) -> Messages:
        """What it is told."""
        return teaching(piece, Marks(self.client.ledger.secret))

    def extract(self, piece: Piece, number: int) -> Draft:
        """The card that it writes in one attempt.

        Raises:
            RequestError: the server has no answer to this piece, or no whole one.
            ReplyError: the reply holds no card.
            ServiceDownError: nobody answers; ask again later.
        """
        reply = self.client.ask(
            self.asked(piece),
            purpose=Purpose(origin=ORIGIN, role=Role.TEACHER, attempt=number, part=piece.digest[:16]),
            seed=seed_of(str(self.seed), piece.digest, str(number)),
            temperature=self.temperature,
            max_tokens=self.answer_tokens,
            schema=SCHEMA,
        )
        if (reason := cut_off(reply)) is not None:
            raise NoAnswerError(reason)
        return read_draft(reply.text)


def longest_piece(context: int, answer_tokens: int, thought_tokens: int = 0) -> int:
    """Bytes of a piece that fit, with everything around it and the answer, into a context of so many tokens.

    Raises:
        ValueError: hardly any do.
    """
    left = context - answer_tokens - thought_tokens - _MARGIN - overhead() / BYTES_PER_TOKEN
    fitting = int(left * BYTES_PER_TOKEN)
    if fitting < SHORTEST_PIECE:
        thought = f" with a thought of {thought_tokens}" if thought_tokens else ""
        raise ValueError(
            f"a context of {context} tokens leaves no room for material: the form and an answer of "
            f"{answer_tokens} tokens{thought} take {context - int(left)}"
        )
    return min(fitting, LONGEST_PIECE)
