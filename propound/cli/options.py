"""Options that many commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class DomainName(StrEnum):
    """The names of `propound.problem.Domain`, which is too heavy to import for a help text; a test compares."""

    MATHEMATICS = "mathematics"
    CODING = "coding"
    SCIENCE = "science"


class ModeName(StrEnum):
    """The names of `propound.problem.Mode`, likewise."""

    PROCEDURAL = "procedural"
    OPEN = "open"


class ToolName(StrEnum):
    """The tools that `propound evaluate` can withhold (`propound.trajectory.ActionKind`)."""

    READ = "read_skill"
    DRAW = "draw"
    CHECK = "check"
    EDIT = "edit_skills"


Url = Annotated[
    str | None,
    typer.Option("--url", envvar="PROPOUND_URL", help="Address of the API; default: the one of `propound up`."),
]
Key = Annotated[
    str | None,
    typer.Option(
        "--key", envvar="PROPOUND_API_KEY", help="An API key; default: the one that `propound up` made here."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
OutFile = Annotated[Path | None, typer.Option("--out", "-o", help="File to write the problems to, as JSON lines.")]
JobId = Annotated[str, typer.Argument(metavar="JOB", help="Id of a job, job_...")]
DatasetId = Annotated[str, typer.Argument(metavar="DATASET", help="Id of a dataset, ds_...")]
