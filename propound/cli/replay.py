"""`propound verify replay`: the verdicts on a dataset once more, from the evidence in its rows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from propound.cli.connection import connect
from propound.cli.output import console, plain, table
from propound.domain import Domain
from propound.errors import PropoundError
from propound.verification.evidence import Evidence
from propound.verification.replay import ACCEPTED, Replayed, replay

SHOWN = 20
"""Differing verdicts that are listed for people."""


class RowError(PropoundError):
    """A line that is no row of an export."""


def run(dataset: str, *, url: str | None, key: str | None, as_json: bool) -> bool:
    """Give the verdicts again and print what differs; whether any does. One line of JSON last.

    `dataset` is an id, or the file of an export.

    Raises:
        PropoundError: there is no such dataset, or the API cannot be reached.
        RowError: the file is no export.
    """
    if Path(dataset).is_file():
        found = list(_replayed(Path(dataset)))
    else:
        with TemporaryDirectory() as folder, connect(url, key) as client:
            file = Path(folder) / "rows.jsonl"
            client.export(dataset, file)
            found = list(_replayed(file))
    again = [each for each in found if each is not None]
    differing = [each for each in again if each.differs]
    if not as_json:
        show(len(found), again, differing)
    said = {
        "rows": len(found),
        "replayed": len(again),
        "differing": len(differing),
        "by_verdict": dict(Counter(each.again for each in again).most_common()),
        "differences": [each.model_dump(mode="json") for each in differing],
    }
    print(json.dumps(said))
    return bool(differing)


def _replayed(file: Path) -> Iterator[Replayed | None]:
    """Each row's verdict again; None for a row of procedural mode, which has no such evidence."""
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row: dict[str, Any] = json.loads(line)
                stored = json.loads(row["info"])["evidence"].get("verification")
                if stored is None:
                    yield None
                    continue
                answer = None if row["domain"] == Domain.CODING else row["answer"]
                yield replay(row["id"], ACCEPTED, Evidence.model_validate(stored), answer)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise RowError(f"line {number} is no row of an export: {str(error)[:200]}") from None


def show(rows: int, again: list[Replayed], differing: list[Replayed]) -> None:
    """What differs, as a table, and a line that sums it up."""
    screen = console()
    if differing:
        lines = [(each.id, each.stored, each.again, each.rationale) for each in differing[:SHOWN]]
        screen.print(table(["problem", "stored", "again", "why"], lines))
    said = f"{rows} rows, {len(again)} verdicts given again, {len(differing)} of them differ"
    if len(again) < rows:
        said += f"; {rows - len(again)} rows hold no evidence of open mode"
    screen.print(plain(said))
