"""`propound models check`: what the configured models can, and which of their roles will not work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console

from propound.cli.output import console, plain, print_json, table
from propound.config import settings
from propound.errors import ServiceDownError
from propound.models.catalogue import NOTHING, Catalogue, CatalogueError, Model
from propound.models.check import Checked, Finding, check
from propound.models.configured import catalogue_of
from propound.models.context import Context
from propound.models.registry import open_client, release_client
from propound.models.roles import Weakness, named, weaknesses

ABILITIES = {
    "chat": "chat",
    "streaming": "streams",
    "calls": "calls",
    "schema_held": "schema",
    "log_probabilities": "logprobs",
    "token_ids": "token ids",
    "seed": "seed",
}
"""Fields of a `Checked` and the heads of their columns."""


def run(names: Sequence[str], *, most_tokens: int, seconds: float, as_json: bool) -> bool:
    """Check the models of these names, or all; whether every role can work as far as they are concerned.

    Raises:
        CatalogueError: the file of models is wrong, or names none, or none of that name.
    """
    catalogue = catalogue_of(settings())
    chosen = [catalogue.model(name) for name in dict.fromkeys(names)] or list(catalogue.models)
    if not chosen:
        raise CatalogueError(NOTHING)
    progress = console(to_error=True)
    checked = {model.name: _check(model, progress, most_tokens, seconds) for model in chosen}
    found = weaknesses(catalogue, checked)
    if as_json:
        print_json(
            {
                "models": [each.model_dump(mode="json") for each in checked.values()],
                "roles": [each.model_dump(mode="json") for each in found],
            }
        )
    else:
        show(console(), catalogue, list(checked.values()), found)
    return not any(each.fails for each in found)


def _check(model: Model, progress: Console, most_tokens: int, seconds: float) -> Checked:
    def say(step: str) -> None:
        progress.print(plain(f"{model.name}: {step} ..."))

    try:
        client = open_client(model)
    except ServiceDownError as error:  # a model that this machine runs itself, and cannot
        return Checked(model=model.name, family=model.family, chat=Finding(works=False, said=str(error)))
    try:
        return check(client.model, most_tokens=most_tokens, seconds=seconds, on_step=say)
    finally:
        release_client(client)


def show(screen: Console, catalogue: Catalogue, checked: Sequence[Checked], found: Sequence[Weakness]) -> None:
    """Findings as a table, what is behind them, and the roles."""
    heads = ["model", *ABILITIES.values(), "context", "claimed", "thought"]
    rows = [
        (
            each.model,
            *(_cell(getattr(each, name)) for name in ABILITIES),
            _held(each.context),
            "" if each.context is None or each.context.claimed is None else str(each.context.claimed),
            each.thought or "?",
        )
        for each in checked
    ]
    screen.print(table(heads, rows))
    screen.print(plain("\n".join(["", *(line for each in checked for line in _notes(each)), ""])))
    screen.print(plain("\n".join(_roles(catalogue, checked, found))))


def _cell(finding: Finding) -> str:
    return {True: "yes", False: "no", None: "?"}[finding.works]


def _held(context: Context | None) -> str:
    if context is None:
        return "?"
    if context.held is None:
        return f"< {context.failed}"
    return str(context.held) if context.failed else f">= {context.held}"


def _notes(checked: Checked) -> Iterable[str]:
    for name, head in ABILITIES.items():
        finding = getattr(checked, name)
        if finding.said:
            yield f"{checked.model}, {head}: {finding.said}"
    context = checked.context
    if context is not None and context.how is not None:
        how = {
            "refused": "the server says that it is too long",
            "cut": "the server left out its beginning without a word",
            "forgotten": "the model did not know what stood at its beginning",
            "unanswered": "it brought no answer",
        }[context.how]
        said = f" ({context.said})" if context.said else ""
        yield f"{checked.model}, context: a prompt of {context.failed} tokens was not held: {how}{said}"
    counted = [checked.prompt_tokens, checked.completion_tokens]
    tokens = " + ".join("?" if number is None else str(number) for number in counted)
    cost = "" if checked.cost is None else f", cost {checked.cost:.4f}"
    yield f"{checked.model}: {checked.requests} requests, {tokens} tokens, {checked.seconds:.1f} s{cost}"


def _roles(catalogue: Catalogue, checked: Sequence[Checked], found: Sequence[Weakness]) -> Iterable[str]:
    for each in found:
        yield f"{each.role}: {each.model} {'CANNOT WORK' if each.fails else 'works, but'}: {each.why}"
    known = {each.model for each in checked}
    troubled = {(each.role, each.model) for each in found}
    fine = [
        f"{role} ({', '.join(good)})"
        for role, names in named(catalogue).items()
        if (good := [name for name in dict.fromkeys(names) if name in known and (role, name) not in troubled])
    ]
    if fine:
        yield f"nothing against {', '.join(fine)}"
    if not any(named(catalogue).values()):
        yield "no role is given to any model"
