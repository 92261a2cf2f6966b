"""Rejection sampling over a corpus: p_skill(k) ∝ 1[r(k) >= tau_r] * pi_teacher(k | corpus).

Everything follows from the corpus, the library and the replies that the ledger keeps: a run that was stopped, or one
with another tau_r, asks for nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from propound.card import MAX_NAME
from propound.domain import Domain
from propound.errors import PropoundError
from propound.models.errors import RequestError
from propound.models.ledger import Entry
from propound.models.ledger_file import FileLedger
from propound.models.reply import Reply
from propound.record import Record
from trainer.acquisition.cutting import Piece
from trainer.acquisition.draft import Draft
from trainer.acquisition.rating import Rater, Rating, mean
from trainer.acquisition.reading import NoSkillError, ReplyError
from trainer.acquisition.score import Fault, Library, Parts, Reason, likest
from trainer.acquisition.teacher import Teacher
from trainer.acquisition.terms import Terms, terms

TAU = 0.65
"""tau_r; unspecified in the paper. docs/guide/acquisition.md says what it lets through."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class SpentError(PropoundError):
    """The budget of tokens is used up: nothing more is asked."""


class Purse(FileLedger):
    """A ledger with a budget: what it does not know is not asked once so many tokens are used."""

    def __init__(self, path: Path, most: int | None = None, *, uncounted: int = 4_096) -> None:
        """Read what is there.

        Args:
            path: the ledger's file.
            most: tokens of prompts and answers together, those of earlier runs included; None: no end.
            uncounted: what a request counts for whose server does not count.

        Raises:
            LedgerFileError: the file is no ledger.
            OSError: it cannot be read or made.
        """
        super().__init__(path)
        self.most, self.uncounted = most, uncounted
        self.used = sum(map(self._tokens, self.entries))

    def find(self, id: str) -> Reply | None:  # noqa: A002 - the name of the entry's field
        """See `Ledger.find`.

        Raises:
            SpentError: it would have to be asked, and the budget is used up.
        """
        found = super().find(id)
        if found is None and self.most is not None and self.used >= self.most:
            raise SpentError(f"the budget of {self.most} tokens is used up")
        return found

    def record(self, entry: Entry) -> None:
        """See `Ledger.record`."""
        super().record(entry)
        self.used += self._tokens(entry)

    def _tokens(self, entry: Entry) -> int:
        """Of an answer; a failure uses none that anybody would know of."""
        if entry.reply is None:
            return 0
        if entry.prompt_tokens is None or entry.completion_tokens is None:
            return self.uncounted
        return entry.prompt_tokens + entry.completion_tokens


@dataclass(frozen=True)
class Candidate:
    """A card that holds together, and what was measured of it."""

    piece: Piece
    number: int
    """Which of the candidates of its piece, from 0."""
    draft: Draft
    parts: Parts
    terms: Terms
    ratings: tuple[Rating, ...] = ()
    sources: tuple[str, ...] = ()
    """Pieces from which the same card was made in other words."""

    @property
    def label(self) -> str:
        """Piece and number, as `sums.md#3/0`."""
        return f"{self.piece.source}/{self.number}"


class Kept(Record):
    """A card with r(k) >= tau_r."""

    name: str
    source: str
    candidate: int
    sources: tuple[str, ...] = ()
    """Pieces of near-copies that were merged into it."""
    r: float
    parts: Parts
    ratings: tuple[Rating, ...] = ()
    card: Draft


class Dropped(Record):
    """A candidate that is not kept, and why."""

    source: str
    candidate: int
    reason: Reason
    detail: str
    r: float | None = None
    """None: it was not formed."""
    parts: Parts | None = None
    ratings: tuple[Rating, ...] = ()
    card: Draft | None = None

    @property
    def label(self) -> str:
        """Piece and number, as `sums.md#3/0`."""
        return f"{self.source}/{self.candidate}"


@dataclass(frozen=True)
class Acquired:
    """What a run comes to."""

    kept: list[Kept] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    unasked: int = 0
    """Candidates for which there was no budget left."""


@dataclass(frozen=True)
class Acquisition:
    """Who writes, who rates, what is compared with, and how good a card has to be."""

    teacher: Teacher
    library: Library
    raters: tuple[Rater, ...] = ()
    tau: float = TAU
    candidates: int = 1
    """Of each piece."""
    domain: Domain | None = None
    """Of every card, whatever the teacher says; None: what it says."""

    def run(
        self, pieces: Sequence[Piece], say: Callable[[Candidate | Dropped], None] = lambda _: None
    ) -> Acquired:
        """Ask, measure, merge, rate and choose; `say` is told of every candidate as it is measured.

        Raises:
            ServiceDownError: a server does not answer; call again later, and it goes on.
        """
        outcome = Acquired()
        found: list[Candidate] = []
        unasked = 0
        asked = [(piece, number) for piece in pieces for number in range(self.candidates)]
        for sampled in _in_order(self._sampled, asked, self.teacher.client.model.concurrency):
            if sampled is None:
                unasked += 1
                continue
            say(sampled)
            if isinstance(sampled, Dropped):
                outcome.dropped.append(sampled)
            else:
                found.append(sampled)
        found.sort(key=lambda each: (-each.parts.total, each.label))
        merged = self._merged(found, outcome.dropped)
        workers = sum(rater.client.model.concurrency for rater in self.raters) or 1
        chosen = list(_in_order(self._rated, merged, workers))
        for candidate in sorted(chosen, key=lambda each: (-each.parts.total, each.label)):
            self._decide(candidate, outcome)
        order = {piece.source: place for place, piece in enumerate(pieces)}
        outcome.dropped.sort(key=lambda each: (order[each.source], each.candidate))
        return replace(outcome, unasked=unasked)

    def _sampled(self, asked: tuple[Piece, int]) -> Candidate | Dropped | None:
        """One candidate; None: there is no budget for it."""
        piece, number = asked
        try:
            draft = self.teacher.extract(piece, number)
        except SpentError:
            return None
        except RequestError as error:
            return _dropped(piece, number, Reason.UNANSWERED, str(error))
        except NoSkillError as error:
            return _dropped(piece, number, Reason.NO_SKILL, str(error))
        except ReplyError as error:
            return _dropped(piece, number, Reason.UNREAD, str(error))
        if self.domain is not None:
            draft = draft.model_copy(update={"domain": self.domain})
        parts = self.library.measure(draft, piece)
        if isinstance(parts, Fault):
            return _dropped(piece, number, parts.reason, parts.detail).model_copy(update={"card": draft})
        candidate = Candidate(piece, number, draft, parts, terms(draft.prose()))
        best = parts if not self.raters else parts.model_copy(update={"rated": 1.0})
        return candidate if best.total >= self.tau else self._low(candidate)

    def _low(self, candidate: Candidate) -> Dropped:
        said = [candidate.parts.line(), *(rating.line() for rating in candidate.ratings)]
        detail = f"r = {candidate.parts.total:.3f} is below {self.tau:g}: {'; '.join(said)}"
        return _told(candidate, Reason.LOW, detail)

    def _merged(self, found: Sequence[Candidate], dropped: list[Dropped]) -> list[Candidate]:
        """The best of all that say the same, with the pieces of the others; those go to `dropped`."""
        kept: list[Candidate] = []
        said: list[Terms] = []
        for candidate in found:
            other = likest(candidate.terms, said, self.library.weights)
            if other is None:
                kept.append(candidate)
                said.append(candidate.terms)
                continue
            place, likeness = other
            best = kept[place]
            detail = f"{best.draft.slug()} of {best.label} is like it ({likeness:.2f}), and measures no worse"
            dropped.append(_told(candidate, Reason.REPEATED, detail))
            if candidate.piece.source not in (best.piece.source, *best.sources):
                kept[place] = replace(best, sources=(*best.sources, candidate.piece.source))
        return kept

    def _rated(self, candidate: Candidate) -> Candidate:
        """With all ratings that there are."""
        ratings = []
        for rater in self.raters:
            try:
                ratings.append(rater.rate(candidate.piece, candidate.draft, candidate.number))
            except SpentError as error:
                ratings.append(Rating(rater=rater.name, rationale=str(error)))
        parts = candidate.parts.model_copy(update={"rated": mean(ratings)})
        return replace(candidate, parts=parts, ratings=tuple(ratings))

    def _decide(self, candidate: Candidate, outcome: Acquired) -> None:
        if self.raters and candidate.parts.rated is None:
            said = "; ".join(rating.line() for rating in candidate.ratings)
            outcome.dropped.append(_told(candidate, Reason.NOT_RATED, f"nobody rated it: {said}"))
        elif candidate.parts.total < self.tau:
            outcome.dropped.append(self._low(candidate))
        else:
            taken = self.library.names | {kept.name for kept in outcome.kept}
            outcome.kept.append(
                Kept(
                    name=_free(candidate.draft.slug(), taken),
                    source=candidate.piece.source,
                    candidate=candidate.number,
                    sources=candidate.sources,
                    r=candidate.parts.total,
                    parts=candidate.parts,
                    ratings=candidate.ratings,
                    card=candidate.draft,
                )
            )


def _in_order(work: Callable[[Item], Result], items: Sequence[Item], workers: int) -> Iterator[Result]:
    """The results in the order of the items, so many at a time; what was not begun when one fails never is."""
    with ThreadPoolExecutor(min(workers, max(1, len(items)))) as pool:
        yield from pool.map(work, items)


def _dropped(piece: Piece, number: int, reason: Reason, detail: str) -> Dropped:
    return Dropped(source=piece.source, candidate=number, reason=reason, detail=detail[:600])


def _told(candidate: Candidate, reason: Reason, detail: str) -> Dropped:
    """A candidate that was measured, and is dropped all the same."""
    formed = reason is not Reason.NOT_RATED
    return _dropped(candidate.piece, candidate.number, reason, detail).model_copy(
        update={
            "r": candidate.parts.total if formed else None,
            "parts": candidate.parts,
            "ratings": candidate.ratings,
            "card": candidate.draft,
        }
    )


def _free(name: str, taken: frozenset[str]) -> str:
    """The name, or the name with the first number that is free."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name[: MAX_NAME - 5]}-{number}"
    return found
