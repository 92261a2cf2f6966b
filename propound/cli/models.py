"""`propound models ...`."""

from __future__ import annotations

from typing import Annotated

import typer

from propound.cli.options import AsJson

app = typer.Typer(help="Look at the configured language models.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def check(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Models; default: all.")] = None,
    most_tokens: Annotated[
        int, typer.Option("--context", min=500, max=1_000_000, help="Longest prompt to try, in tokens.")
    ] = 16_384,
    seconds: Annotated[
        float, typer.Option(min=0, help="Most seconds for finding out how long a prompt may be, for each model.")
    ] = 180.0,
    as_json: AsJson = False,
) -> None:
    """Ask every model what it can, and say which roles will not work.

    Some dozen small requests each, and a few long ones. Exit status 1: a role cannot work.
    """
    from propound.cli.capabilities import run

    if not run(names or (), most_tokens=most_tokens, seconds=seconds, as_json=as_json):
        raise typer.Exit(1)
