"""What a launcher's report means: pure, and the only place where an ending gets its name."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from math import ceil

from .draining import Outcome
from .execution import Execution, ExecutionStatus
from .limits import Limits
from .request import Report

_CPU_SIGNALS: Mapping[int, int] = {signal.SIGXCPU: 0, signal.SIGKILL: 1}
"""The kernel's two ways of saying that the processor time is used up, and how many seconds after the limit."""
_SAME_TIME = 0.7
"""The kernel counts ticks for limits and exact times for reports; on a busy machine they differ by a tenth."""
_NAMED: Mapping[int, str] = {
    signal.SIGXFSZ: "files",
    signal.SIGKILL: "memory",  # sent by nobody here, so by the kernel, which had no memory left
    signal.SIGSTKFLT: "memory",  # how the launcher ends a program that did not catch its MemoryError
}
_REFUSED = "refused "


def interpret(outcome: Outcome, limits: Limits, *, starved: bool = False) -> Execution:
    """The execution that ``outcome`` reports; ``starved``: the kernel has ended one of its processes because all
    together had too much memory."""
    report = outcome.report
    if "failed" in report:
        return failure(report["failed"])
    status, reason = _stopped(report["cause"], outcome) if report["cause"] else _ended(report, limits)
    if starved and status is not ExecutionStatus.REFUSED:
        status, reason = ExecutionStatus.KILLED, "memory"
    finished = status is ExecutionStatus.FINISHED
    return Execution(
        status=status,
        exit_code=os.WEXITSTATUS(report["status"]) if finished else None,
        reason=reason,
        stdout=bytes(outcome.stdout.kept),
        stderr=bytes(outcome.stderr.kept),
        truncated=any(stream.total > stream.most for stream in (outcome.stdout, outcome.stderr)),
        wall_ms=report["wall_ms"],
        cpu_ms=report["cpu_ms"],
        max_rss_kb=report["max_rss_kb"],
    )


def failure(reason: str) -> Execution:
    """An execution that the sandbox is to blame for."""
    return Execution(
        status=ExecutionStatus.FAILED,
        exit_code=None,
        reason=reason,
        stdout=b"",
        stderr=b"",
        truncated=False,
        wall_ms=0.0,
        cpu_ms=0.0,
        max_rss_kb=0,
    )


def _stopped(cause: str, outcome: Outcome) -> tuple[ExecutionStatus, str]:
    """The supervisor ended the program."""
    if cause.startswith(_REFUSED):
        return ExecutionStatus.REFUSED, cause.removeprefix(_REFUSED)
    if cause != "stopped":
        return ExecutionStatus.KILLED, cause
    return (ExecutionStatus.KILLED, "output") if outcome.flooded else (ExecutionStatus.FAILED, "stopped")


def _ended(report: Report, limits: Limits) -> tuple[ExecutionStatus, str]:
    """The program ended by itself, or the kernel ended it."""
    if os.WIFEXITED(report["status"]):
        return ExecutionStatus.FINISHED, ""
    ended_by = os.WTERMSIG(report["status"])
    if ended_by == signal.SIGSYS:
        return ExecutionStatus.REFUSED, "system call"
    late_s = _CPU_SIGNALS.get(ended_by)
    if late_s is not None and report["cpu_ms"] >= (ceil(limits.cpu_s) + late_s) * 1e3 * _SAME_TIME:
        return ExecutionStatus.KILLED, "cpu"
    return ExecutionStatus.KILLED, _NAMED.get(ended_by) or f"signal {_name(ended_by)}"


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
