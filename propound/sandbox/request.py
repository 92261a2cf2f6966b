"""What the service's side tells the isolated side: one message, written once, read before anything is
isolated."""

from __future__ import annotations

from typing import TypedDict


class Job(TypedDict):
    """What one program may use. All fields are plain values, because messages travel as ``marshal``."""

    scratch: str
    """The writable folder; the work directory is ``work`` in it."""
    given_bytes: int
    """Size of the program's files together."""
    user: int | None
    """The unprivileged user to become; None when this process is unprivileged already."""
    wall_s: float
    cpu_s: int
    memory_bytes: int
    file_bytes: int
    open_files: int
    processes: int
    process_limit: int
    """RLIMIT_NPROC: ``processes`` plus what else is counted against the same user."""


class Request(Job):
    """One program, and the machine that it sees."""

    tier: str
    program: str
    files: dict[str, bytes]
    """Relative path to content, for the work directory."""
    staging: str
    """An existing folder that a new root may be mounted on (in a private mount namespace)."""
    exposed: list[tuple[str, str]]
    """(path in the sandbox, real path on the host) of what may be read."""
    devices: list[str]
    import_path: list[str]
    environment: dict[str, str]


class Warming(TypedDict):
    """What a zygote is told once."""

    request: Request
    """The machine that all its programs see; the rest comes with each `Job`."""
    modules: list[tuple[list[str], list[str]]]
    """Search path, and the names to import from it: trusted code only."""


class Report(TypedDict, total=False):
    """What the isolated side's trusted half answers; either ``failed`` alone or all the others."""

    failed: str
    status: int
    """As from wait4."""
    cause: str
    """Why the program was stopped: empty, ``wall``, ``files``, ``stopped`` or ``refused <system call>``."""
    wall_ms: float
    cpu_ms: float
    max_rss_kb: int
