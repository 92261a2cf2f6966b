"""What r(k) says of cards that are known to be good, for the piece they belong to and for another one.

    python -m tests.trainer.measure_acquisition

The cards are the library's formal ones, each scored against a library without it; a piece is two statements that its
own wordings write, with numbers in them. It needs no model. docs/guide/acquisition.md has the table.
"""

from __future__ import annotations

import random
import re
import statistics
from typing import Any

from propound.card import Card
from propound.skills import default_library
from propound.skills.cards import default_cards
from propound.skills.package import SkillPackage
from trainer.acquisition.cutting import Kind, Piece
from trainer.acquisition.draft import PARTS, Draft, lines_of
from trainer.acquisition.score import Library, Parts
from trainer.acquisition.terms import terms_of

STATEMENTS = 2
_CHOICE = re.compile(r"\[\[([^\[\]]*)\]\]")
_SLOT = re.compile(r"\{+\w+(?: [^}]*)?\}+")


def main() -> None:
    """Print the quantiles of r(k) and of its parts."""
    cards = list(default_cards())
    packages = default_library().packages
    pieces = {name: piece_of(package) for name, package in packages.items()}
    matching: list[Parts] = []
    foreign: list[Parts] = []
    for card in cards:
        if card.name not in packages:
            continue
        library = Library.of(other for other in cards if other is not card)
        draft = draft_of(card)
        for name, piece in pieces.items():
            found = library.measure(draft, piece)
            if isinstance(found, Parts):
                (matching if name == card.name else foreign).append(found)
            elif name == card.name:
                print(f"{card.name}: {found.reason}: {found.detail}")
    for title, every in (("own piece", matching), ("another piece", foreign)):
        print(f"{title}: n = {len(every)}")
        for name in ("total", *(key for key, value in every[0] if value is not None)):
            print(
                f"  {name:9}",
                *(f"{value:.2f}" for value in quantiles([getattr(each, name) for each in every])),
            )
    for tau in (0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7):
        shares = [sum(each.total >= tau for each in every) / len(every) for every in (matching, foreign)]
        print(f"tau {tau:.2f}: {shares[0]:.0%} of their own pieces, {shares[1]:.0%} of others")
    library = Library.of(cards)
    said = [terms_of(card) for card in cards]
    likenesses = sorted(
        (
            (library.weights.likeness(one, said[other]), cards[place].name, cards[other].name)
            for place, one in enumerate(said)
            for other in range(place)
        ),
        reverse=True,
    )
    print(
        "likest pairs of the library:",
        *(f"{value:.2f} {one} {other};" for value, one, other in likenesses[:5]),
    )


def quantiles(values: list[float]) -> list[float]:
    """The least, the 10th, 25th, 50th, 75th and 90th percentiles and the largest."""
    cuts = statistics.quantiles(values, n=20, method="inclusive")
    return [min(values), cuts[1], cuts[4], cuts[9], cuts[14], cuts[17], max(values)]


def piece_of(package: SkillPackage) -> Piece:
    """Statements in the package's own words."""
    rng = random.Random(package.name)
    return Piece(package.name, "\n".join(statement(package, rng) for _ in range(STATEMENTS)), Kind.QUESTIONS)


def statement(package: SkillPackage, rng: random.Random) -> str:
    """One wording with numbers in its slots, which nobody need be able to solve."""
    form = rng.choice(package.forms)
    text = " ".join(
        (
            *(rng.choice(form["setup"]) for _ in form.get("setup", ())[:1]),
            "Find",
            rng.choice(form["quantity"]),
        )
    )
    while (found := _CHOICE.search(text)) is not None:
        text = text[: found.start()] + rng.choice(found[1].split("|")) + text[found.end() :]
    return _SLOT.sub(lambda _: str(rng.randint(3, 99)), text) + "."


def draft_of(card: Card) -> Draft:
    """A card of the library as a teacher would have written it."""
    sections: dict[str, list[str]] = {}
    heading = ""
    for line in card.body.split("\n"):
        if line.startswith("#"):
            heading = line.lstrip("# ")
        else:
            sections.setdefault(heading, []).append(line)
    body: dict[str, Any] = {
        part.key: lines_of("\n".join(sections.get(part.heading, []))) for part in PARTS if part.heading
    }
    front = {
        key: getattr(card, key)
        for key in ("category", "description", "intent", "method", "difficulty", "tool")
    }
    return Draft(name=card.name.replace("-", " "), domain=card.domain, **front, **body)


if __name__ == "__main__":
    main()
