"""The commands and their options. Only typer is imported here; `--help` answers at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from propound.cli import (
    benchmarks,
    check,
    checkpoints,
    datasets,
    jobs,
    keys,
    models,
    sandbox,
    schedules,
    skills,
    train,
    trainings,
    verify,
)
from propound.cli.options import AsJson, DomainName, Key, ModeName, OutFile, ToolName, Url

app = typer.Typer(
    name="propound",
    help="Verified reasoning problems, written to order.",
    epilog="`propound demo` shows everything at once; `propound up` keeps it running.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command()
def up(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of the API; default PROPOUND_PORT.")] = None,
    trainer: Annotated[bool, typer.Option("--trainer", help="Train here, too; needs propound[train].")] = False,
) -> None:
    """Run the servers, the API and a worker here, until Ctrl-C.

    With PROPOUND_DATABASE_URL or PROPOUND_REDIS_URL set, that server is used instead of one of its own.
    """
    from propound.cli.up import run

    run(port, trainer=trainer)


@app.command()
def demo(
    count: Annotated[
        int | None, typer.Option(min=1, max=10_000, help="Problems to make; default 100, in open mode 3.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same file.")] = 2026,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="File or folder; default: exports/.")] = None,
    mode: Annotated[
        ModeName, typer.Option(help="open: a language model writes, and others solve again; it needs one.")
    ] = ModeName.PROCEDURAL,
) -> None:
    """Make a file of verified problems from nothing.

    Starts everything on this machine, runs a job over REST, downloads its dataset and stops everything.
    """
    from propound.cli.demo import run

    run(count, seed, out, mode.value)


@app.command()
def generate(
    *,
    count: Annotated[int, typer.Option(min=1, max=100_000, help="Problems to make, exactly.")],
    domain: Annotated[list[DomainName] | None, typer.Option(help="Default: all. May be repeated.")] = None,
    category: Annotated[list[str] | None, typer.Option(help="Skill categories to draw from. May be repeated.")] = None,
    skill: Annotated[list[str] | None, typer.Option(help="Skills to draw from. May be repeated.")] = None,
    mode: Annotated[
        ModeName, typer.Option(help="procedural: from what skills draw; open: a language model writes.")
    ] = ModeName.PROCEDURAL,
    cards: Annotated[
        list[Path] | None,
        typer.Option(help="Open mode: a folder of your own skills; they are sent along. May be repeated."),
    ] = None,
    language: Annotated[str | None, typer.Option(help="Open mode: of the prose; default English.")] = None,
    answer_kind: Annotated[
        list[str] | None, typer.Option(help="Open mode: kinds that answers may have. May be repeated.")
    ] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Budget of the job in tokens of models.")] = None,
    problem_tokens: Annotated[
        int | None, typer.Option(min=1, help="Open mode: budget of the author of one problem in tokens.")
    ] = None,
    corrections: Annotated[
        bool,
        typer.Option("--corrections", help="Open mode: keep problems with the answer that all others agree on."),
    ] = False,
    siblings: Annotated[
        int | None, typer.Option(min=0, max=16, help="Open mode: how often to redraw a problem's numbers.")
    ] = None,
    min_skills: Annotated[int | None, typer.Option(min=1, max=4, help="Fewest skills in a problem; default 1.")] = None,
    max_skills: Annotated[
        int | None, typer.Option(min=1, max=4, help="Most skills in a problem; default 4, in open mode 2.")
    ] = None,
    level: Annotated[int, typer.Option(min=1, max=3, help="Size of the numbers: 1 small, 3 large.")] = 2,
    group_size: Annotated[int, typer.Option(min=1, max=16, help="Trajectories per spec.")] = 4,
    min_pass_rate: Annotated[
        float | None, typer.Option(min=0, max=1, help="Least share of the prober's attempts that may be right.")
    ] = None,
    max_pass_rate: Annotated[
        float | None, typer.Option(min=0, max=1, help="Largest share of the prober's attempts that may be right.")
    ] = None,
    max_episodes: Annotated[int | None, typer.Option(min=1, help="Budget in trajectories.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same request and seed make the same dataset.")] = 0,
    benchmark: Annotated[
        list[str] | None, typer.Option(help="Benchmark to keep clear of, bench_... May be repeated.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the dataset.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Watch until the job has ended.")] = False,
    out: OutFile = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Submit a job to a running API.

    With --wait watch it until it has ended, with --out download its dataset as well.
    """
    from propound.cli.generate import run

    fields = {
        "mode": mode.value,
        "cards": cards,
        "language": language,
        "answer_kinds": answer_kind,
        "max_tokens": max_tokens,
        "problem_tokens": problem_tokens,
        "corrections": corrections or None,
        "siblings": siblings,
        "domains": [entry.value for entry in domain or []],
        "categories": category,
        "skills": skill,
        "minimum_skills": min_skills,
        "maximum_skills": max_skills,
        "level": level,
        "group_size": group_size,
        "difficulty": {
            name: rate
            for name, rate in (("minimum", min_pass_rate), ("maximum", max_pass_rate))
            if rate is not None
        }
        or None,
        "max_episodes": max_episodes,
        "seed": seed,
        "count": count,
        "benchmarks": benchmark,
    }
    run(fields, name=name, wait=wait, out=out, url=url, key=key, as_json=as_json)


@app.command()
def bench(
    count: Annotated[int, typer.Option(min=1, max=100_000, help="Problems to make.")] = 500,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the job.")] = 1,
    *,
    service: Annotated[bool, typer.Option("--service", help="Only the service under load.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure what one worker sustains, and the service under load.

    Problems per second end to end, the cost of each stage of an episode; reads of jobs at a fixed rate, claims
    behind a long queue, and the first byte of exports.
    """
    from propound.cli.bench import run

    run(count, seed, service_only=service, as_json=as_json)


@app.command()
def evaluate(
    policy: Annotated[str, typer.Argument(help="default, weak, scripted, model, or a checkpoint folder.")] = "default",
    *,
    n: Annotated[int, typer.Option("--n", min=1, max=100_000, help="Episodes, each of a spec of its own.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the held-out specs.")] = 0,
    temperature: Annotated[float, typer.Option(min=0, max=4, help="Of the sampling.")] = 0.7,
    skill: Annotated[list[str] | None, typer.Option(help="Skills to draw from; default: all. May be repeated.")] = None,
    without: Annotated[
        list[ToolName] | None, typer.Option(help="Withhold a tool, to see what it is worth. May be repeated.")
    ] = None,
    in_flight: Annotated[int, typer.Option(min=1, max=1024, help="Episodes at a time.")] = 48,
    as_json: AsJson = False,
) -> None:
    """Measure a policy: roll out held-out specs, verify, count.

    The last line is one JSON object.
    """
    from propound.cli.evaluate import run

    withheld = [tool.value for tool in without or []]
    run(policy, n, seed, temperature, skills=skill or [], without=withheld, in_flight=in_flight, as_json=as_json)


@app.command()
def probe(
    file: Annotated[Path, typer.Argument(help="Problems as JSON lines: an export, or `python -m trainer.solvers`'s.")],
    *,
    prober: Annotated[str, typer.Option(help="A solver: the name of a bundled one, or a checkpoint's folder.")],
    n: Annotated[int | None, typer.Option("--n", min=1, help="Only the first so many problems.")] = None,
    attempts: Annotated[int, typer.Option(min=1, max=1024, help="Attempts at each problem.")] = 16,
    temperature: Annotated[float, typer.Option(min=0, max=4, help="Of the sampling.")] = 0.7,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="File for the measurements, a line each.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure how hard problems are: the share of a solver's attempts that are right.

    The last line is one JSON object.
    """
    from propound.cli.probe import run

    run(file, prober, count=n, attempts=attempts, temperature=temperature, out=out, as_json=as_json)


@app.command()
def grade(
    rows: Annotated[str, typer.Argument(metavar="ROWS.jsonl", help="Rows of an export; - is standard input.")],
    replies: Annotated[
        str, typer.Argument(metavar="REPLIES.jsonl", help='A line {"id", "reply"} for each reply; - is standard input.')
    ],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="File for the grades; default: print them.")] = None,
) -> None:
    """Grade what a model replied to the problems of an export.

    Each reply gives a line {"id", "score", "result", "answer", "reason"}, in their order; a row may have any number of
    replies, or none. The score is 1.0 when the result is equal, and 0.0 when it is not_equal or undecided. A program
    that a reply holds runs in the sandbox, against the tests of its row; everything else is compared as `propound
    check` does it. Where the sandbox itself fails, the result is failed and the score null.

    Ends with 0 when every reply was graded, whatever its score; with 1 when one could not be, when this machine cannot
    isolate programs, or when a file is wrong (its line is told, and nothing graded); with 2 when called wrongly.
    """
    from propound.cli.grade import run

    if rows == replies == "-":
        raise typer.BadParameter("only one of the two files can be standard input")
    if run(rows, replies, out):
        raise typer.Exit(1)


@app.command(name="reward-file")
def reward_file(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The file, or a folder for propound_reward.py.")] = Path(),
) -> None:
    """Write propound_reward.py: rewards for verl, TRL and verifiers that grade as `propound grade` does.

    One file that a trainer loads; Propound need not be installed beside it. Its head says what does, and how it is
    named in each trainer's settings.
    """
    from propound.cli.output import console, plain
    from propound.solving.reward_file import NAME
    from propound.solving.reward_file import reward_file as written

    file = out / NAME if out.is_dir() else out
    try:
        file.write_text(written(), encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}", param_hint="OUT") from error
    console().print(plain(f"wrote {file}"))


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Look at this machine: versions, sandbox, servers.

    Ends with 1 when something is missing.
    """
    from propound.cli.doctor import run

    run(as_json=as_json)


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema.

    Makes the first admin key where there is none.
    """
    from propound.cli.migrate import run

    run()


app.command(cls=check.Check, context_settings={"ignore_unknown_options": True})(check.check)
app.add_typer(jobs.app, name="jobs")
app.add_typer(datasets.app, name="datasets")
app.add_typer(benchmarks.app, name="benchmarks")
app.add_typer(keys.app, name="keys")
app.add_typer(models.app, name="models")
app.add_typer(skills.app, name="skills")
app.add_typer(sandbox.app, name="sandbox")
app.add_typer(train.app, name="train")
app.add_typer(trainings.app, name="trainings")
app.add_typer(schedules.app, name="schedules")
app.add_typer(checkpoints.app, name="checkpoints")
app.add_typer(verify.app, name="verify")
