"""`propound evaluate`: what a policy is worth on held-out specs."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

from rich.progress import Progress

from propound.cli.accounting import accounted
from propound.cli.output import console, plain, table
from propound.config import settings
from propound.curriculum import check_request, domains_of
from propound.episode import Episode
from propound.episodes import open_runner
from propound.evaluation import Evaluation, Yield, evaluate, held_out_specs
from propound.job import JobRequest
from propound.policy.opening import open_policy
from propound.skills import default_library
from propound.trajectory import ActionKind


def run(
    policy_name: str,
    count: int,
    seed: int,
    temperature: float,
    *,
    skills: list[str],
    without: list[str],
    in_flight: int,
    as_json: bool,
) -> None:
    """Roll out, and print the figures; one line of JSON last.

    Raises:
        PropoundError: there is no such checkpoint, this machine cannot isolate programs, or a server is down.
    """
    library = default_library()
    request = JobRequest(count=count, skills=tuple(skills), domains=domains_of(skills, library))
    check_request(request, library)
    specs = held_out_specs(library, count, seed, request)
    screen = console(to_error=as_json)
    with (
        accounted("evaluate") as origin,
        open_policy(policy_name, library, temperature=temperature) as policy,
        closing(open_runner(settings(), policy, threads=in_flight)) as opened,
        Progress(console=screen) as progress,
    ):
        runner = replace(opened, withheld=tuple(ActionKind(name) for name in without))
        task = progress.add_task(f"{policy.name} {policy.version}", total=count)

        def advance(_: Episode) -> None:
            progress.advance(task)

        found = evaluate(
            runner,
            specs,
            in_flight=in_flight,
            origin=origin,
            on_episode=advance,
        )
    if not as_json:
        show(found)
    print(found.model_dump_json())


def show(found: Evaluation) -> None:
    """The figures as tables."""
    screen = console()
    rows = [("all", *_cells(_whole(found)))]
    rows += [
        (f"{skills} skill{'s' if skills > 1 else ''}", *_cells(each))
        for skills, each in found.by_skills.items()
    ]
    rows += [(domain, *_cells(each)) for domain, each in found.by_domain.items()]
    rows += [
        ("after a failed check or draw", *_cells(found.refined)),
        ("with skills pruned", *_cells(found.pruned)),
    ]
    screen.print(table(["episodes", "", "submitted", "verified"], rows))
    screen.print(
        plain(
            f"{found.well_formed:.1%} of the turns well formed; {found.first_draft:.1%} of the episodes sound at the "
            f"first draft, {found.accepted:.1%} accepted; {found.distinct:.1%} of the problems distinct; "
            f"{_difficulty(found)}"
            f"{found.turns:.1f} turns and {found.tokens:.0f} tokens an episode, {found.tokens_per_second:.0f} tokens/s"
        )
    )


def _whole(found: Evaluation) -> Yield:
    return Yield(episodes=found.episodes, submitted=found.submitted, verified=found.verified)


def _cells(each: Yield) -> tuple[int, str, str]:
    return each.episodes, f"{each.submitted:.1%}", f"{each.verified:.1%}"


def _difficulty(found: Evaluation) -> str:
    return "" if found.pass_rate is None else f"pass rate {found.pass_rate:.1%}; "
