"""`propound skills ...`: works on folders, without a server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from propound.cli.options import AsJson, DomainName, ModeName

if TYPE_CHECKING:  # too heavy for a help text
    from propound.skills.entries import Entry

app = typer.Typer(
    help="Read, check, prove and begin skill packages.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("list")
def list_(
    domain: Annotated[DomainName | None, typer.Option(help="Only skills of this domain.")] = None,
    category: Annotated[str | None, typer.Option(help="Only skills of this category.")] = None,
    mode: Annotated[
        ModeName | None,
        typer.Option(
            help="Only skills that this mode can use: open can use all, procedural the formal ones."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The skills that come with Propound: every one has a card, and the formal ones can draw problems, too."""
    from propound.cli.output import console, print_json, table
    from propound.domain import Domain
    from propound.problem import Mode
    from propound.skills import default_cards, default_library
    from propound.skills.entries import entries

    found = entries(
        default_cards(),
        default_library(),
        domain=None if domain is None else Domain(domain),
        category=category,
        mode=None if mode is None else Mode(mode),
    )
    if as_json:
        print_json([_summary(one) for one in found])
        return
    rows = [
        (
            one.card.name,
            one.card.domain.value,
            one.card.category,
            "formal" if one.formal else "open",
            one.formal.gives if one.formal else "-",
        )
        for one in found
    ]
    console().print(table(["skill", "domain", "category", "kind", "gives"], rows))


@app.command()
def show(name: Annotated[str, typer.Argument(help="Name of a skill.")], as_json: AsJson = False) -> None:
    """One package: what an agent reads of it."""
    from propound.cli.output import console, plain, print_json
    from propound.skills import default_cards, default_library
    from propound.skills.entries import entry

    one = entry(default_cards(), default_library(), name)
    if as_json:
        print_json((one.formal or one.card).model_dump(mode="json") | {"modes": list(one.modes)})
        return
    lines = [one.formal.front_matter() if one.formal else one.card.front(), f"modes: {' '.join(one.modes)}"]
    lines += [f"program: {path}" for path in one.card.modules]
    console().print(plain("\n".join([*lines, f"content hash: {one.card.content_hash}", "", one.card.body])))


@app.command()
def check(
    folders: Annotated[
        list[Path],
        typer.Argument(metavar="FOLDER...", help="A package, or a folder of packages; may be repeated."),
    ],
    domain: Annotated[
        DomainName | None, typer.Option(help="Domain of packages that name none, as those of others.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read cards as a request would, and say what is wrong with them by file and line. Nothing of them is run."""
    from propound.cli.output import console, plain, print_json
    from propound.domain import Domain
    from propound.skills import default_cards
    from propound.skills.checking import check as look

    found = look(folders, default_cards(), domain=None if domain is None else Domain(domain))
    if as_json:
        print_json(
            {str(one.folder): [fault.model_dump(mode="json") for fault in one.faults] for one in found}
        )
    for one in [] if as_json else found:
        verdict = "can be used" if one.sound else "cannot be used"
        said = [f"{one.folder}: {verdict}", *(f"  {one.folder}/{fault}" for fault in one.faults)]
        if one.formal:
            said.append(f"  it has a formal part: prove it with `propound skills validate {one.folder}`")
        console().print(plain("\n".join(said)))
    if not all(one.sound for one in found):
        raise typer.Exit(1)


@app.command()
def validate(
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER...", help="Folders of formal packages.")],
    pairs: Annotated[bool, typer.Option("--pairs", help="Prove it in pairs with the library, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Prove formal packages: format, and 200 instances by two methods, written and read back, in the sandbox."""
    from propound.cli.output import console, plain, print_json
    from propound.proving import Prover

    prover = Prover.open()
    findings = {str(folder): prover.findings(folder, pairs=pairs) for folder in folders}
    if as_json:
        print_json(findings)
    else:
        for folder, found in findings.items():
            said = "\n".join(f"  {line}" for line in found)
            console().print(plain(f"{folder}: {len(found)} found\n{said}" if found else f"{folder}: sound"))
    if any(findings.values()):
        raise typer.Exit(1)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Lower-case words with hyphens, such as sum-of-cubes.")],
    folder: Annotated[
        Path, typer.Option("--in", help="Folder that the package's folder is made in.")
    ] = Path(),
) -> None:
    """Begin a formal package: a small one that passes `validate`, to be changed into yours."""
    from propound.cli.output import console, plain
    from propound.cli.skeleton import write

    made = write(name, folder)
    console().print(plain(f"Made {made}; prove it with: propound skills validate {made}"))


def _summary(one: Entry) -> dict[str, Any]:
    """A skill in the JSON of `list`; what only a formal part has is null or empty without one."""
    fields = {"name", "domain", "category", "description", "conflicts", "content_hash"}
    said = one.card.model_dump(mode="json", include=fields)
    part = one.formal.model_dump(mode="json", include={"gives", "takes"}) if one.formal else {}
    return said | {"gives": None, "takes": {}} | part | {"modes": list(one.modes)}
