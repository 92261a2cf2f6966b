"""`propound train`: the trainer, in a process of its own; this package names its modules as text only."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import Annotated

import typer

from propound.errors import PropoundError

app = typer.Typer(help="Train proposers.", no_args_is_help=True)

_OPEN = {"ignore_unknown_options": True, "allow_extra_args": True}


class NoTrainerError(PropoundError):
    """What training needs is not installed."""


@app.command(context_settings=_OPEN, add_help_option=False)
def sft(
    words: Annotated[list[str] | None, typer.Argument(help="DATA.jsonl OUT --minutes 60, and more.")] = None,
) -> None:
    """Warm start on conversations of a JSONL file; --help lists the options.

    Ends with the newest checkpoint in a folder of OUT; the same command continues a run that was stopped.
    """
    _become("trainer.sft", words or ["--help"])


@app.command(context_settings=_OPEN, add_help_option=False)
def mgpo(
    words: Annotated[list[str] | None, typer.Argument(help="--from CHECKPOINT --out OUT, and more.")] = None,
) -> None:
    """Refine a proposer on the rewards of its own episodes; --help lists the options.

    Ends with the checkpoint to take; the same command continues a run that was stopped.
    """
    _become("trainer.mgpo", words or ["--help"])


@app.command(context_settings=_OPEN, add_help_option=False)
def average(
    words: Annotated[list[str] | None, typer.Argument(help="CHECKPOINT CHECKPOINT --out OUT.")] = None,
) -> None:
    """Write the mean of several runs' weights as a checkpoint; --help lists the options."""
    _become("trainer.average", words or ["--help"])


@app.command(context_settings=_OPEN, add_help_option=False)
def gate(
    words: Annotated[list[str] | None, typer.Argument(help="CANDIDATE --live default, and more.")] = None,
) -> None:
    """Say whether a checkpoint may take the place of another one; --help lists the options."""
    _become("trainer.gate", words or ["--help"], needs_torch=False)


@app.command(context_settings=_OPEN, add_help_option=False)
def acquisition(
    words: Annotated[list[str] | None, typer.Argument(help="CORPUS OUT --candidates 4, and more.")] = None,
) -> None:
    """Let a model write skill cards of a folder of problems or raw text; --help lists the options.

    Needs a model in PROPOUND_MODELS, and no PyTorch. The same command continues a run that was stopped.
    """
    _become("trainer.acquisition", words or ["--help"], needs_torch=False)


def _become(module: str, words: list[str], *, needs_torch: bool = True) -> None:
    """Run a module of the trainer in place of this process.

    Raises:
        NoTrainerError: PyTorch is not installed.
    """
    if needs_torch and find_spec("torch") is None:
        raise NoTrainerError("training needs PyTorch: pip install 'propound[train]'")
    os.execv(sys.executable, [sys.executable, "-m", module, *words])  # noqa: S606  # no shell is meant
