"""What a worker, or a whole installation, can serve: said before work is claimed, and before a request is taken.

Workers announce it, the API compares requests with it, `readyz` shows it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from propound.config import Settings
from propound.job import JobRequest
from propound.models.catalogue import Catalogue, Model, shared_families
from propound.models.configured import catalogue_of, prober_names
from propound.policy.names import MODEL
from propound.problem import Mode
from propound.record import Record
from propound.trust import Trust
from propound.verification.judges.opening import auditing_model, judge_seats


class Capabilities(Record):
    """Modes and roles that somebody can serve."""

    modes: tuple[Mode, ...] = (Mode.PROCEDURAL,)
    proposer: str = ""
    """Who proposes, as PROPOUND_POLICY names it."""
    judges: int = 0
    """Seats of the committee that models have."""
    solvers: int = 0
    """Models that solve problems again: for open mode, and for rows that somebody brings."""
    probers: tuple[str, ...] = ()
    """Who measures how hard problems are, from weak to strong; a worker gives their versions, settings their names."""
    auditor: str | None = None
    sandbox: str = ""
    """The tier in which programs run; empty where none are run."""


class Lack(Record):
    """What of a request nobody can serve, and what would change that."""

    pointer: str
    """JSON pointer into the request."""
    code: str
    detail: str


def installed(configured: Settings) -> Capabilities:
    """What the settings of this installation say.

    Raises:
        CatalogueError: the models are not as they have to be.
    """
    catalogue = catalogue_of(configured)
    return Capabilities(
        modes=(Mode.PROCEDURAL, Mode.OPEN) if catalogue.roles.proposer else (Mode.PROCEDURAL,),
        proposer=configured.policy,
        judges=judge_seats(configured, catalogue),
        solvers=len(catalogue.solving_models()),
        probers=prober_names(configured, catalogue),
        auditor=catalogue.roles.auditor,
    )


def lacking(request: JobRequest, there: Collection[Capabilities]) -> list[Lack]:
    """What of the request none of these can serve; nothing where it can be begun."""
    lacks = []
    if request.mode is Mode.OPEN and not any(Mode.OPEN in each.modes for each in there):
        lacks.append(
            Lack(
                pointer="/mode",
                code="no_model",
                detail="no language model writes problems of its own here: give one the role proposer in the file of "
                "PROPOUND_MODELS, or set PROPOUND_ENDPOINT_URL and PROPOUND_ENDPOINT_MODEL, for the API and the "
                "workers (docs/guide/models.md)",
            )
        )
    if request.difficulty is not None and not any(each.probers for each in there):
        lacks.append(
            Lack(
                pointer="/difficulty",
                code="no_prober",
                detail="nobody measures how hard problems are: set PROPOUND_PROBERS, or name probers under [roles] in "
                "the file of PROPOUND_MODELS, for the API and the workers",
            )
        )
    return lacks


def verifying(there: Collection[Capabilities]) -> list[Lack]:
    """What is lacking to verify rows that somebody brings; nothing where somebody can."""
    if any(each.solvers for each in there):
        return []
    return [
        Lack(
            pointer="/rows",
            code="no_solver",
            detail="no language model solves problems here: give one or two of different families the role solvers in "
            "the file of PROPOUND_MODELS, or set PROPOUND_ENDPOINT_URL and PROPOUND_ENDPOINT_MODEL, for the API and "
            "the workers (docs/guide/verify.md)",
        )
    ]


def trust_of(configured: Settings, mode: Mode) -> Trust:
    """What problems of a mode rest on where these settings hold.

    Raises:
        CatalogueError: the models are not as they have to be.
    """
    catalogue = catalogue_of(configured)
    roles = _verifying(configured, catalogue, mode)
    is_modelled = mode is Mode.OPEN or configured.policy == MODEL
    shared = shared_families(catalogue) if is_modelled else {}
    families = {model.family or model.name for models in roles.values() for model in models}
    return Trust(
        mode=mode,
        families=tuple(sorted(families)),
        shared_family=tuple(role for role, models in roles.items() if models and role in shared),
    )


def _verifying(configured: Settings, catalogue: Catalogue, mode: Mode) -> Mapping[str, tuple[Model, ...]]:
    """The models that verify, by role."""
    auditor = auditing_model(catalogue)
    return {
        "solvers": catalogue.solving_models() if mode is Mode.OPEN else (),
        "judges": catalogue.judges() if judge_seats(configured, catalogue) else (),
        "auditor": (auditor,) if auditor else (),
    }
