"""Ids in paths. One that cannot exist is answered like one that does not: 404, before the database is asked."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from propound.storage.exports import ID_DIGITS
from propound.storage.ids import Prefix


def _pattern(prefix: Prefix) -> str:
    return rf"^{prefix}_[0-9a-z]{{26}}$"


def _example(prefix: Prefix) -> str:
    return f"{prefix}_01jqz3m8v5r2k9x7w4t6y0b1cd"


JobId = Annotated[str, Path(pattern=_pattern(Prefix.JOB), examples=[_example(Prefix.JOB)])]
KeyId = Annotated[str, Path(pattern=_pattern(Prefix.KEY), examples=[_example(Prefix.KEY)])]
DatasetId = Annotated[str, Path(pattern=_pattern(Prefix.DATASET), examples=[_example(Prefix.DATASET)])]
ProblemId = Annotated[
    str,
    Path(
        pattern=rf"^{Prefix.PROBLEM}_([0-9a-z]{{26}}|[0-9a-f]{{{ID_DIGITS}}})$",
        description="Its own id, or the `id` that its row has in an export.",
        examples=[_example(Prefix.PROBLEM)],
    ),
]
TrajectoryId = Annotated[
    str, Path(pattern=_pattern(Prefix.TRAJECTORY), examples=[_example(Prefix.TRAJECTORY)])
]
BenchmarkId = Annotated[str, Path(pattern=_pattern(Prefix.BENCHMARK), examples=[_example(Prefix.BENCHMARK)])]
TrainingId = Annotated[str, Path(pattern=_pattern(Prefix.TRAINING), examples=[_example(Prefix.TRAINING)])]
VerificationId = Annotated[
    str, Path(pattern=_pattern(Prefix.VERIFICATION), examples=[_example(Prefix.VERIFICATION)])
]
ScheduleId = Annotated[str, Path(pattern=_pattern(Prefix.SCHEDULE), examples=[_example(Prefix.SCHEDULE)])]
Version = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$", examples=["0f3a5c7e9b1d2846"])]
SKILL_NAME = r"^[a-z0-9]+(-[a-z0-9]+)*$"
SkillName = Annotated[str, Path(pattern=SKILL_NAME, max_length=64, examples=["modular-power"])]
