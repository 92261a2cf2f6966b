"""Identifiers: a prefix that says what it names, then 26 characters that sort by the time of their making."""

from __future__ import annotations

import secrets
import time
from enum import StrEnum

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class Prefix(StrEnum):
    """What an id names."""

    JOB = "job"
    KEY = "key"
    DATASET = "ds"
    PROBLEM = "prob"
    TRAJECTORY = "traj"
    BENCHMARK = "bench"
    TRAINING = "train"
    SCHEDULE = "sched"
    VERIFICATION = "ver"


def new_id(prefix: Prefix) -> str:
    """A fresh id: 48 bits of milliseconds and 80 random bits, in base 32."""
    number = (time.time_ns() // 1_000_000 << 80) | secrets.randbits(80)
    digits = [_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5)]
    return f"{prefix}_{''.join(digits)}"
