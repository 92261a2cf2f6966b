"""`propound schedules ...`."""

from __future__ import annotations

from typing import Annotated

import typer

from propound.cli.options import AsJson, Key, Url
from propound.cli.trainings import (
    AlgorithmName,
    Base,
    Evaluated,
    FewestSkills,
    Groups,
    GroupSize,
    Level,
    Lora,
    Mark,
    Minutes,
    MostSkills,
    NoCurriculum,
    NoGate,
    Omega,
    Rate,
    Seed,
    SkillNames,
    Staleness,
    Steps,
    Stop,
    Temperature,
    Without,
)

app = typer.Typer(help="Let training runs begin by themselves.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def create(
    *,
    cron: Annotated[
        str | None, typer.Option(help="Five fields, in UTC: '0 3 * * *' is every night at three.")
    ] = None,
    every_groups: Annotated[
        int | None,
        typer.Option(min=1, help="Whenever jobs have made so many fresh groups; learns from them."),
    ] = None,
    name: Annotated[str, typer.Option(help="What to call it.")] = "untitled",
    base: Base = None,
    algorithm: AlgorithmName = None,
    omega: Omega = None,
    steps: Steps = None,
    minutes: Minutes = None,
    groups: Groups = None,
    group_size: GroupSize = None,
    seed: Seed = None,
    rate: Rate = None,
    lora: Lora = None,
    temperature: Temperature = None,
    skill: SkillNames = None,
    minimum_skills: FewestSkills = None,
    maximum_skills: MostSkills = None,
    level: Level = None,
    no_curriculum: NoCurriculum = False,
    without: Without = None,
    staleness: Staleness = None,
    mark: Mark = None,
    evaluation: Evaluated = None,
    stop: Stop = None,
    no_gate: NoGate = False,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Make a schedule, with --cron or --every-groups."""
    from pydantic import ValidationError

    from propound.cli.connection import connect
    from propound.cli.output import console, plain, print_json
    from propound.cli.trainings import training_request
    from propound.schedule import ScheduleRequest

    training = training_request(
        base=base,
        algorithm=algorithm,
        omega=omega,
        experience=None if every_groups is None else "stored",
        steps=steps,
        minutes=minutes,
        groups=groups,
        group_size=group_size,
        seed=seed,
        rate=rate,
        lora=lora,
        temperature=temperature,
        skills=skill or None,
        minimum_skills=minimum_skills,
        maximum_skills=maximum_skills,
        level=level,
        curriculum=False if no_curriculum else None,
        without=without or None,
        staleness=staleness,
        mark=mark,
        evaluation=evaluation,
        stop=stop,
        no_gate=no_gate,
    )
    try:
        wanted = ScheduleRequest(name=name, cron=cron, every_groups=every_groups, training=training)
    except ValidationError as error:
        raise typer.BadParameter(error.errors()[0]["msg"]) from None
    with connect(url, key) as client:
        made = client.create_schedule(wanted)
    if as_json:
        print_json(made.model_dump(mode="json"))
        return
    due = f"{made.next_at:%Y-%m-%d %H:%M} UTC" if made.next_at else f"every {made.every_groups} groups"
    console().print(plain(f"{made.id} ({made.name}): {due}"))


@app.command("list")
def list_(url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """All schedules."""
    from propound.cli.connection import connect
    from propound.cli.output import console, print_json, table

    with connect(url, key) as client:
        found = list(client.schedules())
    if as_json:
        print_json([each.model_dump(mode="json") for each in found])
        return
    rows = [
        (
            each.id,
            each.name,
            each.cron or f"every {each.every_groups} groups",
            f"{each.next_at:%Y-%m-%d %H:%M} UTC" if each.next_at else None,
            each.last_training_id,
        )
        for each in found
    ]
    console().print(table(["schedule", "name", "when", "next", "last run"], rows))


@app.command()
def delete(
    schedule_id: Annotated[str, typer.Argument(metavar="SCHEDULE", help="Id of a schedule, sched_...")],
    url: Url = None,
    key: Key = None,
) -> None:
    """Forget a schedule; the runs that it began go on."""
    from propound.cli.connection import connect
    from propound.cli.output import console, plain

    with connect(url, key) as client:
        client.delete_schedule(schedule_id)
    console().print(plain(f"{schedule_id} is deleted."))
