"""What one execution may use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one execution; the program is stopped, or its request fails, when one is reached."""

    wall_s: float = 10.0
    """Seconds by the clock, counted from the program's first line to its end."""
    cpu_s: float = 10.0
    """Processor seconds of one process, rounded up to whole seconds."""
    memory_mb: int = 512
    """Address space of one process, in MiB. The interpreter itself needs about 30. Where control groups can be
    made, all processes together have this much memory too, besides `file_mb` and what they share."""
    processes: int = 1
    """1: the program may start threads but no processes. More: processes and threads together."""
    output_bytes: int = 65536
    """What is kept of each of the two output streams. A program that writes 64 times as much is stopped."""
    file_mb: int = 16
    """Size of the largest file, and of all files in the work directory together, in MiB."""
    open_files: int = 64
    """Open descriptors of one process, from 8 (the interpreter needs some) to 512."""

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if not getattr(self, name) > 0:
                raise ValueError(f"the limit {name} must be greater than 0, not {getattr(self, name)!r}")
        if not 8 <= self.open_files <= 512:
            raise ValueError(f"the limit open_files must be from 8 to 512, not {self.open_files}")
