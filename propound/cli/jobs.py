"""`propound jobs ...`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from propound.cli.options import AsJson, JobId, Key, Url

if TYPE_CHECKING:
    from propound.views import Job

app = typer.Typer(help="Look at jobs and end them.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, help="Most jobs to list.")] = 20,
    state: Annotated[str | None, typer.Option(help="Only jobs in this state.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """The newest jobs."""
    from itertools import islice

    from propound.cli.connection import connect
    from propound.cli.output import console, print_json, table
    from propound.job import JobState

    if state is not None and state not in list(JobState):
        raise typer.BadParameter(f"a state is one of {', '.join(JobState)}")
    with connect(url, key) as client:
        found = list(islice(client.jobs(state=None if state is None else JobState(state)), limit))
    if as_json:
        print_json([job.model_dump(mode="json") for job in found])
        return
    rows = [
        (job.id, job.name, job.state.value, f"{job.progress.accepted}/{job.progress.count}", _when(job))
        for job in found
    ]
    console().print(table(["job", "name", "state", "accepted", "created"], rows))


@app.command()
def show(job_id: JobId, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """A job, its funnel, and what its requests to language models come to."""
    from propound.cli.connection import connect

    with connect(url, key) as client:
        _show(client.job(job_id), as_json=as_json)


@app.command()
def cancel(job_id: JobId, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """End a job; the problems that it has accepted stay."""
    from propound.cli.connection import connect

    with connect(url, key) as client:
        _show(client.cancel_job(job_id), as_json=as_json)


@app.command()
def watch(job_id: JobId, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """Watch a job until it has ended; with --json print its events, one a line."""
    from propound.cli.connection import connect
    from propound.cli.output import console
    from propound.cli.progress import follow

    with connect(url, key) as client:
        if as_json:
            for event in client.events(job_id):
                print(event.model_dump_json(), flush=True)
        else:
            follow(client, job_id, console())


def _show(job: Job, *, as_json: bool) -> None:
    from propound.cli.output import console, plain, print_json
    from propound.cli.progress import funnel_line, headline
    from propound.cli.spending import spending_table

    if as_json:
        print_json(job.model_dump(mode="json"))
        return
    title = f"{job.name} ({job.id}), dataset {job.dataset_id}, {job.request.mode} mode"
    lines = [title, headline(job), funnel_line(job.funnel)]
    lines += [f"  {count} rejected as {reason}" for reason, count in sorted(job.funnel.rejections.items())]
    lines += [
        f"  {count} cannot be learned from: {_words(reason)}" for reason, count in job.unrecorded.items()
    ]
    lines += [f"  {line}" for line in job.trust.lines()]
    if job.request.max_tokens is not None:
        spent = (job.spending.prompt_tokens or 0) + (job.spending.completion_tokens or 0)
        lines.append(f"  {spent:,} of {job.request.max_tokens:,} tokens used")
    lines += [line for line in (job.error, job.stop_reason, job.waiting_for) if line]
    screen = console()
    screen.print(plain("\n".join(lines)))
    if job.spending.requests:
        screen.print(spending_table(job.spending))


def _words(reason: str) -> str:
    from propound.trajectory import Unrecorded

    return Unrecorded(reason).words if reason in list(Unrecorded) else reason


def _when(job: Job) -> str:
    return f"{job.created_at.astimezone():%Y-%m-%d %H:%M}"
