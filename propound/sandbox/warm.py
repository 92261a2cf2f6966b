"""The sandbox of one tier whose interpreters are started, isolated and imported before they are needed."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from .execution import Execution, ExecutionStatus
from .interpretation import failure, interpret
from .isolated import SCRATCH, IsolatedSandbox, room
from .pool import Pool
from .program import Program
from .request import Warming
from .runtime import absolute
from .tier import Tier
from .warmth import Warmth, top_names, warmth_for
from .zygote import Zygote, ZygoteFailedError

_LOG = logging.getLogger(__name__)

WARM_TIERS = frozenset({Tier.NAMESPACES, Tier.LANDLOCK})
_SCRATCHES = (SCRATCH, "/var/tmp", "/scratch")  # noqa: S108 - in a file system of the program's own


@dataclass(frozen=True, slots=True)
class WarmSandbox:
    """Runs every program in a fork of an isolated zygote, and in a fresh process where that cannot be."""

    cold: IsolatedSandbox
    pool: Pool = field(default_factory=Pool)

    @property
    def tier(self) -> str:
        """Which isolation this is."""
        return f"{self.cold.tier}, warm"

    @property
    def memory(self) -> str:
        """How memory is limited."""
        return self.cold.memory

    def run(self, program: Program) -> Execution:
        """See `Sandbox.run`."""
        execution = self.run_warm(program)
        return self.cold.run(program) if execution is None else execution

    def run_warm(self, program: Program) -> Execution | None:
        """As `run`; None where no zygote can be had, or where one would run the program differently."""
        warmth = warmth_for(program)
        readable = tuple(map(absolute, program.readable))
        python_path = tuple(map(absolute, program.python_path))
        key: Hashable = (_identities(readable), _identities(python_path), warmth, program.hash_seed)
        brought = _brought(program.files, python_path) - warmth.own_names
        for _ in range(2):
            try:
                zygote = self.pool.take(
                    key, lambda: self._start(readable, python_path, warmth, program.hash_seed)
                )
            except (ZygoteFailedError, OSError) as error:
                _LOG.warning("no zygote, so a program starts cold: %s", error)
                return None
            if not brought.isdisjoint(zygote.modules):  # it would find the module that is imported already
                self.pool.give_back(key, zygote)
                return None
            execution = self._attempt(zygote, program)
            if execution.status is not ExecutionStatus.FAILED:
                self.pool.give_back(key, zygote)
                break
            self.pool.discard(zygote)
        return execution

    def close(self) -> None:
        """End the zygotes; the next run starts others."""
        self.pool.close()

    def _attempt(self, zygote: Zygote, program: Program) -> Execution:
        try:
            with self.cold.scratch() as scratch:
                job = self.cold.job(program, scratch)
                if self.cold.kind is Tier.NAMESPACES:
                    job["scratch"] = zygote.scratch
                group = zygote.group if program.limits.processes > 1 else None
                if group is not None:
                    group.limit(room(job))
                killed = group.killed() if group is not None else 0
                outcome = zygote.run(job, program)
                starved = group is not None and group.killed() > killed
        except (ZygoteFailedError, OSError) as error:
            return failure(str(error))
        except BaseException:
            self.pool.discard(zygote)
            raise
        return interpret(outcome, program.limits, starved=starved)

    def _start(
        self, readable: Sequence[Path], python_path: Sequence[Path], warmth: Warmth, hash_seed: int
    ) -> Zygote:
        machine = self.cold.machine(readable, python_path, hash_seed)
        scratch = _scratch([target for target, _ in machine["exposed"]])
        request = {**machine, **self.cold.job(Program(""), scratch)}
        warming: Warming = {"request": request, "modules": warmth.modules(self.cold.runtime)}  # type: ignore[typeddict-item]
        return Zygote(warming, self.cold.runtime, self.cold.hierarchy)


def _identities(paths: Sequence[Path]) -> tuple[tuple[Path, int, int], ...]:
    """What stands at each path now: a zygote keeps showing what stood there when it started."""
    return tuple((path, found.st_dev, found.st_ino) for path in paths for found in [path.stat()])


def _brought(files: Mapping[str, bytes], python_path: Sequence[Path]) -> frozenset[str]:
    """The names of the modules that come with a program and go before the standard library."""
    given = (PurePosixPath(name).parts[0].partition(".")[0] for name in files)
    return frozenset(given).union(*map(top_names, python_path))


def _scratch(exposed: Sequence[str]) -> str:
    """A writable folder that neither hides nor is hidden by what is exposed."""
    for folder in _SCRATCHES:
        scratch = Path(folder)
        if not any(Path(path).is_relative_to(scratch) or scratch.is_relative_to(path) for path in exposed):
            return folder
    return tempfile.gettempdir()
