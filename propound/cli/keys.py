"""`propound keys ...`."""

from __future__ import annotations

from typing import Annotated

import typer

from propound.cli.options import AsJson, Key, Url

app = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="What it may do: jobs:read, jobs:write, datasets:read, keys:admin, trainings:admin, admin. "
            "May be repeated."
        ),
    ] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Make a key; by default it may work with jobs and read datasets. Its secret is shown only now."""
    from propound.cli.connection import connect
    from propound.cli.output import console, plain, print_json

    with connect(url, key) as client:
        made = client.create_key(name, scope or ["jobs:read", "jobs:write", "datasets:read"])
    if as_json:
        print_json(made.model_dump(mode="json"))
        return
    console().print(plain(f"{made.id} ({', '.join(made.scopes)}); shown only this once:\n{made.secret}"))


@app.command("list")
def list_(url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """All keys, without their secrets."""
    from propound.cli.connection import connect
    from propound.cli.output import console, print_json, table

    with connect(url, key) as client:
        entries = list(client.keys())
    if as_json:
        print_json([entry.model_dump(mode="json", exclude={"secret"}) for entry in entries])
        return

    def state(revoked_at: object) -> str:
        return "live" if revoked_at is None else "revoked"

    rows = [
        (entry.id, entry.name, f"pp_{entry.prefix}_...", " ".join(entry.scopes), state(entry.revoked_at))
        for entry in entries
    ]
    console().print(table(["key", "name", "begins with", "scopes", "state"], rows))


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="KEY", help="Id of a key, key_...")],
    url: Url = None,
    key: Key = None,
) -> None:
    """Make a key useless, at once and for good."""
    from propound.cli.connection import connect
    from propound.cli.output import console, plain

    with connect(url, key) as client:
        client.revoke_key(key_id)
    console().print(plain(f"{key_id} is revoked."))
