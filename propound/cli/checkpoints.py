"""`propound checkpoints ...`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from propound.cli.options import AsJson, Key, Url

if TYPE_CHECKING:
    from propound.views import Promotion

app = typer.Typer(
    help="Look at checkpoints, and say which of them proposes.", no_args_is_help=True, rich_markup_mode=None
)

Version = Annotated[str, typer.Argument(metavar="VERSION", help="Version of a checkpoint: 16 digits.")]
Reason = Annotated[str | None, typer.Option(help="Why, for the history.")]


@app.command("list")
def list_(url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """All checkpoints that training made or began with, the newest first."""
    from propound.cli.connection import connect
    from propound.cli.output import console, print_json, table

    with connect(url, key) as client:
        found = list(client.checkpoints())
    if as_json:
        print_json([each.model_dump(mode="json", exclude={"lineage"}) for each in found])
        return
    rows = [
        (
            each.version,
            each.name,
            "live" if each.live else each.state,
            each.parent_version,
            each.training_id,
            f"{each.created_at.astimezone():%Y-%m-%d %H:%M}",
        )
        for each in found
    ]
    console().print(table(["checkpoint", "name", "state", "trained from", "by", "created"], rows))


@app.command()
def show(version: Version, url: Url = None, key: Key = None) -> None:
    """A checkpoint with its figures and its descent, as JSON."""
    from propound.cli.connection import connect
    from propound.cli.output import print_json

    with connect(url, key) as client:
        print_json(client.checkpoint(version).model_dump(mode="json"))


@app.command()
def promote(
    version: Version, reason: Reason = None, url: Url = None, key: Key = None, as_json: AsJson = False
) -> None:
    """Make a checkpoint live: workers with PROPOUND_POLICY=live take it up with their next shard."""
    from propound.cli.connection import connect

    with connect(url, key) as client:
        _show(client.promote(version, reason=reason), as_json=as_json)


@app.command()
def rollback(reason: Reason = None, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """Make live what was live before; again, and it goes back further."""
    from propound.cli.connection import connect

    with connect(url, key) as client:
        _show(client.roll_back(reason=reason), as_json=as_json)


@app.command()
def history(url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """What became live, the newest first."""
    from propound.cli.connection import connect
    from propound.cli.output import console, print_json, table

    with connect(url, key) as client:
        found = list(client.promotions())
    if as_json:
        print_json([each.model_dump(mode="json") for each in found])
        return
    rows = [
        (
            f"{each.created_at.astimezone():%Y-%m-%d %H:%M}",
            each.version or "the bundled default",
            each.by,
            each.reason,
        )
        for each in found
    ]
    console().print(table(["when", "live", "by", "why"], rows))


def _show(promotion: Promotion, *, as_json: bool) -> None:
    from propound.cli.output import console, plain, print_json

    if as_json:
        print_json(promotion.model_dump(mode="json"))
        return
    console().print(plain(f"{promotion.version or 'The bundled default'} is live."))
