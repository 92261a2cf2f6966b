"""`propound verify ...`: rows of one's own, what verification of open mode is worth, and its verdicts again."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from propound.cli.options import AsJson, DatasetId, DomainName, Key, Url

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
    server: Annotated[
        bool,
        typer.Option("--server", help="Have a running API do it, with its models; no ledger is kept here."),
    ] = False,
    url: Url = None,
    key: Key = None,
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
    asked = {"domain": domain.value, "well_posed": well_posed.value}
    if server:
        from propound.cli import rows_sent

        failed = rows_sent.run(file, **asked, out=out, url=url, key=key, as_json=as_json)
    else:
        from propound.cli.rows import run

        failed = run(file, **asked, out=out, ledger=ledger, in_flight=in_flight, as_json=as_json)
    if failed:
        raise typer.Exit(1)


class FaultName(StrEnum):
    """`sound`, and the names of `propound.verification.canaries.canary.Fault`, which is too heavy to import here."""

    SOUND = "sound"
    WRONG_ANSWER = "wrong_answer"
    CHANGED_NUMBER = "changed_number"
    DROPPED_CONDITION = "dropped_condition"
    TWO_READINGS = "two_readings"
    PRINTED = "printed"
    GIVEN_AWAY = "given_away"
    ADDRESSED = "addressed"
    TWO_QUESTIONS = "two_questions"
    CONTRADICTORY = "contradictory"
    FOREIGN = "foreign"


@app.command()
def calibrate(
    *,
    n: Annotated[int, typer.Option("--n", min=1, max=10_000, help="Canaries of each kind.")] = 60,
    domain: Annotated[list[DomainName] | None, typer.Option(help="Default: all. May be repeated.")] = None,
    fault: Annotated[list[FaultName] | None, typer.Option(help="Default: all. May be repeated.")] = None,
    level: Annotated[int, typer.Option(min=1, max=3, help="Size of the numbers: 1 small, 3 large.")] = 1,
    max_skills: Annotated[int, typer.Option(min=1, max=4, help="Most skills in a problem.")] = 1,
    in_flight: Annotated[int, typer.Option(min=1, max=256, help="Canaries at a time.")] = 4,
    as_json: AsJson = False,
) -> None:
    """Put problems with a known fault, and sound ones, to the committee, and count what it accepts.

    The committee is that of a job: the models of the roles solvers, judges and auditor. Stopped and begun again, it
    goes on where it was. Rates are pooled over all canaries of the same models and prompts; fewer than 60 of a kind
    are not called measured.
    """
    from propound.cli.calibrate import run

    run(
        n,
        domains=[each.value for each in domain or DomainName],
        faults=[each.value for each in fault or FaultName],
        level=level,
        max_skills=max_skills,
        in_flight=in_flight,
        as_json=as_json,
    )


@app.command()
def labelled(
    folder: Annotated[
        Path | None,
        typer.Argument(help="Folder of labelled problems; default: tests/labelled of the checkout."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Give verdicts on labelled problems from recorded replies, without a model, and count those that are wrong.

    The last line is one JSON object.
    """
    from propound.cli.labelled import run

    run(folder, as_json=as_json)


@app.command()
def replay(dataset: DatasetId, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """Give every verdict on a dataset again from its stored evidence, without a model.

    Ends with 1 when one differs from the stored one.
    """
    from propound.cli.replay import run

    if run(dataset, url=url, key=key, as_json=as_json):
        raise typer.Exit(1)
