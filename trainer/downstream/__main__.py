"""`python -m trainer.downstream OUT`: problems, trainings, measurements, one table.

What is already in OUT is taken as it is, so that a stopped run goes on. An export of a job, put there as
`verified.jsonl`, takes the place of the problems that would be accepted here.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import as_completed
from pathlib import Path
from typing import Any

from propound.config import settings
from propound.domain import Domain
from propound.episode import Episode
from propound.episodes import EpisodeRunner
from propound.errors import PropoundError
from propound.evaluation import SEEDS_FROM
from propound.job import JobRequest
from propound.policy.opening import open_policy
from propound.problem import Problem
from propound.sandbox import Sandbox, open_sandbox
from propound.sandbox.places import PlacedSandbox
from propound.skills import Library, default_library
from propound.skills.library import compile_toolkit
from propound.solving.solver import solver_folder
from trainer.downstream.comparison import (
    NONE,
    ONE_SHOT,
    VERIFIED,
    Budget,
    Exam,
    Report,
    lines_of,
    report,
    show,
    train_and_score,
    write_base,
)
from trainer.downstream.corpus import CorpusError, attempts, gather, held_out, read_rows, write_rows
from trainer.downstream.gym import TASKS, gym_problems
from trainer.downstream.lesson import lessons
from trainer.processes import side_by_side, write_whole

HELD_OUT = "held-out"
SETTINGS = "settings.json"
RANDOM = "random"
TOLD_EVERY = 500
"""Episodes."""


def run(given: argparse.Namespace) -> Report:
    """Everything that OUT does not hold yet.

    Raises:
        PropoundError: no such policy or base, too few problems, no reasoning-gym, no isolation on this machine, or OUT
            was begun with other settings.
    """
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"[{(time.monotonic() - began) / 60:5.1f} min] {text}", flush=True)

    out: Path = given.out
    base = out / NONE if given.base == RANDOM else solver_folder(given.base)
    out.mkdir(parents=True, exist_ok=True)
    _check_settings(given)
    compile_toolkit()
    library = default_library()
    sandbox = PlacedSandbox(open_sandbox(settings().sandbox_tier))
    tasks = {task: tuple(gym_problems(task, given.tasks, given.seed)) for task in TASKS if given.tasks}
    problems = _problems(given, library, sandbox, say)
    write_whole(out / SETTINGS, json.dumps(_settled(given)) + "\n")
    say(f"{given.count} problems of each kind: {_figures(out)}")
    for name in (ONE_SHOT, VERIFIED):
        _write_lessons(out, name, problems[name], library, sandbox)
    budgets = [
        Budget(tokens=int(given.tokens), layers=given.layers, batch=given.batch, seed=given.seed + number)
        for number in range(given.seeds)
    ]
    if given.base == RANDOM and not base.exists():
        write_base(base, [lines_of(out, name) for name in (ONE_SHOT, VERIFIED)], budgets[0])
    exam = Exam(tuple(problems[HELD_OUT]), tasks, given.attempts)
    with side_by_side(given.processes) as pool:
        runs = [pool.submit(train_and_score, out, NONE, base, budgets[0], exam)]
        runs += [
            pool.submit(train_and_score, out, name, base, budget, exam)
            for budget in budgets
            for name in (ONE_SHOT, VERIFIED)
        ]
        for done in as_completed(runs):
            found = done.result()
            seed = "" if found.seed is None else f", seed {found.seed}"
            say(
                f"{found.solver}{seed}: {found.held_out.all.pass_rate:.1%} of the attempts at held-out problems right"
            )
    return report(_figures(out), [run.result() for run in runs], exam, given.seed)


def _check_settings(given: argparse.Namespace) -> None:
    """See that OUT holds nothing that was made with other settings.

    Raises:
        CorpusError: it does.
    """
    path, wanted = given.out / SETTINGS, _settled(given)
    known = json.loads(path.read_text()) if path.exists() else wanted
    differ = [f"{name} {known.get(name)}" for name in wanted if known.get(name) != wanted[name]]
    if differ:
        raise CorpusError(
            f"{given.out} was begun with other settings ({', '.join(differ)}): give those or another folder"
        )


def _settled(given: argparse.Namespace) -> dict[str, Any]:
    """The settings that everything in OUT is made with; the others may change from call to call."""
    free = {"out", "seeds", "processes", "in_flight", "attempts", "tasks"}
    return {name: value for name, value in vars(given).items() if name not in free}


def _problems(
    given: argparse.Namespace, library: Library, sandbox: Sandbox, say: Callable[[str], None]
) -> dict[str, list[Problem]]:
    """Problems by what they are for, from OUT or newly made."""
    paths = {name: given.out / f"{name}.jsonl" for name in (VERIFIED, ONE_SHOT, HELD_OUT)}
    request = JobRequest(
        count=1,
        seed=given.seed,
        maximum_skills=given.skills,
        domains=tuple(Domain(each) for each in given.domains),
    )
    if not all(path.exists() for path in paths.values()):
        with open_policy(given.policy, library, temperature=given.temperature) as policy:

            def episodes(request: JobRequest) -> Iterator[Episode]:
                runner = EpisodeRunner(library, sandbox, policy, settings().max_steps)
                made = attempts(runner, request, in_flight=given.in_flight)
                for number, attempt in enumerate(made, 1):
                    yield attempt
                    if number % TOLD_EVERY == 0:
                        say(f"{number} episodes")

            if not (paths[VERIFIED].exists() and paths[ONE_SHOT].exists()):
                corpus = gather(episodes(request), given.count, library)
                figures = {
                    "policy": policy.name,
                    "policy_version": policy.version,
                    "episodes": corpus.episodes,
                    "one_shot_accepted_unchanged": corpus.unchanged / given.count,
                }
                (given.out / "corpus.json").write_text(json.dumps(figures) + "\n")
                for name, made in ((VERIFIED, corpus.verified), (ONE_SHOT, corpus.one_shot)):
                    if not paths[name].exists():
                        write_rows(paths[name], made)
            known = [problem for name in (VERIFIED, ONE_SHOT) for problem in read_rows(paths[name])]
            unseen = request.model_copy(update={"seed": SEEDS_FROM + given.seed})
            if not paths[HELD_OUT].exists():
                write_rows(paths[HELD_OUT], held_out(episodes(unseen), given.held_out, known))
    sizes = {VERIFIED: given.count, ONE_SHOT: given.count, HELD_OUT: given.held_out}
    found = {name: read_rows(path) for name, path in paths.items()}
    for name, problems in found.items():
        if len(problems) < sizes[name]:
            raise CorpusError(f"{paths[name]} holds {len(problems)} of {sizes[name]} problems")
    return {name: problems[: sizes[name]] for name, problems in found.items()}


def _write_lessons(
    out: Path, name: str, problems: Sequence[Problem], library: Library, sandbox: Sandbox
) -> None:
    path = lines_of(out, name)
    if path.exists():
        return
    partial = path.with_suffix(".partial")
    with partial.open("w", encoding="utf-8") as file:
        for line in lessons(problems, library, sandbox):
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    partial.replace(path)


def _figures(out: Path) -> dict[str, Any]:
    path = out / "corpus.json"
    figures: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return figures


def main(words: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m trainer.downstream", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=10_000, help="problems that each solver learns from")
    parser.add_argument("--tokens", type=float, default=4e6, help="that each solver reads")
    parser.add_argument("--held-out", type=int, default=600, help="held-out problems")
    parser.add_argument(
        "--tasks", type=int, default=40, help="problems of each task of reasoning-gym; 0: none"
    )
    parser.add_argument("--attempts", type=int, default=4, help="at each problem")
    parser.add_argument("--skills", type=int, default=4, help="most skills of a problem")
    parser.add_argument("--domains", nargs="+", choices=list(Domain), default=list(Domain))
    parser.add_argument("--policy", default="scripted", help="who writes the problems")
    parser.add_argument("--temperature", type=float, default=0.7, help="of a policy that is a language model")
    parser.add_argument("--in-flight", type=int, default=8, help="episodes at a time")
    parser.add_argument(
        "--base",
        default="novice",
        metavar="SOLVER",
        help=f"that all begin as: one that comes with the package, a checkpoint's folder, or {RANDOM}: random weights",
    )
    parser.add_argument("--layers", type=int, default=Budget.layers, help="of random weights")
    parser.add_argument("--batch", type=int, default=Budget.batch, help="tokens of a training step")
    parser.add_argument(
        "--seed", type=int, default=0, help="of problems, and of the first training of each kind"
    )
    parser.add_argument("--seeds", type=int, default=1, help="trainings of each kind, with seeds in a row")
    parser.add_argument("--processes", type=int, default=2, help="solvers at a time, with one thread each")
    given = parser.parse_args(words)
    if min(given.count, given.held_out, given.attempts, given.seeds, given.processes) < 1:
        parser.error("--count, --held-out, --attempts, --seeds and --processes are 1 at least")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    found = run(given)
    (given.out / "report.json").write_text(found.model_dump_json(indent=1) + "\n")
    (given.out / "report.md").write_text(show(found))
    print(show(found), end="")


if __name__ == "__main__":
    try:
        main()
    except (PropoundError, FileNotFoundError) as error:
        raise SystemExit(str(error)) from None
