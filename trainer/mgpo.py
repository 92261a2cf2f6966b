"""The command line of `trainer.refine`.

propound train mgpo --from weak --algorithm mgpo --steps 50 --out OUT
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from propound.config import settings as configured
from propound.errors import PropoundError
from propound.policy.checkpoint import load_checkpoint
from propound.policy.engines import EngineKind
from propound.sandbox import open_sandbox
from propound.sandbox.places import PlacedSandbox
from propound.skills import default_library
from propound.skills.library import compile_toolkit
from propound.trajectory import ActionKind
from trainer.loss import ALGORITHMS
from trainer.ranks import join
from trainer.refine import Refined, RefineSettings, accompany, refine
from trainer.sources import FileSource

_CHOICES = {
    "algorithm": "how rewards become gradients",
    "omega": "weight of the stage advantage",
    "steps": "updates",
    "minutes": "budget in time",
    "groups": "groups of a step",
    "group_size": "episodes of a group",
    "seed": "of every draw",
    "rate": "learning rate",
    "temperature": "of sampling",
    "minimum_skills": "fewest skills of a problem",
    "maximum_skills": "most skills of a problem",
    "level": "size of the numbers, 1 to 3",
    "mark": "steps between checkpoints",
    "evaluation": "held-out specs that a checkpoint is evaluated on; 0: none",
    "in_flight": "episodes at a time",
    "engine": "what samples, here or where the groups of the file were made",
    "lora": "train adapters of this rank, not the whole network",
}

_TOOLS = (ActionKind.READ, ActionKind.DRAW, ActionKind.CHECK, ActionKind.EDIT)
"""What can be withheld."""


def main(words: Sequence[str]) -> None:
    """Run, show a line per step, and say last where the checkpoint is."""
    parser = argparse.ArgumentParser(
        prog="propound train mgpo",
        description="Refine a proposer on rewards (method section 6)."
        " The same command goes on with a run that was stopped.",
    )
    parser.add_argument("--from", dest="base", default="weak", help="checkpoint folder or bundled name")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--groups", dest="file", type=Path, help="learn from the groups of this file alone")
    parser.add_argument("--json", action="store_true", help="a JSON line per step, and one at the end")
    parser.add_argument("--no-curriculum", dest="curriculum", action="store_false", help="draw all alike")
    parser.add_argument(
        "--skill",
        dest="skills",
        metavar="NAME",
        action="append",
        default=[],
        help="write problems of this skill; may be repeated (default: of all; `propound skills list` names them)",
    )
    parser.add_argument(
        "--without",
        dest="withheld",
        type=ActionKind,
        choices=_TOOLS,
        action="append",
        default=[],
        help="a tool that episodes do without; may be repeated",
    )
    defaults = RefineSettings()
    for name, meaning in _CHOICES.items():
        value = getattr(defaults, name)
        kind = type(value) if value is not None else {"lora": int}.get(name, float)
        choices = {"algorithm": tuple(ALGORITHMS), "engine": tuple(EngineKind)}.get(name)
        shown = "" if value is None else f" (default {value})"
        option = "groups-per-step" if name == "groups" else name.replace("_", "-")
        parser.add_argument(
            f"--{option}", dest=name, type=kind, default=value, choices=choices, help=meaning + shown
        )
    given = vars(parser.parse_args(words))
    base, out, file, as_json = (given.pop(key) for key in ("base", "out", "file", "json"))
    chosen = RefineSettings(**{**given, **{name: tuple(given[name]) for name in ("skills", "withheld")}})
    ranks = join()
    if not ranks.first:
        accompany(load_checkpoint(base), chosen, ranks)
        return
    compile_toolkit()
    refined = refine(
        load_checkpoint(base),
        chosen,
        out,
        library=default_library(),
        sandbox=PlacedSandbox(open_sandbox(configured().sandbox_tier)),
        source=FileSource(file) if file else None,
        observe=_print_json if as_json else _print,
        ranks=ranks,
    )
    _end(refined, as_json)


def _print_json(figures: dict[str, Any]) -> None:
    print(json.dumps(figures), flush=True)


def _print(figures: dict[str, Any]) -> None:
    loss = "not finite" if figures["loss"] is None else f"{figures['loss']:+.4f}"
    print(
        f"step {figures['step']}  reward {figures['reward']:.3f}  valid {figures['validity']:.1%}"
        f"  submitted {figures['submitted']:.1%}  kl {figures['kl']:.4f}  entropy {figures['entropy']:.3f}"
        f"  loss {loss}  {figures['seconds']:.0f} s",
        flush=True,
    )


def _end(refined: Refined, as_json: bool) -> None:
    if as_json:
        end = {
            "checkpoint": str(refined.folder),
            "reason": refined.reason,
            "detail": refined.detail,
            "steps": refined.steps,
            "evaluation": refined.figures,
        }
        print(json.dumps(end))
        return
    print(
        f"Ended after {refined.steps} steps: {refined.reason}{': ' if refined.detail else ''}{refined.detail}."
    )
    print(f"Checkpoint: {refined.folder}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (PropoundError, FileNotFoundError) as error:
        raise SystemExit(str(error)) from None
