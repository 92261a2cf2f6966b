"""The folder of a run: the cards, why the others were dropped, lines to train on, the report, and the ledger.

cards/NAME/SKILL.md    what was kept
dropped.jsonl          every other candidate with reason and parts
conversations.jsonl    piece -> card, for `propound train sft`
report.json            all of it in numbers
requests.jsonl         what was asked and answered; the same command goes on from it
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from propound.errors import PropoundError
from propound.models.ledger import Spending
from propound.record import Record
from trainer.acquisition.cutting import Refusal
from trainer.acquisition.prompt import Messages, conversation
from trainer.acquisition.run import Acquired, Kept
from trainer.acquisition.score import Parts

CARDS = "cards"
DROPPED = "dropped.jsonl"
CONVERSATIONS = "conversations.jsonl"
REPORT = "report.json"
REQUESTS = "requests.jsonl"
_LOCK = ".lock"


class FolderError(PropoundError):
    """The folder is another run's, or holds what is not ours to change."""


class KeptCard(Record):
    """A line of the report."""

    name: str
    r: float
    parts: Parts
    sources: tuple[str, ...]
    """The piece it was made of, and those of near-copies that were merged into it."""
    sha256: str
    """Of SKILL.md as it was written."""


class Report(Record):
    """A run in numbers."""

    teacher: str
    raters: tuple[str, ...]
    """Empty: no other model than the teacher judges here, and `rated` is no part of r(k)."""
    tau: float
    candidates: int
    """Of each piece."""
    seed: int
    pieces: int
    unread: dict[str, str]
    """Why something of the corpus was not read, by its place."""
    unasked: int
    """Candidates for which there was no budget left."""
    kept: tuple[KeptCard, ...]
    dropped: dict[str, int]
    """How many, by reason."""
    spending: Spending
    """Of this run and those before it in the folder."""


@contextmanager
def held(out: Path) -> Iterator[Path]:
    """The folder, made if it is not there, for one process alone.

    Raises:
        FolderError: another process has it, or cards in it were changed by hand.
        OSError: it cannot be made.
    """
    out.mkdir(parents=True, exist_ok=True)
    with (out / _LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderError(f"{out} is in use by another run") from None
        changed = _changed(out)
        if changed:
            said = ", ".join(changed[:5])
            raise FolderError(
                f"{out / CARDS} is written anew by each run, and was changed since the last one ({said}): "
                "move your cards to another folder"
            )
        yield out


def write(
    out: Path,
    acquired: Acquired,
    asked: Mapping[str, Messages],
    facts: Mapping[str, Any],
    refused: Iterable[Refusal],
) -> Report:
    """Write everything but the ledger, the report last.

    Args:
        out: a folder that is `held`.
        acquired: what the run came to.
        asked: the teacher's messages by the place of a piece, for the lines to train on.
        facts: the report's fields that are not counted here.
        refused: what of the corpus was not read.
    """
    texts = {kept.name: kept.card.skill(kept.name) for kept in acquired.kept}
    report = Report(
        **facts,
        unread={each.source: each.reason for each in refused},
        unasked=acquired.unasked,
        kept=tuple(
            KeptCard(
                name=kept.name,
                r=round(kept.r, 4),
                parts=kept.parts,
                sources=(kept.source, *kept.sources),
                sha256=_hash(texts[kept.name].encode()),
            )
            for kept in acquired.kept
        ),
        dropped=dict(sorted(Counter(str(each.reason) for each in acquired.dropped).items())),
    )
    _replace_cards(out, texts)
    _write_lines(out / DROPPED, (each.model_dump(mode="json") for each in acquired.dropped))
    _write_lines(out / CONVERSATIONS, (_line(kept, asked[kept.source]) for kept in acquired.kept))
    _write_text(out / REPORT, report.model_dump_json(indent=1) + "\n")
    return report


def _line(kept: Kept, asked: Sequence[dict[str, Any]]) -> dict[str, Any]:
    messages = conversation(asked, kept.card)
    return {"messages": messages, "skill": kept.name, "source": kept.source, "r": round(kept.r, 4)}


def _replace_cards(out: Path, texts: Mapping[str, str]) -> None:
    """All cards or none: a folder that is whole takes the place of the last one."""
    with tempfile.TemporaryDirectory(dir=out, prefix=".cards-") as staging:
        fresh = Path(staging) / "new"
        fresh.mkdir()
        for name, text in texts.items():
            (fresh / name).mkdir()
            (fresh / name / "SKILL.md").write_text(text, encoding="utf-8")
        if (out / CARDS).exists():
            (out / CARDS).rename(Path(staging) / "old")
        fresh.rename(out / CARDS)


def _changed(out: Path) -> list[str]:
    """What lies among the cards and is not as the last report says."""
    cards = out / CARDS
    if not cards.exists():
        return []
    try:
        known = {each["name"]: each["sha256"] for each in json.loads((out / REPORT).read_bytes())["kept"]}
    except (OSError, ValueError, KeyError, TypeError):
        known = {}
    found = sorted(path.relative_to(cards).as_posix() for path in cards.rglob("*") if not path.is_dir())
    return [
        path
        for path in found
        if not path.endswith("/SKILL.md")
        or known.get(path.removesuffix("/SKILL.md")) != _hash((cards / path).read_bytes())
    ]


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    _write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def _write_text(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}")
    partial.write_text(text, encoding="utf-8")
    shutil.move(partial, path)
