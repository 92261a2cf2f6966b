"""The pool that the settings name."""

from __future__ import annotations

from propound.config import Settings
from propound.policy.checkpoint import CheckpointError, load_checkpoint
from propound.policy.endpoint import endpoint_of
from propound.policy.engines import EngineKind
from propound.probing.prober import Prober
from propound.sandbox import Sandbox
from propound.solving.endpoint import EndpointSolver
from propound.solving.solver import Solver, open_solver, solver_folder, version_of

ENDPOINT = "endpoint"
"""The name of the model that the endpoint serves, as a solver."""


def open_probers(configured: Settings, sandbox: Sandbox) -> tuple[Prober, ...]:
    """The probers from weak to strong; whoever is done with them closes their solvers.

    Raises:
        CheckpointError: a solver is not there, or was changed.
        EngineError: the engine cannot run one.
        ValueError: the endpoint is wanted, and none is named.
    """
    opened: list[Prober] = []
    try:
        for name in configured.prober_names:
            opened.append(Prober(_open(name, configured), sandbox))  # noqa: PERF401  # what is open is closed below
    except BaseException:
        for prober in opened:
            prober.solver.close()
        raise
    return tuple(opened)


def _open(name: str, configured: Settings) -> Solver:
    if name == ENDPOINT:
        return EndpointSolver(endpoint_of(configured))
    return open_solver(name, EngineKind(configured.prober_engine))


def check_probers(configured: Settings) -> None:
    """See, without opening them, whether the solvers that the settings name are there.

    Raises:
        ValueError: one is not, or one is named twice.
    """
    found = []
    for name in configured.prober_names:
        if name == ENDPOINT:
            endpoint_of(configured).close()
        try:
            found.append(name if name == ENDPOINT else load_checkpoint(solver_folder(name)).version)
        except CheckpointError as error:
            raise ValueError(f"PROPOUND_PROBERS: {error}") from None
    if len(set(found)) != len(found):
        raise ValueError("PROPOUND_PROBERS names a solver twice")


def prober_versions(configured: Settings) -> tuple[str, ...]:
    """Versions of the probers that the settings name, from weak to strong, without opening an engine.

    Raises:
        ValueError: one is not there, or is named twice.
    """
    check_probers(configured)
    return tuple(_version(name, configured) for name in configured.prober_names)


def _version(name: str, configured: Settings) -> str:
    if name != ENDPOINT:
        return version_of(load_checkpoint(solver_folder(name)).version)
    solver = EndpointSolver(endpoint_of(configured))
    solver.close()
    return solver.version
