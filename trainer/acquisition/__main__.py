"""Skill acquisition (method section 3): a model reads a folder of problems or raw text and writes skill cards.

    propound train acquisition CORPUS OUT
    propound train acquisition CORPUS OUT --candidates 4 --tau 0.6 --domain mathematics

The teacher is the model with that role in PROPOUND_MODELS, or the proposer. OUT gets `cards/` (a folder per skill, for
open mode), `dropped.jsonl` (every other candidate with its reason), `conversations.jsonl` (for `propound train sft`)
and `report.json`; the same command goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

from propound.config import settings
from propound.domain import Domain
from propound.errors import PropoundError
from propound.models.catalogue import Catalogue, Model
from propound.models.client import Client
from propound.models.configured import catalogue_of
from propound.models.context import claimed_context
from propound.models.registry import open_client, record_in, release_client
from propound.models.wire import Wire
from propound.skills.cards import Cards, default_cards
from trainer.acquisition.corpus import read_corpus
from trainer.acquisition.cutting import Piece, Refusal
from trainer.acquisition.folder import CARDS, DROPPED, REQUESTS, Report, held, write
from trainer.acquisition.rating import Rater
from trainer.acquisition.run import TAU, Acquisition, Candidate, Dropped, Purse
from trainer.acquisition.score import Library
from trainer.acquisition.teacher import CARD_TOKENS, Teacher, longest_piece

CONTEXT = 8_192
"""Tokens of a teacher's context where neither its server nor --context says."""
PIECES = 500
"""Pieces that are read, unless more are asked for."""
_MOST = 100_000
"""Pieces and refusals of a corpus that are looked at."""
_SHOWN = 20
"""Pieces that were not read, of which the terminal says why."""


def main(words: Sequence[str]) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="propound train acquisition", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("corpus", type=Path, help="folder of .jsonl, .md, .txt and .tex files")
    parser.add_argument("out", type=Path)
    parser.add_argument("--candidates", type=int, default=2, help="cards that are asked for of each piece")
    parser.add_argument(
        "--tau", type=float, default=TAU, help=f"keep cards with r(k) of at least this; {TAU}"
    )
    parser.add_argument("--domain", choices=list(Domain), help="of every card; without it the teacher says")
    parser.add_argument(
        "--library",
        type=Path,
        action="append",
        default=[],
        help="folder of cards of yours that count as known",
    )
    parser.add_argument("--pieces", type=int, default=PIECES, help=f"most pieces that are read; {PIECES}")
    parser.add_argument("--tokens", type=int, help="budget of tokens, earlier runs in OUT included")
    parser.add_argument("--context", type=int, help="tokens of the teacher's context; what its server says")
    parser.add_argument(
        "--answer-tokens", type=int, help=f"tokens of a card; the model's own, at most {CARD_TOKENS}"
    )
    parser.add_argument("--temperature", type=float, default=0.7)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--no-raters", action="store_true", help="let no judge of PROPOUND_MODELS rate the cards"
    )
    given = parser.parse_args(words)
    if not 0 <= given.tau <= 1 or not 0 <= given.temperature <= 2:
        parser.error("--tau is from 0 to 1, --temperature from 0 to 2")
    counts = (given.candidates, given.pieces, given.tokens, given.context, given.answer_tokens)
    if any(count is not None and count < 1 for count in counts):
        parser.error("--candidates, --pieces, --tokens, --context and --answer-tokens are at least 1")
    if given.out.resolve().is_relative_to(given.corpus.resolve()):
        parser.error("OUT lies in CORPUS: the cards of one run would be the next one's material")
    _acquire(given)


def _acquire(given: argparse.Namespace) -> None:
    catalogue = catalogue_of(settings())
    model = catalogue.teacher()
    answer_tokens = given.answer_tokens or min(model.answer_tokens, CARD_TOKENS)
    domain = Domain(given.domain) if given.domain else None
    library = Library.of(default_cards().with_more(Cards.load(*given.library, domain=domain)))
    with ExitStack() as stack:
        out = stack.enter_context(held(given.out))
        ledger = Purse(out / REQUESTS, given.tokens)
        record_in(ledger)
        stack.callback(record_in, None)
        client, *seconds = (_opened(each, stack) for each in (model, *_second(catalogue, model, given)))
        teacher = Teacher(client, answer_tokens, given.temperature, given.seed)
        raters = tuple(Rater(each, given.seed) for each in seconds)
        context = given.context or _claimed(client.model) or CONTEXT
        longest = longest_piece(context, answer_tokens, model.thought_tokens)
        pieces, refused = _read(given.corpus, longest, given.pieces)
        run = Acquisition(teacher, library, raters, given.tau, given.candidates, domain)
        _say_plan(run, pieces, refused, context)
        acquired = run.run(pieces, _say)
        facts = {
            "teacher": teacher.name,
            "raters": tuple(rater.name for rater in raters),
            "tau": given.tau,
            "candidates": given.candidates,
            "seed": given.seed,
            "pieces": len(pieces),
            "spending": ledger.spending(),
        }
        asked = {piece.source: teacher.asked(piece) for piece in pieces}
        _say_report(write(out, acquired, asked, facts, refused), out)


def _opened(model: Model, stack: ExitStack) -> Client:
    """The model's client, for as long as the stack lasts."""
    client = open_client(model)
    stack.callback(release_client, client)
    return client


def _second(catalogue: Catalogue, teacher: Model, given: argparse.Namespace) -> tuple[Model, ...]:
    """The judges that are another model than the teacher: its own rating would be no second one."""
    judges = dict.fromkeys(judge.name for judge in catalogue.judges() if not judge.is_same(teacher))
    return () if given.no_raters else tuple(map(catalogue.model, judges))


def _claimed(model: Model) -> int | None:
    """Tokens of prompt and answer together, as the model's server says; None: it does not."""
    with Wire(model, tries=1) as wire:
        return claimed_context(wire)


def _read(corpus: Path, longest: int, most: int) -> tuple[list[Piece], list[Refusal]]:
    """At most so many pieces; the first that is too many is refused, and the rest is not read."""
    pieces: list[Piece] = []
    refused: list[Refusal] = []
    for each in islice(read_corpus(corpus, longest), _MOST):
        if isinstance(each, Refusal):
            refused.append(each)
        elif len(pieces) == most:
            refused.append(Refusal(each.source, f"more than {most} pieces: --pieces takes more"))
            break
        else:
            pieces.append(each)
    return pieces, refused


def _say_plan(run: Acquisition, pieces: Sequence[Piece], refused: Sequence[Refusal], context: int) -> None:
    teacher = run.teacher
    print(
        f"{len(pieces)} pieces, {run.candidates} candidates of each by {teacher.name}: answers of at most "
        f"{teacher.answer_tokens} tokens in a context of {context}"
    )
    if teacher.answer_tokens < CARD_TOKENS // 2:
        print(
            f"a card takes up to {CARD_TOKENS} tokens, and the model's answer_tokens are fewer: see --answer-tokens"
        )
    who = ", ".join(rater.name for rater in run.raters)
    print(f"rated by {who}" if who else "not rated: no other model than the teacher is a judge")
    for refusal in refused[:_SHOWN]:
        print(_plain(f"{refusal.source}: not read: {refusal.reason}"))
    if len(refused) > _SHOWN:
        print(f"and {len(refused) - _SHOWN} more are not read")


def _say(sampled: Candidate | Dropped) -> None:
    said = (
        f"{sampled.reason}: {sampled.detail}"
        if isinstance(sampled, Dropped)
        else f"{sampled.draft.slug()}: r = {sampled.parts.total:.2f} so far ({sampled.parts.line()})"
    )
    print(_plain(f"{sampled.label}: {said}"), flush=True)


def _say_report(report: Report, out: Path) -> None:
    print()
    for kept in report.kept:
        print(_plain(f"{kept.r:.2f}  {kept.name}  ({', '.join(kept.sources)})"))
    dropped = sum(report.dropped.values())
    print(f"kept {len(report.kept)} of {len(report.kept) + dropped} candidates: {out / CARDS}")
    reasons = ", ".join(f"{number} {reason}" for reason, number in report.dropped.items())
    if dropped:
        print(f"dropped {dropped} ({reasons}): {out / DROPPED}")
    if report.unasked:
        print(
            f"not asked for {report.unasked}: the budget of tokens is used up; the same command with more goes on"
        )
    print(f"models: {report.spending.line()}")


def _plain(text: str) -> str:
    """What a model or a file's name says, harmless on a terminal."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)[:400]


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (PropoundError, ValueError, OSError) as error:
        raise SystemExit(_plain(str(error))) from None
    except KeyboardInterrupt:
        raise SystemExit("stopped: the same command goes on") from None
