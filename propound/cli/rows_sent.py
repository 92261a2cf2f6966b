"""`propound verify FILE.jsonl --server`: the same, by a running API and its models."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from rich.progress import Progress

from propound.cli.connection import connect
from propound.cli.output import console, plain
from propound.cli.rows import Line, created, read, tell
from propound.client import Client
from propound.domain import Domain
from propound.record import digest
from propound.verification.open.row import Row
from propound.verification.open.rows import Result, Summary

MOST_ROWS = 1_000
MOST_BYTES = 4_000_000
"""Of one request."""
LOOK_SECONDS = 1.0
"""Between two looks at how far it is."""


class Part(NamedTuple):
    """Lines of a file that are sent together."""

    lines: tuple[Line, ...]
    rows: tuple[dict[str, Any], ...]


def run(
    file: str,
    *,
    domain: str,
    well_posed: str,
    out: Path | None,
    url: str | None,
    key: str | None,
    as_json: bool,
) -> int:
    """Send the rows, wait for their verdicts and write a line for each, in their order; how many were not looked at.

    The same file is the same request for 24 hours: begun again, the command goes on waiting.

    Raises:
        PropoundError: the file cannot be read, or the API cannot be reached or refuses the request.
    """
    lines = read(file, Domain(domain))
    screen = console(to_error=True)
    results: list[Result] = []
    with ExitStack() as stack:
        client = stack.enter_context(connect(url, key))
        target = sys.stdout if out is None else stack.enter_context(created(out))
        progress = stack.enter_context(
            Progress(console=screen, transient=True, disable=not screen.is_terminal)
        )
        task = progress.add_task("rows", total=len(lines))
        told: dict[int, Result] = {line.number: line.unread for line in lines if line.unread is not None}
        before = len(told)
        for part in parts(lines):
            made = client.create_verification(
                part.rows,
                domain=domain,
                well_posed=well_posed,
                idempotency_key=digest([domain, well_posed, *part.rows]),
            )
            screen.print(plain(f"{made.id}: {len(part.rows)} rows"))
            while not made.is_over:
                time.sleep(LOOK_SECONDS)
                made = client.verification(made.id)
                progress.update(task, completed=before + made.progress.done)
            told |= _received(client, made.id, part)
            before += len(part.lines)
        for line in lines:
            result = told[line.number]
            target.write(result.model_dump_json(exclude_none=True) + "\n")
            results.append(result.model_copy(update={"evidence": None}))
    return tell(Summary.of(results), as_json=as_json)


def parts(lines: Sequence[Line]) -> Iterator[Part]:
    """The lines that are rows, in as many requests as it takes."""
    held: list[tuple[Line, dict[str, Any]]] = []
    size = 0
    for line in lines:
        if line.row is None:
            continue
        row = _sent(line.row)
        length = len(json.dumps(row))
        if held and (len(held) == MOST_ROWS or size + length > MOST_BYTES):
            yield Part(*map(tuple, zip(*held, strict=True)))
            held, size = [], 0
        held.append((line, row))
        size += length
    if held:
        yield Part(*map(tuple, zip(*held, strict=True)))


def _sent(row: Row) -> dict[str, Any]:
    """The row as it was read here, under the names by which it is read there."""
    told = row.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    if (tolerance := told.pop("relative_tolerance", None)) is not None:
        told["tolerance"] = tolerance
    return {**told, "domain": row.domain.value}


def _received(client: Client, verification_id: str, part: Part) -> dict[int, Result]:
    """The results, with the numbers of the file's lines."""
    found = {}
    for line in client.verification_rows(verification_id):
        place = part.lines[line["line"] - 1]
        found[place.number] = Result.model_validate({**line, "line": place.number})
    return found
