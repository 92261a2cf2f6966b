"""A job as it runs: a bar, rate, time left and the funnel; on a terminal it moves, elsewhere it is lines."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from propound.cli.output import plain
from propound.client import Client
from propound.errors import PropoundError
from propound.views import Funnel, Job

TICK_SECONDS = 0.2
"""How often `check` runs, and the most often that the job is looked at."""

LINE_SECONDS = 2.0
"""Between two lines where there is no terminal."""


class StalledJobError(PropoundError):
    """A job that is watched with limited patience has not moved."""


class Display(Protocol):
    """Shows how a job stands."""

    def show(self, job: Job, *, last: bool) -> None:
        """Show it; `last` when it has ended."""


class LiveDisplay:
    """A few lines of a terminal, drawn over and over."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def show(self, job: Job, *, last: bool) -> None:  # noqa: ARG002  # part of the protocol
        """Draw the job."""
        self._live.update(picture(job), refresh=True)


class LineDisplay:
    """A line now and then, for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._next = 0.0
        self._said = ""

    def show(self, job: Job, *, last: bool) -> None:
        """Write a line, if something is new and the last one is old enough."""
        line = f"{headline(job)}; {funnel_line(job.funnel)}"
        if line != self._said and (last or time.monotonic() >= self._next):
            self._console.print(plain(line))
            self._said = line
            self._next = time.monotonic() + LINE_SECONDS


def follow(
    client: Client,
    job_id: str,
    console: Console,
    *,
    check: Callable[[], None] = lambda: None,
    patience_seconds: float = math.inf,
) -> Job:
    """Show a job until it has ended; `check` runs all the while and may raise to end the wait.

    Raises:
        StalledJobError: nothing has happened to the job for `patience_seconds`.
        PropoundError: the API refuses or stays away, or whatever `check` raises.
    """
    if not console.is_terminal:
        return _watch(client, job_id, check, patience_seconds, LineDisplay(console))
    with Live(console=console, auto_refresh=False, transient=False) as live:
        return _watch(client, job_id, check, patience_seconds, LiveDisplay(live))


def _watch(
    client: Client, job_id: str, check: Callable[[], None], patience_seconds: float, display: Display
) -> Job:
    """The stream of events is read by a thread, so that this one notices signals and dead processes at once."""
    news: queue.SimpleQueue[PropoundError | None] = queue.SimpleQueue()
    ended = threading.Event()

    def listen() -> None:
        try:
            with client.another() as listener:
                for _ in listener.events(job_id):
                    news.put(None)
        except PropoundError as error:
            news.put(error)
        finally:
            ended.set()

    threading.Thread(target=listen, name=f"events of {job_id}", daemon=True).start()
    job = client.job(job_id)
    display.show(job, last=job.state.is_final)
    moved = time.monotonic()
    while not job.state.is_final:
        check()
        if time.monotonic() - moved > patience_seconds:
            raise StalledJobError(f"nothing has happened to {job_id} for {duration(patience_seconds)}")
        is_new = ended.is_set()
        while not news.empty():
            is_new = True
            if (error := news.get()) is not None:
                raise error
        if is_new:
            before, job = job, client.job(job_id)
            if (job.state, job.funnel) != (before.state, before.funnel):
                moved = time.monotonic()
            display.show(job, last=job.state.is_final)
        time.sleep(TICK_SECONDS)
    return job


def picture(job: Job) -> Group:
    """The job as lines for a terminal."""
    grid = Table.grid(padding=(0, 2))
    bar = ProgressBar(total=job.progress.count, completed=job.progress.accepted, width=24)
    grid.add_row(bar, plain(headline(job)))
    return Group(grid, Text.assemble(("  ", ""), plain(funnel_line(job.funnel))))


def headline(job: Job) -> str:
    """How far, how fast, how long."""
    progress = job.progress
    parts = [f"{progress.accepted}/{progress.count} accepted", job.state.value]
    if job.waiting_for:
        parts.append(f"waiting: {job.waiting_for}")
    if progress.rate_per_second is not None:
        parts.append(f"{progress.rate_per_second:.1f}/s")
    if progress.eta_seconds is not None and not job.state.is_final:
        parts.append(f"{duration(progress.eta_seconds)} left")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def funnel_line(funnel: Funnel) -> str:
    """The funnel as one sum that adds up."""
    parts = {
        "accepted": funnel.accepted,
        "pending": funnel.pending,
        "surplus": funnel.surplus,
        "rejected": funnel.rejected,
    }
    shown = [f"{count} {name}" for name, count in parts.items() if count or name == "accepted"]
    return f"{funnel.proposed} proposed = {' + '.join(shown)}"
