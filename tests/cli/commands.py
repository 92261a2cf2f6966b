"""Runs the real command, as a person would, in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

MODEL = {"PROPOUND_POLICY": "live"}
"""The language model that is bundled, as where nothing is set."""
PROGRAM = [sys.executable, "-P", "-m", "propound.cli"]


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment without settings of Propound, but for the data folder, a fast policy, and what is given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PROPOUND_")}
    return {
        **kept,
        "PROPOUND_HOME": str(home),
        "PROPOUND_POLICY": "scripted",
        "PYTHONUNBUFFERED": "1",
        **more,
    }


def propound(*words: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; its data folder is `.propound` below `folder`."""
    return subprocess.run(
        [*PROGRAM, *words],
        cwd=folder,
        env=environment(folder / ".propound", **more),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


@contextmanager
def running(*words: str, folder: Path, more: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """A command that runs beside the test, output and errors in one stream; killed if the test forgets it."""
    with subprocess.Popen(
        [*PROGRAM, *words],
        cwd=folder,
        env=environment(folder / ".propound", **(more or {})),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def read_until(process: subprocess.Popen[str], text: str) -> str:
    """Everything that the process writes up to the line that holds the text, or to its end."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if text in line:
            break
    return said
