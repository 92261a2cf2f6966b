"""`propound verify ...`: rows of one's own, what verification of open mode is worth, and its verdicts again."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from propound.cli.options import AsJson, DomainName

ROWS = "rows"
"""The command that a file of rows is for: `propound verify FILE.jsonl` is `propound verify rows FILE.jsonl`."""


class Verify(TyperGroup):
    """Takes what is no command for a file, or for an option of the command for files."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As the base class does, with the command for files before what is none."""
        if args and args[0] != "--help" and args[0] not in self.commands:
            args = [ROWS, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    help="Verify rows of your own (`propound verify FILE.jsonl`), and see what verification is worth.",
    no_args_is_help=True,
    rich_markup_mode=None,
    cls=Verify,
)


class Asked(StrEnum):
    """The names of `propound.solving.asking.Asking`, which is too heavy to import for a help text; a test compares."""

    NOT = "not"
    FIRST = "first"
    APART = "apart"


@app.command(ROWS)
def rows(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE.jsonl", help="A question and its answer on each line; - is standard input."
        ),
    ],
    *,
    domain: Annotated[DomainName, typer.Option(help="Of rows that name none.")] = DomainName.MATHEMATICS,
    well_posed: Annotated[
        Asked,
        typer.Option(
            help="Whether solvers are asked for it: not, first in their reply, or in a request apart."
        ),
    ] = Asked.NOT,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File for the verdicts; default: print them.")
    ] = None,
    ledger: Annotated[
        Path | None,
        typer.Option(help="File of what models answered; default: OUT.ledger.jsonl beside the output."),
    ] = None,
    in_flight: Annotated[int, typer.Option(min=1, max=256, help="Rows at a time.")] = 8,
    as_json: AsJson = False,
) -> None:
    """See whether the answers of your own rows are right: others solve them from the question alone.

    Gives a line of JSON back for each row, with the verdict agrees, suspected_wrong, disputed, ill_posed or unknown,
    its reason and all evidence, and a table of the answers that are suspected to be wrong; with --json a summary
    instead, as the last line. An answer is suspected only where models of two families agree on another one. Stopped
    and begun again, it asks nothing twice.

    Ends with 1 when some row could not be looked at, a server is down, or the file is wrong; with 2 when called
    wrongly.
    """
    from propound.cli.rows import run

    failed = run(
        file,
        domain=domain.value,
        well_posed=well_posed.value,
        out=out,
        ledger=ledger,
        in_flight=in_flight,
        as_json=as_json,
    )
    if failed:
        raise typer.Exit(1)
