"""The catalogue that this installation's settings name: a file, one URL, or nothing at all."""

from __future__ import annotations

from pydantic import ValidationError

from propound.config import Settings
from propound.models.catalogue import NAME, NOTHING, RIGHT, Catalogue, CatalogueError, Model, Roles
from propound.models.catalogue_file import read_catalogue


def catalogue_of(settings: Settings) -> Catalogue:
    """The catalogue that the settings name; without models where they name none.

    Raises:
        CatalogueError: the file, or the shorthand, is wrong.
    """
    if settings.models is not None:
        if settings.endpoint_url:
            raise CatalogueError("PROPOUND_MODELS and PROPOUND_ENDPOINT_URL are both set: keep one of them")
        return read_catalogue(settings.models)
    if not settings.endpoint_url and not settings.endpoint_model:
        return Catalogue()
    if not settings.endpoint_url or not settings.endpoint_model:
        raise CatalogueError(NOTHING)
    name = "".join(sign if NAME.fullmatch(f"a{sign}") else "-" for sign in settings.endpoint_model)
    try:
        model = Model(
            name=name.lstrip("._/:@+-")[:100] or "model",
            served=settings.endpoint_model,
            url=settings.endpoint_url,
            concurrency=settings.endpoint_concurrency,
            prompt_price=settings.endpoint_prompt_price,
            completion_price=settings.endpoint_completion_price,
            key=settings.endpoint_key,
        )
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        raise CatalogueError(f"PROPOUND_ENDPOINT_{field.upper()} is {RIGHT.get(field, 'wrong')}") from None
    only = (model.name,)
    roles = Roles(proposer=model.name, solvers=only, judges=only, auditor=model.name)
    return Catalogue(models=(model,), roles=roles)


def prober_names(configured: Settings, catalogue: Catalogue) -> tuple[str, ...]:
    """Who measures, from weak to strong: what PROPOUND_PROBERS lists, else the role in the catalogue."""
    return configured.prober_names or catalogue.roles.probers
