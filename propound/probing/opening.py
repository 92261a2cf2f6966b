"""The pool that the settings name: models of the catalogue, bundled solvers, and checkpoints' folders."""

from __future__ import annotations

from propound.config import Settings
from propound.models.catalogue import Catalogue, CatalogueError
from propound.models.configured import catalogue_of, prober_names
from propound.models.registry import open_client
from propound.policy.checkpoint import CheckpointError, load_checkpoint
from propound.policy.engines import EngineKind
from propound.probing.prober import Prober
from propound.sandbox import Sandbox
from propound.solving.remote import RemoteSolver, remote_version
from propound.solving.solver import Solver, open_solver, solver_folder, version_of


def open_probers(configured: Settings, sandbox: Sandbox) -> tuple[Prober, ...]:
    """The probers from weak to strong; whoever is done with them closes their solvers.

    Raises:
        CatalogueError: the catalogue is wrong.
        CheckpointError: a solver is not there, or was changed.
        EngineError: the engine cannot run one.
    """
    catalogue = catalogue_of(configured)
    opened: list[Prober] = []
    try:
        for name in prober_names(configured, catalogue):
            opened.append(Prober(_open(name, configured, catalogue), sandbox))  # noqa: PERF401  # closed below
    except BaseException:
        for prober in opened:
            prober.solver.close()
        raise
    return tuple(opened)


def _open(name: str, configured: Settings, catalogue: Catalogue) -> Solver:
    if _is_model(name, catalogue):
        return RemoteSolver(open_client(catalogue.model(name)))
    return open_solver(name, EngineKind(configured.prober_engine))


def _is_model(name: str, catalogue: Catalogue) -> bool:
    return any(model.name == name for model in catalogue.models)


def check_probers(configured: Settings) -> None:
    """See, without opening them, whether the solvers that the settings name are there.

    Raises:
        ValueError: one is not, or one is named twice.
    """
    catalogue = catalogue_of(configured)
    where = "PROPOUND_PROBERS" if configured.prober_names else f"{catalogue.source}, roles.probers"
    found = []
    for name in prober_names(configured, catalogue):
        try:
            is_model = _is_model(name, catalogue)
            found.append(name if is_model else load_checkpoint(solver_folder(name)).version)
        except CheckpointError as error:
            known = ", ".join(model.name for model in catalogue.models)
            raise CatalogueError(f"{where}: {error}" + (f"; models are {known}" if known else "")) from None
    if len(set(found)) != len(found):
        raise CatalogueError(f"{where} names a solver twice")


def prober_versions(configured: Settings) -> tuple[str, ...]:
    """Versions of the probers that the settings name, from weak to strong, without opening an engine or a client.

    Raises:
        ValueError: one is not there, or is named twice.
    """
    check_probers(configured)
    catalogue = catalogue_of(configured)
    return tuple(
        remote_version(catalogue.model(name))
        if _is_model(name, catalogue)
        else version_of(load_checkpoint(solver_folder(name)).version)
        for name in prober_names(configured, catalogue)
    )
