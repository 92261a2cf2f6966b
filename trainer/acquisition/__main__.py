"""Skill acquisition (method section 3): packages and training lines from a folder of worked problems.

    propound train acquisition CORPUS OUT
    propound train acquisition CORPUS OUT --teacher model --samples 4

OUT gets `library/` (a folder per skill), `conversations.jsonl` (for `propound train sft`) and `decisions.jsonl` (every
candidate with its score, or why there was none); the same command goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from propound.config import settings
from propound.errors import PropoundError
from propound.models.configured import catalogue_of
from propound.models.purpose import Origin
from propound.models.registry import open_client, release_client
from propound.sandbox import SandboxUnavailable
from propound.skills.library import compile_toolkit
from trainer.acquisition.remote import RemoteTeacher
from trainer.acquisition.run import Run, Teacher, summary
from trainer.acquisition.score import Scorer
from trainer.acquisition.scripted import ScriptedTeacher

THRESHOLD = 0.4
"""tau_r; unspecified in the paper."""


def main(words: Sequence[str]) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="propound train acquisition", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("corpus", type=Path, help="folder of .md, .txt and .jsonl files")
    parser.add_argument("out", type=Path)
    parser.add_argument("--teacher", choices=("scripted", "model"), default="scripted")
    parser.add_argument(
        "--samples", type=int, default=1, help="candidates of an excerpt, with a teacher that varies"
    )
    parser.add_argument("--threshold", type=float, default=THRESHOLD, help="tau_r, from 0 to 1")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--no-pairs", action="store_true", help="do not prove skills in pairs with the library"
    )
    given = parser.parse_args(words)
    if not 0 <= given.threshold <= 1 or given.samples < 1:
        parser.error("--threshold is from 0 to 1, --samples at least 1")
    teacher: Teacher = ScriptedTeacher()
    if given.teacher == "model":
        origin = Origin(command=f"acquisition {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
        client = open_client(catalogue_of(settings()).teacher())
        teacher = RemoteTeacher(client, seed=given.seed, origin=origin)
    compile_toolkit()
    scorer = Scorer.open(pairs=not given.no_pairs)
    run = Run(given.corpus, given.out, teacher, scorer, threshold=given.threshold, samples=given.samples)
    try:
        for decision in run.decide():
            verdict = f"kept {decision.name}, r = {decision.total:.2f}" if decision.kept else decision.reason
            print(f"{decision.source}: {_plain(verdict)}", flush=True)
    finally:
        if isinstance(teacher, RemoteTeacher):
            release_client(teacher.client)
    print(json.dumps(summary(run.decisions)))


def _plain(text: str) -> str:
    """What a teacher wrote, harmless on a terminal."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)[:400]


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (PropoundError, SandboxUnavailable, ValueError) as error:
        raise SystemExit(str(error)) from None
