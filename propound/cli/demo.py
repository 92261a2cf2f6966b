"""`propound demo`: from nothing to a file of verified problems, and nothing left behind but the file."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.rule import Rule

from propound.capabilities import installed, lacking
from propound.cli.output import console as standard_output
from propound.cli.output import plain, table
from propound.cli.progress import StalledJobError, duration, follow
from propound.client import Client
from propound.config import settings
from propound.embedded.redis import free_port
from propound.embedded.system import Plan, System, running
from propound.errors import PropoundError
from propound.job import JobRequest, JobState
from propound.models.configured import catalogue_of
from propound.problem import Mode
from propound.views import Funnel, Job

LONGEST_SAMPLE = 1_500
"""Most characters of a statement or an answer that a sample shows."""

GRACE_SECONDS = 5.0
"""For the shard in a worker's hands: nobody will miss the rest of a demo that was interrupted."""

PATIENCE_SECONDS = {Mode.PROCEDURAL: 180.0, Mode.OPEN: 3_600.0}
"""Without any news of the job before the demo gives up; an episode of a model on processors takes minutes."""

COUNTS = {Mode.PROCEDURAL: 100, Mode.OPEN: 3}
"""Problems, unless told otherwise."""


class DemoError(PropoundError):
    """The demo's job did not come to its end."""


def run(count: int | None, seed: int, out: Path | None, mode: str = Mode.PROCEDURAL) -> None:
    """Run the demo.

    Args:
        count: problems to make; None for as many as are soon made in the mode.
        seed: the same seed makes the same file.
        out: the file to write, or the folder to write it to; None for `exports`.
        mode: a `Mode`.

    Raises:
        typer.BadParameter: the mode needs a model, and none is configured.
        PropoundError: a process died, or the job failed.
    """
    request = JobRequest(count=count or COUNTS[Mode(mode)], seed=seed, mode=Mode(mode))
    for lack in lacking(request, [installed(settings())]):
        raise typer.BadParameter(lack.detail, param_hint="--mode")
    screen = standard_output()
    path = destination(out)
    began = time.monotonic()

    def report(step: str) -> None:
        screen.print(plain(f"[{time.monotonic() - began:5.1f} s] {step}"))

    plan = Plan(
        home=settings().home / "demo",
        host="127.0.0.1",
        port=free_port(),
        concurrency=settings().concurrency,
        durable=False,
        fresh=True,
        grace_seconds=GRACE_SECONDS,
        catalogue=settings().models,
        models=catalogue_of(settings()).local_models() if request.mode is Mode.OPEN else (),
    )
    with running(plan, report) as system:
        job = make_dataset(system, request, path, screen, report)
        report("Stopping everything")
    report("Stopped")
    show(screen, job, path)
    if job.state is not JobState.SUCCEEDED:
        raise DemoError(f"the job ended as {job.state}: {job.error or job.stop_reason or 'no reason given'}")


def make_dataset(
    system: System, request: JobRequest, path: Path, screen: Console, report: Callable[[str], None]
) -> Job:
    """Submit, watch, download: all over REST, as any user would."""
    if system.first_key is None:
        raise DemoError("the database of the demo is not new")
    with Client(system.url, system.first_key) as client:
        job = client.create_job(request, name="demo")
        report(f"Submitted {job.id}: {request.count} problems, seed {request.seed}")
        try:
            job = follow(client, job.id, screen, check=system.check, patience_seconds=PATIENCE_SECONDS[request.mode])
        except StalledJobError as error:
            raise DemoError(f"{error}.\n{system.worker_tail()}") from None
        size = client.export(job.dataset_id, path)
        report(f"Downloaded {size:,} bytes")
        return job


def destination(out: Path | None) -> Path:
    """Where the file goes; its folder is made.

    Raises:
        DemoError: it cannot be written there.
    """
    name = f"demo-{datetime.now().astimezone():%Y%m%d-%H%M%S}.jsonl"
    path = Path("exports") / name if out is None else out
    if out is not None and (out.is_dir() or out.suffix != ".jsonl"):
        path = out / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DemoError(f"cannot write to {path.parent}: {error.strerror}") from None
    return path


def show(screen: Console, job: Job, path: Path) -> None:
    """The funnel, what the dataset holds, a sample of each domain, and where the file is."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    screen.print()
    screen.print(funnel_table(job.funnel))
    screen.print()
    screen.print(contents_table(rows))
    for row in samples(rows):
        screen.print()
        screen.print(Rule(plain(f"{row['domain']}: {', '.join(row['skills'])}"), align="left"))
        screen.print(plain(row["question"], longest=LONGEST_SAMPLE))
        screen.print()
        screen.print(plain(f"Answer: {answer_text(row)}", longest=LONGEST_SAMPLE))
    screen.print(Rule())
    for line in job.trust.lines():
        screen.print(plain(line))
    seconds = (job.timestamps[job.state] - job.timestamps["running"]).total_seconds() if rows else 0.0
    screen.print(plain(f"{len(rows)} verified problems in {duration(seconds)}: {path}"), style="bold")


def funnel_table(funnel: Funnel) -> Any:
    """What became of every episode; the lines below the first add up to it.

    Raises:
        DemoError: they do not.
    """
    parts = {"accepted": funnel.accepted, "surplus": funnel.surplus, "pending": funnel.pending}
    parts = {name: count for name, count in parts.items() if count or name != "pending"}
    parts |= {f"rejected: {reason.replace('_', ' ')}": n for reason, n in sorted(funnel.rejections.items())}
    if funnel.proposed != sum(parts.values()):
        raise DemoError(f"the funnel does not reconcile: {funnel.proposed} proposed, but {parts}")
    return table(["episodes", "number"], [("proposed", funnel.proposed), *((f"  {k}", v) for k, v in parts.items())])


def contents_table(rows: list[dict[str, Any]]) -> Any:
    """Problems by domain and number of skills."""
    counts = Counter((str(row["domain"]), len(row["skills"])) for row in rows)
    domains = sorted({domain for domain, _ in counts})
    sizes = sorted({size for _, size in counts})
    header = ["domain", *(f"{size} skill{'s' if size > 1 else ''}" for size in sizes), "all"]
    body = [
        [domain, *(counts[domain, size] for size in sizes), sum(counts[domain, size] for size in sizes)]
        for domain in domains
    ]
    total = ["all", *(sum(counts[domain, size] for domain in domains) for size in sizes), len(rows)]
    return table(header, [*body, total])


def samples(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One problem of each domain: the first of two skills, or just the first."""
    chosen: dict[str, dict[str, Any]] = {}
    for row in rows:
        best = chosen.get(row["domain"])
        if best is None or (len(best["skills"]) != 2 and len(row["skills"]) == 2):
            chosen[row["domain"]] = row
    return [chosen[domain] for domain in sorted(chosen)]


def answer_text(row: dict[str, Any]) -> str:
    """The answer in one line, or a program below it."""
    answer = str(row["answer"])
    return f"\n{answer}" if "\n" in answer else answer
