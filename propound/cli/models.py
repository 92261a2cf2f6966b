"""`propound models ...`."""

from __future__ import annotations

from typing import Annotated

import typer

from propound.cli.options import AsJson

app = typer.Typer(help="Look at the configured language models.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """Say which models there are, where, and in which roles."""
    from propound.cli.listing import run

    run(as_json=as_json)


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


@app.command()
def serve(name: Annotated[str, typer.Argument(help="A model with a folder or a hub name.")]) -> None:
    """Run a model on this machine until Ctrl-C: the one server that all processes of PROPOUND_HOME ask.

    `propound up` does so by itself, and a worker that finds none starts one; this is for a unit of its own.
    """
    import os

    from propound.config import settings
    from propound.models.catalogue import CatalogueError
    from propound.models.configured import catalogue_of
    from propound.models.local import Station

    model = catalogue_of(settings()).model(name)
    if not model.is_local:
        raise CatalogueError(f"model {name!r} has a url: its own server serves it")
    command = Station(model, settings().home).command()
    os.execv(command[0], command)  # noqa: S606 - words of our own, no shell


@app.command()
def ask(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="Name of a model; not needed where there is only one.")
    ],
    text: Annotated[str | None, typer.Argument(metavar="TEXT", help="What to say to it.")] = None,
    *,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Budget of the answer; default: the model's.")] = None,
    temperature: Annotated[float, typer.Option(min=0, max=2, help="Of the sampling.")] = 0.7,
    seed: Annotated[int, typer.Option(min=0, help="Of the sampling.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Ask a model once, and print its answer: the way to try a server by hand.

    With --json one object with text, thought, calls, finish_reason, usage and error. Exit status 1: there is no answer.
    """
    from propound.cli.correspondence import run
    from propound.cli.listing import only_model

    named, said = (only_model(), name) if text is None else (name, text)
    if not run(named, said, max_tokens=max_tokens, temperature=temperature, seed=seed, as_json=as_json):
        raise typer.Exit(1)
