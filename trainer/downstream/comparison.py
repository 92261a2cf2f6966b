"""Solvers that differ in what they learned from, and how they do: train, measure, report."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from propound.config import settings
from propound.policy.checkpoint import load_checkpoint, write_checkpoint
from propound.probing.prober import measure
from propound.probing.survey import Rates, Survey, survey
from propound.problem import Problem
from propound.promotion import lower_bound
from propound.record import Record
from propound.sandbox import Sandbox, open_sandbox
from propound.sandbox.places import PlacedSandbox
from propound.statistics import wilson
from trainer.batch import read_messages
from trainer.copying import draw_first_weights
from trainer.downstream.gym import constant
from trainer.network import Network, Shape
from trainer.processes import write_whole
from trainer.sft import TOKENIZER_SAMPLE, Settings, prepare, train
from trainer.tokenizer import train_tokenizer

NONE, ONE_SHOT, VERIFIED = "none", "one-shot", "verified"
CONFIDENCE = 0.975
"""Of each of the two bounds of a gain: an interval at 95 %."""


@dataclass(frozen=True)
class Budget:
    """What every solver gets alike."""

    tokens: int
    """Read in training, context included."""
    layers: int = 5
    vocabulary: int = 2048
    digits: int = 2
    """Digits of a token at most."""
    batch: int = 4096
    short: int = 300_000
    """Tokens of the course of short problems that the training starts with, at most an eighth of all."""
    seed: int = 0

    def settings(self) -> Settings:
        """Of a training run."""
        return Settings(
            tokens=self.tokens,
            batch=self.batch,
            short=min(self.short, self.tokens // 8),
            held_out=0,
            threads=1,
            mark_minutes=2.0,
            seed=self.seed,
        )


@dataclass(frozen=True)
class Exam:
    """What every solver is measured on."""

    held_out: tuple[Problem, ...]
    tasks: Mapping[str, tuple[Problem, ...]]
    """By task of reasoning-gym."""
    attempts: int
    """At each problem."""

    def digest(self) -> str:
        """Equal for equal exams."""
        asked = [self.held_out, *(self.tasks[task] for task in sorted(self.tasks))]
        texts = [[problem.content_digest() for problem in problems] for problems in asked]
        return hashlib.sha256(json.dumps([sorted(self.tasks), texts, self.attempts]).encode()).hexdigest()


class Score(Record):
    """One solver's."""

    solver: str
    """What it learned from."""
    seed: int | None
    """Of its training, if it was trained."""
    version: str
    exam: str
    """Digest of what it was measured on."""
    held_out: Survey
    solved: tuple[int, ...]
    """Attempts at each held-out problem that were right."""
    tasks: dict[str, Rates]
    """By task of reasoning-gym."""

    @property
    def pass_rates(self) -> tuple[float, ...]:
        """By held-out problem."""
        return tuple(solved / self.held_out.attempts for solved in self.solved)


class Gain(Record):
    """How much more often solvers are right on held-out problems than others, in shares of the attempts."""

    of: str
    over: str
    mean: float
    low: float
    high: float
    """Bounds at 95 % by a paired bootstrap over the problems, each with its mean over the seeds."""
    by_seed: tuple[float, ...]


class Report(Record):
    """The whole comparison."""

    corpus: dict[str, Any]
    scores: tuple[Score, ...]
    gains: tuple[Gain, ...]
    constants: dict[str, float]
    """By task: the pass rate of always giving its most frequent answer."""


def write_base(folder: Path, files: Sequence[Path], budget: Budget) -> None:
    """The checkpoint that all solvers begin as: random weights, and a tokenizer trained on as much of each file."""
    each = TOKENIZER_SAMPLE // len(files)
    texts = chain.from_iterable(
        (message["content"] for messages in islice(read_messages(file), each) for message in messages)
        for file in files
    )
    tokenizer = train_tokenizer(texts, budget.vocabulary, budget.digits)
    network = Network(Shape(tokenizer.get_vocab_size(), num_hidden_layers=budget.layers))
    draw_first_weights(network, torch.Generator().manual_seed(budget.seed))
    with write_checkpoint(
        folder, "solver", {"recipe": {"kind": "random weights", "seed": budget.seed}}
    ) as partial:
        network.write(partial, tokenizer)


def train_solver(base: Path, lines: Path, out: Path, budget: Budget) -> Path:
    """The base trained on a file; a run that was stopped goes on. The checkpoint's folder.

    Raises:
        DataError: the file cannot be read.
    """
    return train(prepare(lines, out, budget.settings(), base), "solver")


def score(name: str, seed: int | None, folder: Path, exam: Exam, sandbox: Sandbox) -> Score:
    """What a solver comes to in the exam."""

    def surveyed(problems: Sequence[Problem]) -> tuple[Survey, tuple[int, ...]]:
        probes = measure(str(folder), problems, sandbox, exam.attempts)
        return survey(list(zip(problems, probes, strict=True))), tuple(probe.solved for probe in probes)

    found, solved = surveyed(exam.held_out)
    return Score(
        solver=name,
        seed=seed,
        version=found.version,
        exam=exam.digest(),
        held_out=found,
        solved=solved,
        tasks={task: surveyed(problems)[0].all for task, problems in exam.tasks.items()},
    )


def train_and_score(out: Path, name: str, base: Path, budget: Budget, exam: Exam) -> Score:
    """One solver from its lines to its score, which `out` keeps: a call that was stopped goes on.

    Raises:
        DataError: the lines cannot be read.
        SandboxFailedError: the sandbox itself failed.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    torch.set_num_threads(1)
    seed = None if name == NONE else budget.seed
    run = out / (name if seed is None else f"{name}-{seed}")
    folder = base if seed is None else train_solver(base, lines_of(out, name), run, budget)
    path = run.with_suffix(".score.json")
    if path.exists():
        known = Score.model_validate_json(path.read_text())
        if known.exam == exam.digest() and known.version.startswith(load_checkpoint(folder).version):
            return known
    found = score(name, seed, folder, exam, PlacedSandbox(open_sandbox(settings().sandbox_tier)))
    write_whole(path, found.model_dump_json())
    return found


def lines_of(out: Path, name: str) -> Path:
    """What solvers of that name learn from: statements with programs."""
    return out / f"{name}-lessons.jsonl"


def gain(of: str, over: str, runs: Mapping[str, Sequence[Sequence[float]]], seed: int) -> Gain:
    """The difference of two kinds of solvers on the same problems.

    `runs` has the pass rates by problem of each seed, in the same order for both; the only run of a kind stands for
    every seed.
    """
    count = max(len(runs[of]), len(runs[over]))
    sides = [runs[each] if len(runs[each]) == count else [runs[each][0]] * count for each in (of, over)]
    by_seed = np.subtract(*(np.array(side, dtype=float) for side in sides))
    differences = list(by_seed.mean(axis=0))
    return Gain(
        of=of,
        over=over,
        mean=float(np.mean(differences)),
        low=lower_bound(differences, CONFIDENCE, seed),
        high=0.0 - lower_bound([-each for each in differences], CONFIDENCE, seed),
        by_seed=tuple(float(each) for each in by_seed.mean(axis=1)),
    )


def report(corpus: Mapping[str, Any], scores: Sequence[Score], exam: Exam, seed: int) -> Report:
    """The comparison of the solvers of each kind, in the order of their seeds."""
    runs = {
        name: [each.pass_rates for each in scores if each.solver == name]
        for name in (NONE, ONE_SHOT, VERIFIED)
    }
    return Report(
        corpus=dict(corpus),
        scores=tuple(scores),
        gains=(gain(VERIFIED, ONE_SHOT, runs, seed), gain(VERIFIED, NONE, runs, seed)),
        constants={task: constant(problems) for task, problems in exam.tasks.items()},
    )


def show(found: Report) -> str:
    """The report as Markdown."""
    tasks = list(found.constants)
    sizes = sorted({size for each in found.scores for size in each.held_out.by_skills})
    head = ["solver trained on", "held-out", "at 95 %", "solved at all", *map(_skills, sizes), *tasks]
    rows = [
        [
            each.solver if each.seed is None else f"{each.solver}, seed {each.seed}",
            _percent(each.held_out.all.pass_rate),
            _interval(each.held_out),
            _percent(each.held_out.all.solved),
            *(_percent(each.held_out.by_skills[size].pass_rate) for size in sizes),
            *(_percent(each.tasks[task].pass_rate) for task in tasks),
        ]
        for each in found.scores
    ]
    if tasks:
        blank = ["always the most frequent answer", *[""] * (3 + len(sizes))]
        rows.append([*blank, *(_percent(found.constants[task]) for task in tasks)])
    lines = [head, ["---"] * len(head), *rows]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    gains = "\n".join(
        f"{each.of} over {each.over}: {100 * each.mean:+.1f} points ({100 * each.low:+.1f} to {100 * each.high:+.1f});"
        f" by seed {', '.join(f'{100 * one:+.1f}' for one in each.by_seed)}"
        for each in found.gains
    )
    return f"{table}\n\n{gains}\n\n{json.dumps(found.corpus)}\n"


def _skills(size: int) -> str:
    return f"{size} skill{'s' if size > 1 else ''}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _interval(found: Survey) -> str:
    """Of the mean pass rate, as if problems were all attempted once: attempts at one problem are alike."""
    problems = found.all.problems
    low, high = wilson(problems, round(found.all.pass_rate * problems))
    return f"{100 * low:.0f} to {100 * high:.0f} %"
