"""`propound models list`: which models there are, where, and in which roles."""

from __future__ import annotations

from typing import Any

from propound.cli.output import console, print_json, table
from propound.config import settings
from propound.models.catalogue import NOTHING, Catalogue, CatalogueError
from propound.models.configured import catalogue_of


def run(*, as_json: bool) -> None:
    """Print the models with their roles.

    Raises:
        CatalogueError: the models are not as they have to be, or there are none.
    """
    catalogue = catalogue_of(settings())
    rows: list[dict[str, Any]] = [
        {
            "name": model.name,
            "served": model.served,
            "place": model.url or (str(model.folder) if model.folder else model.hub),
            "family": model.family,
            "roles": _roles(catalogue, model.name),
        }
        for model in catalogue.models
    ]
    if as_json:
        print_json(rows)
        return
    if not rows:
        raise CatalogueError(NOTHING)
    cells = [[*list(row.values())[:4], ", ".join(row["roles"])] for row in rows]
    console().print(table(["name", "served", "place", "family", "roles"], cells))


def only_model() -> str:
    """The name of the one model that there is.

    Raises:
        CatalogueError: there is none, or more than one.
    """
    models = catalogue_of(settings()).models
    if not models:
        raise CatalogueError(NOTHING)
    if len(models) > 1:
        known = ", ".join(model.name for model in models)
        raise CatalogueError(f"which model? Say its name before the text; the models are {known}")
    return models[0].name


def _roles(catalogue: Catalogue, name: str) -> list[str]:
    named = catalogue.roles.model_dump(exclude_none=True)
    return [role for role, names in named.items() if name == names or (isinstance(names, tuple) and name in names)]
