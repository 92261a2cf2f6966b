"""`propound bench`: what one worker sustains, where the time of an episode goes, and the service under load."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from propound.cli import bench_service
from propound.cli.demo import make_dataset
from propound.cli.output import console, plain, print_json, table
from propound.config import settings
from propound.curriculum import draw_spec
from propound.embedded.redis import free_port
from propound.embedded.system import Plan, System, running
from propound.episodes import EpisodeRunner
from propound.job import JobRequest
from propound.policy.teacher import Teacher
from propound.sandbox import Execution, Program, Sandbox, open_sandbox
from propound.skills import default_library
from propound.views import Job

MOST_EPISODES = 120
"""Most episodes whose stages are timed, one after the other in this process."""


@dataclass(frozen=True)
class Stage:
    """What a part of an episode costs."""

    name: str
    milliseconds: float
    """Mean over the episodes, by the clock."""
    sandbox_milliseconds: float
    """How much of it was spent in the sandbox."""
    sandbox_runs: float
    """Programs run, per episode."""


@dataclass(frozen=True)
class Throughput:
    """One job, end to end: API, worker, sandbox, database."""

    problems: int
    episodes: int
    seconds: float
    """From the first claimed shard to the last settled one."""
    problems_per_second: float
    episodes_per_second: float
    worker_processes: int


class Stopwatch:
    """Adds up the time of named stages; it is also a sandbox, which adds itself to the stage that uses it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._stage = ""
        self.spent: Counter[str] = Counter()
        self.inside: Counter[str] = Counter()
        self.runs: Counter[str] = Counter()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """The block is the stage of this name."""
        self._stage = name
        began = time.perf_counter_ns()
        yield
        self.spent[name] += time.perf_counter_ns() - began

    @property
    def tier(self) -> str:
        """Of the sandbox that is timed."""
        return self._sandbox.tier

    def run(self, program: Program) -> Execution:
        """Run the program, timed."""
        began = time.perf_counter_ns()
        execution = self._sandbox.run(program)
        self.inside[self._stage] += time.perf_counter_ns() - began
        self.runs[self._stage] += 1
        return execution


def run(count: int, seed: int, *, service_only: bool, as_json: bool) -> None:
    """Time the stages, then a whole job, then the service.

    Raises:
        PropoundError: this machine cannot isolate programs, or a process died.
    """
    request = JobRequest(count=count, seed=seed)
    screen = console(to_error=as_json)
    found = {} if service_only else _episodes(request, screen, count, as_json=as_json)
    with _system(screen) as (system, report):
        service = bench_service.measure(system, report)
    if as_json:
        print_json({**found, "service": asdict(service)})
        return
    screen.print()
    screen.print(table(["the service", "small", "large", "ratio"], bench_service.rows_of(service)))


def _episodes(request: JobRequest, screen: Console, count: int, *, as_json: bool) -> dict[str, Any]:
    """The cost of episodes, shown at once unless all is to be JSON."""
    episodes = min(count, MOST_EPISODES)
    screen.print(plain(f"Timing the stages of {episodes} episodes"))
    stages = time_stages(request, episodes)
    throughput = measure(request, screen)
    found = {"stages": [asdict(stage) for stage in stages], "throughput": asdict(throughput)}
    if as_json:
        return found
    rows = [
        (
            stage.name,
            round(stage.milliseconds, 2),
            round(stage.sandbox_milliseconds, 2),
            round(stage.sandbox_runs, 2),
        )
        for stage in stages
    ]
    screen.print()
    screen.print(table(["stage of an episode", "ms", "of it in the sandbox", "programs run"], rows))
    screen.print()
    screen.print(plain(summary(throughput)), style="bold")
    return found


def time_stages(request: JobRequest, episodes: int) -> list[Stage]:
    """The cost of each stage, over the first episodes of the request."""
    library = default_library()
    watch = Stopwatch(open_sandbox(settings().sandbox_tier))
    runner = EpisodeRunner(library, watch, Teacher(library), settings().max_steps)
    for number in range(episodes):
        index, member = divmod(number, request.group_size)
        with watch.stage("draw the spec"):
            spec = draw_spec(request, library, index)
        runner.run(spec, member, stage=watch.stage)
    return [
        Stage(
            name,
            spent / episodes / 1e6,
            watch.inside[name] / episodes / 1e6,
            watch.runs[name] / episodes,
        )
        for name, spent in watch.spent.items()
    ]


def measure(request: JobRequest, screen: Console) -> Throughput:
    """Run a job on a system of its own."""
    with _system(screen) as (system, report):
        job = make_dataset(system, request, system.home / "bench.jsonl", screen, report)
        return throughput_of(job, system.plan.concurrency)


@contextmanager
def _system(screen: Console) -> Iterator[tuple[System, Callable[[str], None]]]:
    """A system in a folder that is deleted afterwards, and how to say what happens."""

    def report(step: str) -> None:
        screen.print(plain(step))

    with tempfile.TemporaryDirectory(prefix="propound-bench-") as folder:
        plan = Plan(
            home=Path(folder),
            host="127.0.0.1",
            port=free_port(),
            concurrency=settings().concurrency,
            durable=False,
            grace_seconds=5.0,
        )
        with running(plan, report) as system:
            yield system, report


def throughput_of(job: Job, processes: int) -> Throughput:
    """What a finished job says about the speed."""
    seconds = (job.timestamps[job.state] - job.timestamps["running"]).total_seconds()
    return Throughput(
        problems=job.funnel.accepted,
        episodes=job.funnel.proposed,
        seconds=seconds,
        problems_per_second=job.funnel.accepted / seconds,
        episodes_per_second=job.funnel.proposed / seconds,
        worker_processes=processes,
    )


def summary(throughput: Throughput) -> str:
    """One sentence."""
    return (
        f"One worker with {throughput.worker_processes} processes: "
        f"{throughput.problems_per_second:.1f} problems/s, {throughput.episodes_per_second:.1f} episodes/s "
        f"({throughput.problems} problems of {throughput.episodes} episodes in {throughput.seconds:.1f} s)"
    )
