"""The sandbox of one tier: requests go to a fresh launcher, its report becomes an Execution."""

from __future__ import annotations

import compileall
import os
import signal
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from math import ceil
from pathlib import Path, PurePosixPath

from . import bubblewrap
from .child import Outcome, execute, interpreter_command
from .execution import Execution, ExecutionStatus
from .limits import Limits
from .protocol import NO_FILES, NO_LIMITS_GIVEN
from .request import Request
from .runtime import DEVICES, Runtime, exposed_paths, this_runtime
from .tier import Tier
from .users import spare_user, threads_of_this_user
from .workspace import workspace

_MIB = 1 << 20
_THREADS = 64
"""Threads of a program that may not start processes."""
_CPU_GRACE_S: Mapping[int, int] = {signal.SIGXCPU: 0, signal.SIGKILL: 1}
"""The kernel's two ways of saying that the processor time is used up, and how long after the limit."""
_CLOCK_MS = 20
_COUNTED = {Tier.BUBBLEWRAP: 1, Tier.NAMESPACES: 2, Tier.LANDLOCK: 1}
"""Launcher and supervisor, which count against the same user as the program when that is not a user of its own."""
_SCRATCH = "/tmp"  # noqa: S108 - in a file system of the program's own


@dataclass(frozen=True, slots=True)
class IsolatedSandbox:
    """Runs every program in a new, isolated process. Holds no state, so threads and forks may share it."""

    kind: Tier
    runtime: Runtime

    @property
    def tier(self) -> str:
        """Which isolation this is."""
        return self.kind.value

    def run(
        self,
        program: str,
        *,
        stdin: bytes = b"",
        files: Mapping[str, bytes] = NO_FILES,
        readable: Sequence[Path] = (),
        python_path: Sequence[Path] = (),
        limits: Limits = NO_LIMITS_GIVEN,
    ) -> Execution:
        """See `Sandbox.run`."""
        _check_names(files)
        for last in (False, True):
            execution = self._attempt(program, stdin, dict(files), readable, python_path, limits)
            if last or execution.status is not ExecutionStatus.FAILED:
                return execution
        raise AssertionError("unreachable")

    def _attempt(
        self,
        program: str,
        stdin: bytes,
        files: dict[str, bytes],
        readable: Sequence[Path],
        python_path: Sequence[Path],
        limits: Limits,
    ) -> Execution:
        exposed = exposed_paths([*self.runtime.folders, *readable, *python_path])
        import_path = [*python_path, *self.runtime.import_path, *self.runtime.packages]
        user = spare_user()
        command = interpreter_command(self.runtime)
        with workspace() if self.kind is Tier.LANDLOCK else nullcontext(_SCRATCH) as scratch:
            request: Request = {
                "tier": self.tier,
                "program": program,
                "files": files,
                "staging": tempfile.gettempdir(),
                "scratch": scratch,
                "exposed": exposed,
                "devices": [device for device in DEVICES if Path(device).exists()],
                "import_path": [os.path.abspath(path) for path in import_path],
                "environment": self._environment(),
                "user": user,
                "wall_s": float(limits.wall_s),
                "cpu_s": ceil(limits.cpu_s),
                "memory_bytes": limits.memory_mb * _MIB,
                "file_bytes": limits.file_mb * _MIB,
                "open_files": limits.open_files,
                "processes": limits.processes,
                "process_limit": self._process_limit(limits.processes, user),
            }
            if self.kind is Tier.BUBBLEWRAP:
                command = bubblewrap.wrapped(command, request)
            try:
                outcome = execute(command, request, stdin, limits.output_bytes)
            except OSError as error:
                return _failed(f"the launcher did not start: {error}")
        return interpret(outcome, limits)

    def _process_limit(self, processes: int, user: int | None) -> int:
        allowed = _THREADS if processes == 1 else processes
        if user is not None:
            return allowed
        others = threads_of_this_user() if self.kind is Tier.LANDLOCK or not _counts_per_namespace() else 0
        return allowed + _COUNTED[self.kind] + others

    def _environment(self) -> dict[str, str]:
        environment = {
            "LANG": "C.UTF-8",
            "LOGNAME": "sandbox",
            "MALLOC_ARENA_MAX": "2",  # each arena reserves address space, which is limited
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "PATH": "/usr/bin:/bin",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            "PYTHONUTF8": "1",
            "USER": "sandbox",
        }
        if self.runtime.libraries:
            environment["LD_LIBRARY_PATH"] = str(self.runtime.libraries)
        return environment


def isolated_sandbox(kind: Tier) -> IsolatedSandbox:
    """The sandbox of ``kind`` with the running interpreter's runtime; not yet known to work."""
    compileall.compile_dir(Path(__file__).parent / "inside", quiet=2)  # the launcher writes nothing, not even bytecode
    return IsolatedSandbox(kind, this_runtime())


def interpret(outcome: Outcome, limits: Limits) -> Execution:
    """What the launcher's report means."""
    report = outcome.report
    if "failed" in report:
        return _failed(report["failed"])
    status, exit_code, reason = _ending(report["status"], report["cause"], report["cpu_ms"], outcome.flooded, limits)
    return Execution(
        status=status,
        exit_code=exit_code,
        reason=reason,
        stdout=bytes(outcome.stdout.kept),
        stderr=bytes(outcome.stderr.kept),
        truncated=any(stream.total > stream.most for stream in (outcome.stdout, outcome.stderr)),
        wall_ms=report["wall_ms"],
        cpu_ms=report["cpu_ms"],
        max_rss_kb=report["max_rss_kb"],
    )


def _ending(
    wait_status: int, cause: str, cpu_ms: float, flooded: bool, limits: Limits
) -> tuple[ExecutionStatus, int | None, str]:
    if cause.startswith("refused "):
        return ExecutionStatus.REFUSED, None, cause.removeprefix("refused ")
    if cause == "stopped":
        return (ExecutionStatus.KILLED, None, "output") if flooded else (ExecutionStatus.FAILED, None, "stopped")
    if cause:
        return ExecutionStatus.KILLED, None, cause
    if os.WIFEXITED(wait_status):
        return ExecutionStatus.FINISHED, os.WEXITSTATUS(wait_status), ""
    ended_by = os.WTERMSIG(wait_status)
    if ended_by == signal.SIGSYS:
        return ExecutionStatus.REFUSED, None, "system call"
    grace_s = _CPU_GRACE_S.get(ended_by)
    if grace_s is not None and cpu_ms >= (ceil(limits.cpu_s) + grace_s) * 1e3 - _CLOCK_MS:
        return ExecutionStatus.KILLED, None, "cpu"
    if ended_by == signal.SIGXFSZ:
        return ExecutionStatus.KILLED, None, "files"
    if ended_by == signal.SIGKILL:  # nobody here sent it: the kernel, for want of memory, or the launcher for it
        return ExecutionStatus.KILLED, None, "memory"
    return ExecutionStatus.KILLED, None, f"signal {_name(ended_by)}"


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


def _failed(reason: str) -> Execution:
    return Execution(ExecutionStatus.FAILED, None, reason, b"", b"", truncated=False, wall_ms=0, cpu_ms=0, max_rss_kb=0)


def _check_names(files: Mapping[str, bytes]) -> None:
    for name in files:
        path = PurePosixPath(name)
        if not name or "\0" in name or path.is_absolute() or not path.parts or ".." in path.parts:
            raise ValueError(f"not a name in the work directory: {name!r}")


def _counts_per_namespace() -> bool:
    """Since Linux 5.14 a user namespace has a process count of its own."""
    major, minor = os.uname().release.split(".")[:2]
    return (int(major), int("".join(filter(str.isdigit, minor)) or 0)) >= (5, 14)
