"""Cards as a good teacher writes them, and servers whose model teaches and rates."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from fastapi.responses import JSONResponse, Response

from propound.domain import Domain
from propound.skills.cards import default_cards
from tests.factories.model_server import Answer, completion
from trainer.acquisition.cutting import Kind, Piece
from trainer.acquisition.draft import Draft
from trainer.acquisition.score import Library

HANDSHAKES = (
    "Problem. At a meeting of 17 delegates every delegate shakes hands with each other delegate exactly once. Find\n"
    "the total number of handshakes.\n"
    "Solution. Count the pairs of delegates: each handshake belongs to one pair, and each delegate takes part in 16\n"
    "handshakes. Summing over the delegates counts each handshake twice, so the total is $17 \\cdot 16 / 2$.\n"
    "Answer. 136"
)
DOUBLE = Draft(
    name="Counting twice",
    domain=Domain.MATHEMATICS,
    category="combinatorics",
    description="Counts handshakes or other pairs by summing over those who take part and halving the sum. Use it when "
    "every object belongs to exactly two of the counted things.",
    intent="An author makes a total easy to reach in one way and hard in every other one.",
    method="Choose things that take part in pairs, give the degree of each participant, and ask for the total number "
    "of pairs, or give the total and ask for one degree.",
    difficulty="The solver has to see that the sum over participants counts each pair twice.",
    tool="a short program that lists every pair and counts them",
    recognition="It fits when delegates, vertices or teams meet in pairs. It does not fit when three or more meet "
    "at once.",
    workflow="Choose the participants and what a meeting of two is.\n"
    "Give each participant a degree, not all equal, with an even sum.\n"
    "Ask for the total number of meetings.\n"
    "List all pairs by program and compare the total.",
    effect="Unequal degrees make the sum longer; a hidden degree turns the count into an equation.",
    check="The sum of the degrees is even, and no degree is larger than the number of the others.",
    mistakes="The sum of the degrees is odd, so that no such meeting exists.\n"
    "The statement does not say whether two may meet more than once.",
)
"""A card of `HANDSHAKES`."""
REVISED = DOUBLE.model_copy(
    update={
        "name": "Double counting",
        "intent": "An author makes a total easy to reach in one way and hard in any other.",
        "effect": "Unequal degrees make the sum longer; a hidden one turns the count into an equation.",
    }
)
"""Nearly the same card once more."""


LIBRARY = (
    "spaced-sum",
    "committee-selection",
    "modular-power",
    "graph-distances",
    "digit-sums",
    "water-heating",
    "heating-time",
    "running-time",
    "word-scores",
    "polynomial-remainder",
    "rising-subsequence",
    "count-inversions",
)
"""Names of the cards that a test's cards are compared with."""


def handshakes(source: str = "a.md#1") -> Piece:
    """The piece that `DOUBLE` belongs to."""
    return Piece(source, HANDSHAKES, Kind.QUESTIONS)


def library() -> Library:
    """A dozen cards that come with Propound; always the same ones, whatever else comes."""
    return Library.of(map(default_cards().__getitem__, LIBRARY))


def rates(value: int = 5, faults: Any = (), **more: Any) -> Answer:
    """A rater that gives every card this rating, with the ticket that it was given."""

    def answer(body: dict[str, Any]) -> Response:
        asked = "\n".join(str(message["content"]) for message in body["messages"])
        ticket = re.findall(r"\b[0-9a-f]{16}\b", asked)[-1]
        said = {"ticket": ticket, "faults": list(faults), "rationale": "It is clear.", "rating": value} | more
        return JSONResponse(completion(json.dumps(said), usage=(400, 40)))

    return answer


def teaches(cards: Mapping[str, Draft], **more: Any) -> Answer:
    """A teacher that has a card for material which holds these words, and finds no skill in any other."""

    def answer(body: dict[str, Any]) -> Response:
        asked = str(body["messages"][-1]["content"])
        card = next((card for words, card in cards.items() if words in asked), None)
        return JSONResponse(completion(card.text() if card else '{"name": ""}', usage=(700, 300), **more))

    return answer
