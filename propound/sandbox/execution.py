"""The record of one execution: how it ended, and what it wrote."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ExecutionStatus(StrEnum):
    """How an execution ended. Only ``finished`` says anything about whether the program is right."""

    FINISHED = "finished"
    """The program ended by itself, whatever its exit code."""
    KILLED = "killed"
    """A limit or a signal ended it; ``reason`` is wall, cpu, memory, output, files or ``signal <name>``."""
    REFUSED = "refused"
    """It asked for something no program here may ask for; ``reason`` is the system call."""
    FAILED = "failed"
    """The sandbox failed, twice; the program is not to blame and may not even have started."""


@dataclass(frozen=True, slots=True)
class Execution:
    """What is known of one execution. Everything but the two streams comes from the kernel, not from the
    program."""

    status: ExecutionStatus
    exit_code: int | None
    """0 to 255 when finished, otherwise None."""
    reason: str
    """Empty when finished; otherwise the limit, the signal, the system call or what failed."""
    stdout: bytes
    stderr: bytes
    truncated: bool
    """More was written to a stream than ``Limits.output_bytes``; its beginning is kept."""
    wall_ms: float
    cpu_ms: float
    """Of all the program's processes."""
    max_rss_kb: int
    """Largest resident memory of any one process, in KiB."""

    @property
    def succeeded(self) -> bool:
        """The program ended by itself with exit code 0."""
        return self.status is ExecutionStatus.FINISHED and self.exit_code == 0
