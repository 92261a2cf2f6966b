"""`Cards`: an immutable set of skill cards by name, which is what problems of open mode are composed from.

Every package has a card, with a formal part or without (`propound.skills.library.Library` has the formal parts).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path

from propound.card import Card
from propound.domain import Domain
from propound.errors import SkillError, UnknownSkillError
from propound.record import digest
from propound.skills.files import SKILL, packages
from propound.skills.inspection import inspect, inspect_folder, refusal

HERE = Path(__file__).parent
MAX_CARDS = 1_000
"""Most cards of one set."""

Package = str | Mapping[str, str]
"""A package that comes as text: its SKILL.md, or its texts by path (`SKILL.md`, `scripts/NAME.py`)."""


class Cards:
    """An immutable set of cards."""

    def __init__(self, cards: Iterable[Card]) -> None:
        """Take the cards in.

        Raises:
            SkillError: two cards have one name, or there are more than MAX_CARDS.
        """
        self._cards: dict[str, Card] = {}
        for card in sorted(cards, key=lambda card: card.name):
            if card.name in self._cards:
                raise SkillError(f"two skills are called {card.name}")
            self._cards[card.name] = card
        if len(self._cards) > MAX_CARDS:
            raise SkillError(f"there are {len(self._cards)} skills, more than {MAX_CARDS}")

    @classmethod
    def load(cls, *folders: Path, domain: Domain | None = None) -> Cards:
        """The cards of folders, each of which is a package or holds packages (one level deep).

        `domain`: of packages that name none.

        Raises:
            SkillError: a package is not well formed, or two have one name.
        """
        return cls(read_card(path, domain=domain) for folder in folders for path in packages(folder))

    @classmethod
    def from_texts(cls, texts: Iterable[Package], *, domain: Domain | None = None) -> Cards:
        """The cards of packages that come as text, as in a request.

        Raises:
            SkillError: a package is not well formed, or two have one name.
        """
        return cls(read_text(text, domain=domain) for text in texts)

    def with_more(self, cards: Iterable[Card]) -> Cards:
        """These and more, such as those that come with a request.

        Raises:
            SkillError: the names that both have.
        """
        more = list(cards)
        both = sorted({card.name for card in more if card.name in self})
        if both:
            raise SkillError(f"there is a skill of that name already, so rename yours: {', '.join(both)}")
        return Cards([*self, *more])

    def __getitem__(self, name: str) -> Card:
        try:
            return self._cards[name]
        except KeyError:
            raise UnknownSkillError(f"no skill is called {name!r}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._cards

    def __iter__(self) -> Iterator[Card]:
        return iter(self._cards.values())

    def __len__(self) -> int:
        return len(self._cards)

    def names(self, domain: Domain | None = None, categories: Iterable[str] | None = None) -> list[str]:
        """Sorted names of the cards of a domain and of any of the categories."""
        wanted = None if categories is None else set(categories)
        return [
            card.name
            for card in self
            if (domain is None or card.domain == domain) and (wanted is None or card.category in wanted)
        ]

    def categories(self, domain: Domain | None = None) -> list[str]:
        """Every category that has a card, sorted."""
        return sorted({card.category for card in self if domain is None or card.domain == domain})

    def conflict(self, names: Sequence[str]) -> tuple[str, str] | None:
        """The first pair of the names of which one declares that it does not go with the other, or None."""
        for index, first in enumerate(names):
            for second in names[index + 1 :]:
                if second in self[first].conflicts or first in self[second].conflicts:
                    return first, second
        return None

    @cached_property
    def version(self) -> str:
        """Identity of the whole set, by content."""
        return digest([card.model_dump(mode="json") for card in self])[:16]


def read_card(folder: Path, *, domain: Domain | None = None) -> Card:
    """The card of a package's folder. `domain`: if it names none.

    Raises:
        SkillError: what is wrong, with file and line.
    """
    found = inspect_folder(folder, domain=domain)
    if found.card is None:
        raise refusal(folder.name, found.faults)
    return found.card


def read_text(package: Package, *, domain: Domain | None = None) -> Card:
    """The card of a package that comes as text. `domain`: if it names none.

    Raises:
        SkillError: what is wrong, with file and line.
    """
    found = inspect({SKILL: package} if isinstance(package, str) else package, domain=domain)
    if found.card is None:
        raise refusal("that came as text", found.faults)
    return found.card


@cache
def default_cards() -> Cards:
    """The cards that come with Propound: the open library, and those of the formal packages."""
    return Cards.load(HERE / "cards", HERE / "library")
