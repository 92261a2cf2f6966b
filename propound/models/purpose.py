"""What a request to a model is for: whose work, which of its episodes, in which role and at which place."""

from __future__ import annotations

import hashlib
from enum import StrEnum

from propound.record import Record

SEEDS = 2**31
"""Seeds are smaller than this: some servers keep them in 32 bits."""


class Role(StrEnum):
    """What a model does for us."""

    PROPOSER = "proposer"
    SOLVER = "solver"
    JUDGE = "judge"
    AUDITOR = "auditor"
    PROBER = "prober"
    TEACHER = "teacher"
    CORRESPONDENT = "correspondent"
    """Answers a person who asks by hand."""


class Origin(Record):
    """Whose work it is: a job's, or a command's; both are None for what nobody accounts for."""

    job: str | None = None
    """A job's id."""
    command: str | None = None
    """A run of a command, as `evaluate 2026-12-01T09:30:00Z`."""
    spec: int = 0
    """Index of the spec within the job or run."""


NOBODY = Origin()
"""Work that nobody accounts for."""


class Purpose(Record):
    """What one request is for. Equal purposes with equal messages are the same request: it is paid once."""

    origin: Origin
    member: int = 0
    """Of the group of episodes that one spec has."""
    role: Role
    turn: int = 0
    """Of the conversation."""
    attempt: int = 0
    """At the same thing by the same model; not a repetition after a failure."""
    part: str = ""
    """Tells apart what one role asks at one place, as the name of a judge's part."""


def seed_of(*parts: str) -> int:
    """A seed that follows from the parts, as every server takes it: 31 bits."""
    return int.from_bytes(hashlib.sha256(":".join(parts).encode()).digest()[:8]) % SEEDS
