"""What texts are about, in terms: so that a card can be compared with the piece it was made of, and with other cards.

A term is the beginning of a word, so that "count", "counts" and "counting" are one. Terms that many cards use, as
"problem", weigh little; the weight of a term is log((N + 2) / (n + 1)) where n of N cards use it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from propound.card import Card
from propound.words import words

LETTERS = 5
"""Of a word that count."""
SHORTEST = 3
"""Letters of a word that is a term."""
_IDEOGRAPHS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")

Terms = frozenset[str]


def terms(text: str) -> Terms:
    """The terms of a text; of scripts without blanks, every two signs that stand together."""
    found: set[str] = set()
    for word in words(text):
        if _IDEOGRAPHS.search(word):
            found |= {word[place : place + 2] for place in range(max(1, len(word) - 1))}
        elif word[0].isalpha() and len(word) >= SHORTEST:
            found.add(word[:LETTERS])
    return frozenset(found)


def terms_of(card: Card) -> Terms:
    """The terms of all that a card says."""
    said = (
        card.name.replace("-", " "),
        card.description,
        card.intent,
        card.method,
        card.difficulty,
        card.tool,
    )
    return terms("\n".join((*said, card.body)))


@dataclass(frozen=True)
class Weights:
    """How much the terms say."""

    cards: int
    uses: Mapping[str, int]
    """Cards that use a term, by term."""

    @classmethod
    def of(cls, cards: Iterable[Terms]) -> Self:
        """The weights that follow from these cards."""
        every = list(cards)
        return cls(len(every), Counter(term for each in every for term in each))

    def total(self, found: Iterable[str]) -> float:
        """What these terms weigh together."""
        return sum(math.log((self.cards + 2) / (self.uses.get(term, 0) + 1)) for term in sorted(found))

    def share(self, one: Terms, other: Terms) -> float:
        """Share of the first one's weight that lies on terms of the second, from 0 to 1."""
        whole = self.total(one)
        return self.total(one & other) / whole if whole else 0.0

    def likeness(self, one: Terms, other: Terms) -> float:
        """Jaccard index with weights, from 0 to 1."""
        whole = self.total(one | other)
        return self.total(one & other) / whole if whole else 0.0
