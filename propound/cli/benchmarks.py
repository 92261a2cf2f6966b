"""`propound benchmarks ...`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from propound.cli.options import AsJson, Key, Url

app = typer.Typer(
    help="Upload, list and remove benchmarks that datasets keep clear of.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def add(
    file: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="JSON lines (.jsonl, .ndjson), or a row a line."),
    ],
    name: Annotated[str | None, typer.Option(help="What to call it; default: the file's name.")] = None,
    field: Annotated[str | None, typer.Option(help="Field of the JSON objects that holds the text.")] = None,
    *,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Upload a benchmark; its texts are not kept, only hashes of their runs of words."""
    from propound.cli.connection import connect
    from propound.cli.output import console, plain, print_json

    with connect(url, key) as client:
        made = client.add_benchmark(file, name=name or file.stem, field=field)
    if as_json:
        print_json(made.model_dump(mode="json"))
        return
    console().print(plain(f"{made.id} ({made.name}): {made.rows} rows"))


@app.command("list")
def list_(url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """All benchmarks."""
    from propound.cli.connection import connect
    from propound.cli.output import console, print_json, table

    with connect(url, key) as client:
        entries = list(client.benchmarks())
    if as_json:
        print_json([entry.model_dump(mode="json") for entry in entries])
        return
    rows = [(entry.id, entry.name, entry.rows, f"{entry.created_at:%Y-%m-%d %H:%M}") for entry in entries]
    console().print(table(["benchmark", "name", "rows", "uploaded"], rows))


@app.command()
def remove(
    benchmark_id: Annotated[str, typer.Argument(metavar="BENCHMARK", help="Id of a benchmark, bench_...")],
    url: Url = None,
    key: Key = None,
) -> None:
    """Forget a benchmark, for good; not while a job that has not ended names it."""
    from propound.cli.connection import connect
    from propound.cli.output import console, plain

    with connect(url, key) as client:
        client.delete_benchmark(benchmark_id)
    console().print(plain(f"{benchmark_id} is removed."))
