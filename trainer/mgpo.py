"""The command line of `trainer.refine`.

propound train mgpo --from weak --algorithm mgpo --steps 50 --out OUT
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from propound.cli.accounting import accounted
from propound.config import settings as configured
from propound.episodes import open_runner
from propound.errors import PropoundError
from propound.policy.checkpoint import load_checkpoint
from propound.refinement import Refinement, StopRule, stop_rule
from trainer.conditions import Conditions
from trainer.ranks import join
from trainer.refine import Refined, accompany, refine
from trainer.settings import RefineSettings
from trainer.sources import FileSource

OPTIONS = {
    "groups": "--groups-per-step",
    "skills": "--skill",
    "curriculum": "--no-curriculum",
}
"""Options that are not called as their field is."""
HELP = {"curriculum": "Draw all categories alike, however well the run does in them."}


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
    add_options(parser, Refinement)
    add_options(parser, RefineSettings, only=("max_steps", "in_flight", "engine"))
    given = vars(parser.parse_args(words))
    base, out, file, as_json = (given.pop(key) for key in ("base", "out", "file", "json"))
    try:
        chosen = RefineSettings.model_validate(
            {name: value for name, value in given.items() if value not in (None, [])}
        )
    except ValidationError as error:
        parser.error("; ".join(complaint(each) for each in error.errors()))
    ranks = join()
    if not ranks.first:
        accompany(load_checkpoint(base), chosen, ranks)
        return
    with (
        accounted("train mgpo") as origin,
        closing(open_runner(configured(), threads=chosen.in_flight)) as runner,
    ):
        refined = refine(
            load_checkpoint(base),
            chosen,
            out,
            runner=runner,
            source=FileSource(file) if file else None,
            observe=_print_json if as_json else _print,
            conditions=Conditions(waits=_say, origin=origin),
            ranks=ranks,
        )
    _end(refined, as_json)


def add_options(parser: argparse.ArgumentParser, record: type[Refinement], only: Sequence[str] = ()) -> None:
    """An option for each field of the record, or for those named; what is not given keeps the record's default."""
    for name in only or record.model_fields:
        field = record.model_fields[name]
        parser.add_argument(
            OPTIONS.get(name, f"--{name.replace('_', '-')}"),
            dest=name,
            help=HELP.get(name, f"{field.description}{_default(field.default)}"),
            **_reading(name, field.default),
        )


def _default(value: Any) -> str:
    told = value is not None and value != () and not isinstance(value, bool)
    return f" Default: {value}." if told else ""


def _reading(name: str, default: Any) -> dict[str, Any]:
    """How an option is read."""
    if name == "stop":
        return {"action": "append", "type": _rule, "default": [], "metavar": "RULE"}
    if isinstance(default, tuple):
        return {"action": "append", "default": [], "metavar": "NAME"}
    if default is True:
        return {"action": "store_const", "const": False, "default": None}
    if isinstance(default, str):
        return {"metavar": "WORD", "default": None}
    return {"metavar": "N", "default": None, "type": _number}


def _number(text: str) -> float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _rule(text: str) -> StopRule:
    try:
        return stop_rule(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def complaint(error: Mapping[str, Any]) -> str:
    """What pydantic has against an option, in words."""
    message = str(error["msg"]).removeprefix("Value error, ")
    if not error["loc"]:
        return message
    name = str(error["loc"][0])
    return f"{OPTIONS.get(name, '--' + name.replace('_', '-'))}: {message}"


def _say(waiting_for: str | None) -> None:
    print("going on" if waiting_for is None else f"waiting for: {waiting_for}", file=sys.stderr, flush=True)


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
