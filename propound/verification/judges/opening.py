"""The judges and the auditor that the settings and the catalogue of models name."""

from __future__ import annotations

from propound.config import Settings
from propound.models.catalogue import Catalogue, Model
from propound.models.configured import catalogue_of
from propound.models.registry import open_client
from propound.verification.judges.auditor import ModelAuditor
from propound.verification.judges.judge import PARTS, Judge


def open_judges(settings: Settings) -> tuple[Judge, ...]:
    """As many judges as have a seat, each with its own part; the models of the role take turns.

    Raises:
        CatalogueError: there are to be some, and no model has the role.
    """
    catalogue = catalogue_of(settings)
    check_judges(settings, catalogue)
    models, seats = catalogue.judges(), judge_seats(settings, catalogue)
    return tuple(
        Judge(open_client(models[place % len(models)]), part) for place, part in enumerate(PARTS[:seats])
    )


def check_judges(settings: Settings, catalogue: Catalogue) -> None:
    """See, without opening any, whether there are models for the seats.

    Raises:
        CatalogueError: there are to be some, and no model has the role.
    """
    if judge_seats(settings, catalogue) and not catalogue.judges():
        raise catalogue.missing("judges")


def judge_seats(settings: Settings, catalogue: Catalogue) -> int:
    """Seats of the committee that models have."""
    if settings.judges is not None:
        return settings.judges
    return len(PARTS) if catalogue.source and catalogue.judges() else 0


def open_auditor(settings: Settings) -> ModelAuditor | None:
    """The auditor, if there is one."""
    auditor = auditing_model(catalogue_of(settings))
    return None if auditor is None else ModelAuditor(open_client(auditor))


def auditing_model(catalogue: Catalogue) -> Model | None:
    """The auditor's model, where it is another than every judge's: the same one would be no other look."""
    auditor = catalogue.auditor()
    if auditor is None or any(judge.is_same(auditor) for judge in catalogue.judges()):
        return None
    return auditor
