"""`propound grade`: scores replies to the rows of an export, for every domain, without a server."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from rich.progress import Progress

from propound.cli.output import console, plain
from propound.config import settings
from propound.errors import PropoundError, SandboxFailedError
from propound.sandbox import Sandbox, open_sandbox
from propound.sandbox.places import PlacedSandbox
from propound.solving.grading import AnswerKey, grade
from propound.solving.rows import key_of_row

AT_ONCE = 8
"""Replies that are graded together: while one waits for its program, another is compared."""
LONGEST_LINE = 50_000_000
FAILED = "failed"
"""The result of a reply about which nothing can be said: the sandbox failed."""


class LineError(PropoundError):
    """A file that cannot be read, or a line of it that is wrong."""


class Reply(NamedTuple):
    """What one line of the replies holds."""

    id: str
    text: str


def run(rows: str, replies: str, out: Path | None) -> int:
    """Grade every reply and write a line for each, in their order; the number of those that could not be graded.

    Raises:
        LineError: one of the files is wrong, with its line; nothing was graded.
        SandboxUnavailable: a row asks for a program, and this machine cannot isolate it.
    """
    keys = read_rows(rows)
    asked = read_replies(replies, keys, rows)
    sandbox: Sandbox | None = None
    if any(keys[reply.id].coding for reply in asked):
        sandbox = PlacedSandbox(open_sandbox(settings().sandbox_tier))
    screen, results = console(to_error=True), Counter[str]()
    with ExitStack() as stack:
        target = sys.stdout if out is None else stack.enter_context(_created(out))
        progress = stack.enter_context(Progress(console=screen, transient=True, disable=not screen.is_terminal))
        threads = stack.enter_context(ThreadPoolExecutor(AT_ONCE, "grading"))
        made = threads.map(lambda reply: line(reply, keys[reply.id], sandbox), asked)
        for found in progress.track(made, total=len(asked), description="grading"):
            results[found["result"]] += 1
            target.write(json.dumps(found) + "\n")
            target.flush()
    shown = ", ".join(f"{count} {result.replace('_', ' ')}" for result, count in results.most_common())
    screen.print(plain(f"{len(asked)} replies to {len(keys)} rows: {shown or 'nothing to grade'}"))
    return results[FAILED]


def line(reply: Reply, key: AnswerKey, sandbox: Sandbox | None) -> dict[str, Any]:
    """What is written for a reply."""
    try:
        found = grade(reply.text, key, sandbox)
    except SandboxFailedError as error:
        return {"id": reply.id, "score": None, "result": FAILED, "answer": "", "reason": f"the sandbox failed: {error}"}
    return {
        "id": reply.id,
        "score": found.score,
        "result": found.result.value,
        "answer": found.answer,
        "reason": found.reason,
    }


def read_rows(source: str) -> dict[str, AnswerKey]:
    """The keys of a file of rows, by id.

    Raises:
        LineError: the file cannot be read, holds no row, or a line is no row or one that came before.
    """
    keys: dict[str, AnswerKey] = {}
    places: dict[str, int] = {}
    for number, row in _objects(source):
        name = _id(source, number, row)
        if name in keys:
            raise LineError(f"{source}, line {number}: the row {name} stands already on line {places[name]}")
        places[name] = number
        try:
            keys[name] = key_of_row(row)
        except ValueError as error:
            raise LineError(f"{source}, line {number}: {error}") from None
    if not keys:
        raise LineError(f"{source} holds no row")
    return keys


def read_replies(source: str, keys: dict[str, AnswerKey], rows: str) -> list[Reply]:
    """The replies of a file, each to a row of `rows`.

    Raises:
        LineError: the file cannot be read, or a line is no reply to one of the rows.
    """
    found = []
    for number, given in _objects(source):
        name = _id(source, number, given)
        if name not in keys:
            raise LineError(f"{source}, line {number}: there is no row {name[:80]} in {rows}")
        if not isinstance(given.get("reply"), str):
            raise LineError(f'{source}, line {number}: "reply" is missing, or no text')
        found.append(Reply(name, given["reply"]))
    return found


def _objects(source: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The JSON objects of a file with their line numbers; empty lines are none."""
    try:
        with ExitStack() as stack:
            stream = sys.stdin.buffer if source == "-" else stack.enter_context(Path(source).open("rb"))
            number = 0
            while text := stream.readline(LONGEST_LINE):
                number += 1
                if not text.strip():
                    continue
                yield number, _object(source, number, text)
    except OSError as error:
        raise LineError(f"{source} cannot be read: {error.strerror}") from None


def _object(source: str, number: int, text: bytes) -> dict[str, Any]:
    where = f"{source}, line {number}"
    if len(text) >= LONGEST_LINE:
        raise LineError(f"{where}: more than {LONGEST_LINE} bytes")
    try:
        found = json.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise LineError(f"{where}: no JSON ({str(error)[:120]})") from None
    if not isinstance(found, dict):
        raise LineError(f"{where}: no JSON object")
    return found


def _id(source: str, number: int, found: dict[str, Any]) -> str:
    name = found.get("id")
    if isinstance(name, int) and not isinstance(name, bool):
        return str(name)
    if not isinstance(name, str) or not name:
        raise LineError(f'{source}, line {number}: "id" is missing, or no text')
    return name


def _created(file: Path) -> Any:
    try:
        return file.open("w", encoding="utf-8")
    except OSError as error:
        raise LineError(f"{file} cannot be written: {error.strerror}") from None
