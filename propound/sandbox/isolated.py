"""The sandbox of one tier: every request goes to a fresh launcher, whose report becomes an Execution."""

from __future__ import annotations

import compileall
import os
import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from . import bubblewrap
from .child import execute, interpreter_command
from .control_group import Hierarchy, group_of
from .execution import Execution, ExecutionStatus
from .interpretation import failure, interpret
from .program import Program
from .request import Job, Request
from .runtime import DEVICES, Runtime, absolute, exposed_paths, this_runtime
from .tier import Tier
from .users import spare_user, threads_of_this_user
from .workspace import workspace

_MIB = 1 << 20
_SHARED_BYTES = 64 << 20
_THREADS = 64
"""Threads of a program that may not start processes."""
_COUNTED = {Tier.BUBBLEWRAP: 1, Tier.NAMESPACES: 2, Tier.LANDLOCK: 1}
"""Launcher and supervisor, which count against the same user as the program when that is not one of its
own."""
SCRATCH = "/tmp"  # noqa: S108 - in a file system of the program's own


@dataclass(frozen=True, slots=True)
class IsolatedSandbox:
    """Runs every program in a new, isolated process. Holds no state, so threads and forks may share it."""

    kind: Tier
    runtime: Runtime
    hierarchy: Hierarchy | None = None
    """Where programs get control groups; without, the memory of each process is limited and not that of all."""

    @property
    def tier(self) -> str:
        """Which isolation this is."""
        return self.kind.value

    @property
    def memory(self) -> str:
        """How memory is limited."""
        return (
            "resource limit"
            if self.hierarchy is None
            else f"control group (version {self.hierarchy.version})"
        )

    def run(self, program: Program) -> Execution:
        """See `Sandbox.run`."""
        machine = self.machine(program.readable, program.python_path, program.hash_seed)
        for _ in range(2):
            with self.scratch() as scratch:
                request: Request = {
                    **machine,
                    **self.job(program, scratch),
                    "program": program.source,
                    "files": dict(program.files),
                }
                execution = self._attempt(request, program)
            if execution.status is not ExecutionStatus.FAILED:
                break
        return execution

    def machine(self, readable: Sequence[Path], python_path: Sequence[Path], hash_seed: int) -> Request:
        """What a program sees, as far as it is the same for all programs that see these folders."""
        machine: Request = {  # type: ignore[typeddict-item] # the rest is the job's
            "tier": self.kind.value,
            "staging": tempfile.gettempdir(),
            "exposed": exposed_paths([*self.runtime.folders, *readable, *python_path]),
            "devices": [device for device in DEVICES if Path(device).exists()],
            "import_path": [
                str(absolute(path))
                for path in (*python_path, *self.runtime.import_path, *self.runtime.packages)
            ],
            "environment": self._environment(hash_seed),
        }
        return machine

    def job(self, program: Program, scratch: str) -> Job:
        """What one program may use."""
        limits = program.limits
        user = spare_user()
        return {
            "scratch": scratch,
            "given_bytes": sum(map(len, program.files.values())),
            "user": user,
            "wall_s": float(limits.wall_s),
            "cpu_s": ceil(limits.cpu_s),
            "memory_bytes": limits.memory_mb * _MIB,
            "file_bytes": limits.file_mb * _MIB,
            "open_files": limits.open_files,
            "processes": limits.processes,
            "process_limit": self._process_limit(limits.processes, user),
        }

    def scratch(self) -> AbstractContextManager[str]:
        """The folder that one program may write to."""
        return workspace() if self.kind is Tier.LANDLOCK else nullcontext(SCRATCH)

    def _attempt(self, request: Request, program: Program) -> Execution:
        command = interpreter_command(self.runtime)
        try:
            if self.kind is Tier.BUBBLEWRAP:
                command = bubblewrap.wrapped(command, request)
            with group_of(self.hierarchy if program.limits.processes > 1 else None) as group:
                if group is not None:
                    group.limit(room(request))
                entrance = -1 if group is None else group.entrance
                outcome = execute(command, request, program.stdin, program.limits.output_bytes, entrance)
                starved = group is not None and group.killed() > 0
        except OSError as error:
            return failure(f"the launcher did not start: {error}")
        return interpret(outcome, program.limits, starved=starved)

    def _process_limit(self, processes: int, user: int | None) -> int:
        allowed = _THREADS if processes == 1 else processes
        if user is not None:
            return allowed
        shared = self.kind is Tier.LANDLOCK or not _counts_per_namespace()
        return allowed + _COUNTED[self.kind] + (threads_of_this_user() if shared else 0)

    def _environment(self, hash_seed: int) -> dict[str, str]:
        environment = {
            "LANG": "C.UTF-8",
            "LOGNAME": "sandbox",
            "MALLOC_ARENA_MAX": "2",  # each arena reserves address space, which is limited
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "PATH": "/usr/bin:/bin",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": str(hash_seed),
            "PYTHONUTF8": "1",
            "USER": "sandbox",
        }
        if self.runtime.libraries:
            environment["LD_LIBRARY_PATH"] = str(self.runtime.libraries)
        return environment


def room(job: Job) -> int:
    """Bytes in memory that a program's control group allows: its files may be there, and so may a copy of what
    it shares with others."""
    return job["memory_bytes"] + job["file_bytes"] + job["given_bytes"] + _SHARED_BYTES


def isolated_sandbox(kind: Tier, hierarchy: Hierarchy | None = None) -> IsolatedSandbox:
    """The sandbox of ``kind`` with the running interpreter's runtime; not yet known to work."""
    compileall.compile_dir(Path(__file__).parent / "inside", quiet=2)  # the launcher writes no bytecode
    return IsolatedSandbox(kind, this_runtime(), hierarchy)


def _counts_per_namespace() -> bool:
    """Since Linux 5.14 a user namespace has a process count of its own."""
    major, minor = os.uname().release.split(".")[:2]
    return (int(major), int("".join(filter(str.isdigit, minor)) or 0)) >= (5, 14)
