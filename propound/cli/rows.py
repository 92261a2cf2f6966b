"""`propound verify FILE.jsonl`: whether the answers of somebody's own rows are right."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from rich.progress import Progress

from propound.cli.output import console, plain, table
from propound.config import settings
from propound.domain import Domain
from propound.errors import PropoundError
from propound.models.configured import catalogue_of
from propound.models.ledger import MemoryLedger
from propound.models.ledger_file import FileLedger
from propound.models.purpose import Origin
from propound.models.registry import record_in, release_client
from propound.sandbox import Sandbox, open_sandbox
from propound.sandbox.places import PlacedSandbox
from propound.solving.asking import Asking
from propound.solving.attempt import open_solvers
from propound.verification.consensus import Rule
from propound.verification.judges import open_auditor, open_judges
from propound.verification.open.derivation import families_of
from propound.verification.open.row import Row, RowError, id_of, lines_of, read_row
from propound.verification.open.rows import Result, RowVerification, Summary, unread
from propound.verification.open.verify import OpenVerification

MOST_ROWS = 100_000
"""Of a file."""
ORIGIN = Origin(command="verify")
"""Whose requests they are; the same for every run and row, so that what was asked before is found."""
LONGEST = 60
"""Characters of an answer in the table."""


class FileError(PropoundError):
    """A file that cannot be read or written."""


class Line(NamedTuple):
    """A line of the file: its row, or what is given back for one that is none."""

    number: int
    row: Row | None
    unread: Result | None = None


def run(
    file: str,
    *,
    domain: str,
    well_posed: str,
    out: Path | None,
    ledger: Path | None,
    in_flight: int,
    as_json: bool,
) -> int:
    """Verify every row and write a line for each, in their order; the number of those that could not be looked at.

    Raises:
        PropoundError: the file cannot be read, no model is configured, a server is down, or this machine cannot isolate
            programs. What models have answered is kept, and not asked again by the next run.
    """
    lines = read(file, Domain(domain))
    screen = console(to_error=True)
    with ExitStack() as stack:
        kept = stack.enter_context(_recorded(file, out, ledger))
        verification = stack.enter_context(opened(Rule(asking=Asking(well_posed))))
        families = [family.name for family in families_of(verification.stages.solvers)]
        if len(families) == 1:
            screen.print(
                plain(
                    f"all solvers are of one family, {families[0]}: no answer will be suspected to be wrong"
                )
            )
        target = sys.stdout if out is None else stack.enter_context(created(out))
        progress = stack.enter_context(
            Progress(console=screen, transient=True, disable=not screen.is_terminal)
        )
        task = progress.add_task("rows", total=len(lines))
        results = []
        for result in verified(lines, verification, in_flight=in_flight):
            target.write(result.model_dump_json(exclude_none=True) + "\n")
            target.flush()
            results.append(result.model_copy(update={"evidence": None}))
            progress.advance(task)
    spent = kept.spending()
    if spent.requests:
        screen.print(plain(f"models, with what the ledger held before: {spent.line()}"))
    return tell(Summary.of(results), as_json=as_json)


def tell(summary: Summary, *, as_json: bool) -> int:
    """Print what came of the rows; the number of those that could not be looked at."""
    if as_json:
        print(summary.model_dump_json())
    else:
        show(summary)
    return summary.failed


def verified(lines: Sequence[Line], verification: RowVerification, *, in_flight: int) -> Iterator[Result]:
    """The results in the order of the lines, `in_flight` of them made at a time.

    Raises:
        ServiceDownError: a model's server is down; what is under way is ended first.
    """

    def make(line: Line) -> Result:
        if line.row is None:
            assert line.unread is not None
            return line.unread
        return verification.verify(line.row, line.number, ORIGIN)

    with ThreadPoolExecutor(in_flight, "row") as threads:
        futures = [threads.submit(make, line) for line in lines]
        try:
            for future in futures:
                yield future.result()
        finally:
            for future in futures:
                future.cancel()


@contextmanager
def opened(rule: Rule) -> Iterator[RowVerification]:
    """The stages with the models that the settings name.

    Raises:
        CatalogueError: nobody is there to solve; the message says what to set.
        SandboxUnavailable: this machine cannot isolate programs.
    """
    catalogue = catalogue_of(settings())
    sandbox: Sandbox = PlacedSandbox(open_sandbox(settings().sandbox_tier))
    solvers = open_solvers(catalogue, sandbox)
    if not solvers:
        raise catalogue.missing("solvers")
    judges, auditor = open_judges(settings()), open_auditor(settings())
    try:
        yield RowVerification(OpenVerification(sandbox, solvers, rule, judges, auditor))
    finally:
        for client in (*(each.client for each in judges), *((auditor.client,) if auditor else ())):
            release_client(client)
        for solver in solvers:
            solver.close()


def read(file: str, domain: Domain) -> list[Line]:
    """The lines of a file, or of standard input for `-`.

    Raises:
        FileError: it cannot be read, holds no row, or too many.
    """
    found: list[Line] = []
    try:
        with ExitStack() as stack:
            stream = sys.stdin.buffer if file == "-" else stack.enter_context(Path(file).open("rb"))
            for number, text in lines_of(stream):
                if len(found) == MOST_ROWS:
                    raise FileError(f"{file} holds more than {MOST_ROWS} rows: split it")
                try:
                    found.append(Line(number, read_row(text, number, domain)))
                except RowError as error:
                    found.append(Line(number, None, unread(id_of(text, number), number, str(error))))
    except OSError as error:
        raise FileError(f"{file} cannot be read: {error.strerror}") from None
    if not found:
        raise FileError(f"{file} holds no row")
    return found


@contextmanager
def _recorded(file: str, out: Path | None, ledger: Path | None) -> Iterator[MemoryLedger]:
    """Where requests to models are kept: beside the output, else beside the rows; in memory where both are streams."""
    beside = out or (Path(file) if file != "-" else None)
    path = ledger or (beside.with_name(f"{beside.stem}.ledger.jsonl") if beside else None)
    try:
        kept = MemoryLedger() if path is None else FileLedger(path)
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror}") from None
    record_in(kept)
    try:
        yield kept
    finally:
        record_in(None)


def show(summary: Summary) -> None:
    """The counts, and the rows whose answers are suspected, as tables; on standard error, where no row stands."""
    screen = console(to_error=True)
    screen.print(table(["verdict", "rows"], list(summary.by_verdict.items())))
    if summary.suspected:
        rows = [
            (each.id, each.line, _short(each.answer), _short(each.suggested), each.reason)
            for each in summary.suspected
        ]
        screen.print(table(["row", "line", "its answer", "others", "why"], rows, title="suspected wrong"))
    if summary.failed:
        screen.print(plain(f"{summary.failed} of the unknown rows could not be looked at: see their reasons"))


def _short(text: str | None) -> str:
    return (text or "")[:LONGEST]


def created(file: Path) -> IO[str]:
    """The file, to be written.

    Raises:
        FileError: it cannot be.
    """
    try:
        return file.open("w", encoding="utf-8")
    except OSError as error:
        raise FileError(f"{file} cannot be written: {error.strerror}") from None
