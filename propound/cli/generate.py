"""`propound generate`: a job from the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from propound.cli.connection import connect
from propound.cli.output import console, plain, print_json
from propound.cli.progress import follow, funnel_line, headline
from propound.domain import Domain
from propound.errors import PropoundError
from propound.job import JobRequest, JobState
from propound.skills import Cards
from propound.skills.checking import check
from propound.skills.files import SKILL, read
from propound.views import Job


class RequestError(PropoundError):
    """The options do not make a request."""


class UnfinishedError(PropoundError):
    """The job ended without all the problems."""


def run(
    fields: Mapping[str, Any],
    *,
    name: str | None,
    wait: bool,
    out: Path | None,
    url: str | None,
    key: str | None,
    as_json: bool,
) -> None:
    """Submit, and as far as asked watch and download.

    Raises:
        PropoundError: the request is refused, the API is away, or the job ended without all the problems.
    """
    request = make_request(fields)
    with connect(url, key) as client:
        job = client.create_job(request, name=name)
        if wait or out is not None:
            screen = console(to_error=as_json)
            screen.print(plain(f"Submitted {job.id}"))
            job = follow(client, job.id, screen)
            if out is not None:
                client.export(job.dataset_id, out)
        report(job, out, as_json=as_json)
    if job.state.is_final and job.state is not JobState.SUCCEEDED:
        raise UnfinishedError(f"the job ended as {job.state}: {job.error or job.stop_reason or 'no reason given'}")


def make_request(fields: Mapping[str, Any]) -> JobRequest:
    """The request that the options describe; what was not given keeps its default, and folders of cards are read.

    Raises:
        RequestError: the options contradict each other, or a card is none.
    """
    given = {name: value for name, value in fields.items() if value is not None and value != []}
    if "cards" in given:
        given["cards"] = read_cards(given["cards"], given.get("domains", []))
    try:
        return JobRequest.model_validate(given)
    except ValidationError as error:
        raise RequestError("; ".join(_said(problem) for problem in error.errors())) from None


def read_cards(folders: Sequence[Path], domains: Sequence[str]) -> list[dict[str, str]]:
    """The texts of the packages in the folders, as a request holds them. `domains`: those asked for.

    Raises:
        RequestError: what is wrong, by folder, file and line.
    """
    domain = Domain(domains[0]) if len(domains) == 1 else None
    found = check(folders, Cards([]), domain=domain)
    faults = [f"{one.folder}/{fault}" for one in found for fault in one.faults if not fault.advice]
    if faults:
        more = f" (and {len(faults) - 5} more: propound skills check)" if len(faults) > 5 else ""
        raise RequestError("; ".join(faults[:5]) + more)
    packages = [(one, read(one.folder)) for one in found]
    return [
        {path: text for path, text in texts.items() if path == SKILL or not one.formal}
        for one, texts in packages
    ]


def _said(problem: ErrorDetails) -> str:
    """What is wrong, and where, if it is one field."""
    where = ".".join(str(part) for part in problem["loc"])
    said = problem["msg"].removeprefix("Value error, ")
    return f"{where}: {said}" if where else said


def report(job: Job, out: Path | None, *, as_json: bool) -> None:
    """Say how the job stands."""
    if as_json:
        print_json(job.model_dump(mode="json"))
        return
    screen = console()
    screen.print(plain(f"{job.id}: {headline(job)}; {funnel_line(job.funnel)}"))
    for line in job.trust.lines():
        screen.print(plain(line))
    if job.pass_rates:
        shown = ", ".join(f"{float(rate):.0%}: {count}" for rate, count in job.pass_rates.items())
        screen.print(plain(f"Right attempts of the prober: {shown}"))
    if out is not None:
        screen.print(plain(f"Written to {out}"))
    elif not job.state.is_final:
        screen.print(plain(f"Watch it: propound jobs watch {job.id}"))
