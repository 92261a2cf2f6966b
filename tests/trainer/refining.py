"""Runs of MGPO on the groups of a file, and what they wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from propound.episodes import EpisodeRunner
from propound.policy.checkpoint import load_checkpoint
from propound.sandbox import open_sandbox
from propound.skills import default_library
from trainer.conditions import Conditions
from trainer.refine import Refined, refine
from trainer.settings import RefineSettings
from trainer.sources import FileSource

_TIMES = ("seconds", "sampling_seconds", "tokens_per_second")


def refine_file(folder: Path, out: Path, file: Path, settings: RefineSettings, **given: Any) -> Refined:
    """A run from the checkpoint in a folder; `given` as `refine` and its conditions take it."""
    conditions = Conditions(**{name: given.pop(name) for name in ("cancelled", "waits") if name in given})
    return refine(
        load_checkpoint(folder),
        settings,
        out,
        runner=EpisodeRunner(default_library(), open_sandbox()),
        source=FileSource(file),
        conditions=conditions,
        **given,
    )


def changed(settings: RefineSettings, **change: Any) -> RefineSettings:
    """The settings with others in their place, checked as ever."""
    return RefineSettings.model_validate({**settings.model_dump(), **change})


def metrics(out: Path, *without: str) -> list[dict[str, Any]]:
    """The figures of each step, but for times and those named."""
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key not in (*_TIMES, *without)} for line in lines]
