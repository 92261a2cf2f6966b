"""`propound datasets ...`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from propound.cli.options import AsJson, DatasetId, Key, Url

app = typer.Typer(help="List and download datasets.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, help="Most datasets to list.")] = 20,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """The newest datasets."""
    from itertools import islice

    from propound.cli.connection import connect
    from propound.cli.output import console, print_json, table

    with connect(url, key) as client:
        found = list(islice(client.datasets(), limit))
    if as_json:
        print_json([dataset.model_dump(mode="json") for dataset in found])
        return
    rows = [
        (dataset.id, dataset.name, dataset.job_id, f"{dataset.created_at.astimezone():%Y-%m-%d %H:%M}")
        for dataset in found
    ]
    console().print(table(["dataset", "name", "job", "created"], rows))


@app.command()
def export(
    dataset_id: DatasetId,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="File; default: exports/DATASET.jsonl.")] = None,
    siblings: Annotated[
        bool, typer.Option("--siblings", help="Each problem with its siblings: it with other numbers.")
    ] = False,
    url: Url = None,
    key: Key = None,
) -> None:
    """Download a dataset as JSON lines."""
    from propound.cli.connection import connect
    from propound.cli.output import console, plain

    path = out or Path("exports") / f"{dataset_id}.jsonl"
    with connect(url, key) as client:
        path.parent.mkdir(parents=True, exist_ok=True)
        size = client.export(dataset_id, path, siblings=siblings)
    console().print(plain(f"{size:,} bytes: {path}"))
