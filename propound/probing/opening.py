"""The pool that the settings name."""

from __future__ import annotations

from propound.config import Settings
from propound.policy.checkpoint import CheckpointError, load_checkpoint
from propound.policy.engines import EngineKind
from propound.probing.prober import Prober
from propound.probing.solver import open_solver, solver_folder
from propound.sandbox import Sandbox


def open_probers(configured: Settings, sandbox: Sandbox) -> tuple[Prober, ...]:
    """The probers from weak to strong; whoever is done with them closes their solvers.

    Raises:
        CheckpointError: a solver is not there, or was changed.
        EngineError: the engine cannot run one.
    """
    opened: list[Prober] = []
    try:
        for name in configured.prober_names:
            opened.append(Prober(open_solver(name, EngineKind(configured.prober_engine)), sandbox))  # noqa: PERF401  # what is open is closed below
    except BaseException:
        for prober in opened:
            prober.solver.close()
        raise
    return tuple(opened)


def check_probers(configured: Settings) -> None:
    """See, without opening them, whether the solvers that the settings name are there.

    Raises:
        ValueError: one is not, or one is named twice.
    """
    try:
        versions = [load_checkpoint(solver_folder(name)).version for name in configured.prober_names]
    except CheckpointError as error:
        raise ValueError(f"PROPOUND_PROBERS: {error}") from None
    if len(set(versions)) != len(versions):
        raise ValueError("PROPOUND_PROBERS names a solver twice")
