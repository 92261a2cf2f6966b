"""What is wrong with a person's own cards, by file and line, before they are sent with a request."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from propound.card import Card
from propound.domain import Domain
from propound.record import Record
from propound.skills.cards import Cards
from propound.skills.files import SKILL, FileError, packages
from propound.skills.inspection import Fault, advise, inspect_folder


class Checked(Record):
    """A package, and what was found."""

    folder: Path
    faults: tuple[Fault, ...]
    """By file and line; paths are below the folder."""
    formal: bool = False
    """Whether it has a formal part, too, which `propound.proving` proves."""

    @property
    def sound(self) -> bool:
        """Whether the card can be used; there may be advice."""
        return all(fault.advice for fault in self.faults)


def check(folders: Sequence[Path], known: Cards, *, domain: Domain | None = None) -> list[Checked]:
    """Read every package of the folders, each of which is a package or holds packages, and look at them together.

    known: the cards that are there already, whose names are taken. domain: of packages that name none.
    """
    checked: list[Checked] = []
    cards: dict[Path, Card] = {}
    for folder in folders:
        try:
            found = packages(folder)
        except FileError as error:
            checked.append(_missing(folder, error.reason))
            continue
        if not found:
            checked.append(_missing(folder, f"there is no {SKILL} in it, nor in a folder in it"))
        for path in found:
            inspection = inspect_folder(path, domain=domain)
            faults = inspection.faults
            if inspection.card is not None:
                cards[path] = inspection.card
                faults = (*faults, *advise(inspection.card))
            checked.append(Checked(folder=path, faults=faults, formal=inspection.formal))
    return [_together(one, cards, known) for one in checked]


def _together(one: Checked, cards: dict[Path, Card], known: Cards) -> Checked:
    """With what is wrong with a card beside the others."""
    card = cards.get(one.folder)
    if card is None:
        return one
    faults = list(one.faults)
    twins = [str(path) for path, other in cards.items() if other.name == card.name and path != one.folder]
    if twins:
        faults.append(Fault(file=SKILL, line=1, reason=f"{', '.join(twins)} has the same name"))
    if card.name in known and known[card.name].content_hash != card.content_hash:
        reason = f"a skill that comes with Propound is called {card.name}: choose another name"
        faults.append(Fault(file=SKILL, line=1, reason=reason))
    names = {other.name for other in cards.values()}
    faults += [
        Fault(file=SKILL, line=1, reason=f"no skill is called {name}, which it conflicts with", advice=True)
        for name in card.conflicts
        if name not in names and name not in known
    ]
    return one.model_copy(
        update={"faults": tuple(sorted(faults, key=lambda fault: (fault.file, fault.line)))}
    )


def _missing(folder: Path, reason: str) -> Checked:
    return Checked(folder=folder, faults=(Fault(file=".", line=1, reason=reason),))
