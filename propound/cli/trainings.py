"""`propound trainings ...`: training runs on a running system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from propound.cli.options import AsJson, Key, Url

if TYPE_CHECKING:
    from propound.client import Client
    from propound.training import TrainingRequest
    from propound.views import Event, Training

app = typer.Typer(
    help="Train the proposer on a running system, and watch.", no_args_is_help=True, rich_markup_mode=None
)

TrainingId = Annotated[str, typer.Argument(metavar="TRAINING", help="Id of a training run, train_...")]
Base = Annotated[
    str | None, typer.Option(help="`live` (default), a checkpoint's version, or a bundled one's name.")
]
AlgorithmName = Annotated[str | None, typer.Option(help="mgpo (default), grpo, or a variant of mgpo.")]
Omega = Annotated[float | None, typer.Option(help="Weight of the stage advantage.")]
Stored = Annotated[
    bool, typer.Option("--stored", help="Learn from groups that jobs have made, instead of own episodes.")
]
Steps = Annotated[int | None, typer.Option(min=1, help="Most steps; default 50.")]
Minutes = Annotated[float | None, typer.Option(min=0, help="Most minutes; default: no bound.")]
Groups = Annotated[int | None, typer.Option(min=1, help="Groups of episodes a step; default 12.")]
GroupSize = Annotated[int | None, typer.Option(min=2, help="Episodes of a group; default 8.")]
Seed = Annotated[int | None, typer.Option(min=0, help="Seed of the run.")]
Rate = Annotated[float | None, typer.Option(help="Learning rate; default 1e-4.")]
Lora = Annotated[int | None, typer.Option(min=1, help="Train adapters of this rank, not the whole network.")]
Temperature = Annotated[float | None, typer.Option(help="Of sampling; default 1.")]
SkillNames = Annotated[
    list[str] | None,
    typer.Option("--skill", help="Write problems of this skill; may be repeated. Default: of all."),
]
FewestSkills = Annotated[
    int | None, typer.Option("--minimum-skills", min=1, max=4, help="Fewest skills of a problem.")
]
MostSkills = Annotated[
    int | None, typer.Option("--maximum-skills", min=1, max=4, help="Most skills of a problem.")
]
Level = Annotated[int | None, typer.Option(min=1, max=3, help="Size of the numbers: 1 small, 3 large.")]
NoCurriculum = Annotated[
    bool, typer.Option("--no-curriculum", help="Draw all categories alike, however well the run does.")
]
Without = Annotated[
    list[str] | None, typer.Option(help="A tool that episodes do without; may be repeated.")
]
Staleness = Annotated[
    int | None, typer.Option(min=0, help="How many steps old the policy behind a stored group may be.")
]
Mark = Annotated[int | None, typer.Option(min=1, help="Steps between checkpoints; default 10.")]
Evaluated = Annotated[
    int | None, typer.Option("--evaluation", min=0, help="Held-out specs of each checkpoint; default 48.")
]
Stop = Annotated[
    list[str] | None,
    typer.Option(help="End the run early, as `kl>0.5` or `reward<0.1:20` (steps in a row). May be repeated."),
]
NoGate = Annotated[bool, typer.Option("--no-gate", help="Keep the checkpoint, and do not promote it.")]


@app.command()
def create(
    *,
    base: Base = None,
    algorithm: AlgorithmName = None,
    omega: Omega = None,
    stored: Stored = False,
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
    wait: Annotated[bool, typer.Option("--wait", help="Watch until the run has ended.")] = False,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Begin a run; its checkpoint becomes live if the gate finds it better than what is."""
    from propound.cli.connection import connect

    request = training_request(
        base=base,
        algorithm=algorithm,
        omega=omega,
        experience="stored" if stored else None,
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
    with connect(url, key) as client:
        training = client.create_training(request)
        if wait:
            if training.waiting_for and not as_json:
                show_training(training, as_json=False)
            follow(client, training.id, as_json=as_json)
            training = client.training(training.id)
        if not (wait and as_json):
            show_training(training, as_json=as_json)


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, help="Most runs to list.")] = 20,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """The newest runs."""
    from itertools import islice

    from propound.cli.connection import connect
    from propound.cli.output import console, print_json, table

    with connect(url, key) as client:
        found = list(islice(client.trainings(), limit))
    if as_json:
        print_json([each.model_dump(mode="json") for each in found])
        return
    rows = [
        (
            each.id,
            each.state.value,
            each.steps,
            each.base_version or each.request.base,
            each.checkpoint_version,
            f"{each.created_at.astimezone():%Y-%m-%d %H:%M}",
        )
        for each in found
    ]
    console().print(table(["training", "state", "steps", "base", "checkpoint", "created"], rows))


@app.command()
def show(training_id: TrainingId, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """A run: where it stands, what came out of it, and what the gate decided."""
    from propound.cli.connection import connect

    with connect(url, key) as client:
        show_training(client.training(training_id), as_json=as_json)


@app.command()
def metrics(training_id: TrainingId, url: Url = None, key: Key = None) -> None:
    """The figures of a run's steps, one line of JSON for each."""
    import json

    from propound.cli.connection import connect

    with connect(url, key) as client:
        for row in client.metrics(training_id):
            print(json.dumps({"step": row.step, **row.figures}))


@app.command()
def logs(training_id: TrainingId, url: Url = None, key: Key = None) -> None:
    """What a run's trainers said."""
    from propound.cli.connection import connect
    from propound.cli.output import console, plain

    with connect(url, key) as client:
        for line in client.logs(training_id):
            console().print(
                plain(f"{line.created_at.astimezone():%Y-%m-%d %H:%M:%S} {line.level}: {line.text}")
            )


@app.command()
def watch(training_id: TrainingId, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """Watch a run until it has ended; with --json print its events, one a line."""
    from propound.cli.connection import connect

    with connect(url, key) as client:
        follow(client, training_id, as_json=as_json)


@app.command()
def cancel(training_id: TrainingId, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """End a run after the step in hand; nothing is promoted."""
    from propound.cli.connection import connect

    with connect(url, key) as client:
        show_training(client.cancel_training(training_id), as_json=as_json)


def training_request(*, stop: list[str] | None, no_gate: bool, **fields: Any) -> TrainingRequest:
    """A request from options; what is None keeps its default."""
    from pydantic import ValidationError

    from propound.refinement import stop_rule
    from propound.training import TrainingRequest

    given = {name: value for name, value in fields.items() if value is not None}
    if no_gate:
        given["gate"] = None
    try:
        return TrainingRequest(**given, stop=tuple(stop_rule(rule) for rule in stop or ()))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        message = first["msg"].removeprefix("Value error, ")
        raise typer.BadParameter(f"{where}: {message}" if where else message) from None
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def follow(client: Client, training_id: str, *, as_json: bool) -> None:
    """Print what happens to a run until it has ended."""
    from propound.cli.output import console, plain

    screen = console()
    for event in client.training_events(training_id):
        if as_json:
            print(event.model_dump_json(), flush=True)
        else:
            screen.print(plain(_line(event)))


def show_training(training: Training, *, as_json: bool) -> None:
    """A run in a few lines."""
    from propound.cli.output import console, plain, print_json

    if as_json:
        print_json(training.model_dump(mode="json"))
        return
    request = training.request
    steps = f"{training.steps} of {request.steps} steps of {request.algorithm.value}"
    base = training.base_version or request.base
    lines = [f"{training.id}: {training.state.value}, {steps} from {base}"]
    if training.checkpoint_version:
        lines.append(f"checkpoint {training.checkpoint_version}")
    if training.comparison:
        made = training.comparison
        lines.append(
            f"reward {made['live_reward']:.4f} -> {made['reward']:.4f}, at least {made['gain_lower']:+.4f};"
            f" validity {made['live_validity']:.4f} -> {made['validity']:.4f};"
            f" diversity {made['live_diversity']:.4f} -> {made['diversity']:.4f}"
        )
        if made.get("pass_rate_rise") is not None:
            lines.append(
                f"pass rate {made['live_pass_rate']:.4f} -> {made['pass_rate']:.4f},"
                f" a rise of at least {made['pass_rate_rise_lower']:+.4f}"
            )
        lines += [f"not promoted: {reason}" for reason in made["reasons"]]
    if training.waiting_for:
        lines.append(f"waiting for: {training.waiting_for}")
    lines += [line for line in (training.stop_reason, training.error) if line]
    console().print(plain("\n".join(lines)))


def _line(event: Event) -> str:
    data = event.data
    match event.kind:
        case "metrics":
            shown = [
                f"{name} {value:.4g}"
                for name, value in data["figures"].items()
                if isinstance(value, int | float)
            ]
            return f"step {data['step']}: {', '.join(shown)}"
        case "log":
            return str(data["text"])
        case _:
            return " - ".join(str(data[name]) for name in ("state", "stop_reason", "error") if data.get(name))
