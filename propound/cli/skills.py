"""`propound skills ...`: works on folders, without a server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from propound.cli.options import AsJson, DomainName

app = typer.Typer(help="Read, prove and begin skill packages.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_(
    domain: Annotated[DomainName | None, typer.Option(help="Only skills of this domain.")] = None,
    as_json: AsJson = False,
) -> None:
    """The packages that come with Propound."""
    from propound.cli.output import console, print_json, table
    from propound.domain import Domain
    from propound.skills import default_library

    library = default_library()
    found = [library[name] for name in library.names(None if domain is None else Domain(domain))]
    if as_json:
        fields = {"name", "domain", "category", "description", "gives", "takes", "conflicts", "content_hash"}
        print_json([package.model_dump(mode="json", include=fields) for package in found])
        return
    rows = [
        (package.name, package.domain.value, package.category.value, package.gives, " ".join(package.takes) or "-")
        for package in found
    ]
    console().print(table(["skill", "domain", "category", "gives", "takes"], rows))


@app.command()
def show(name: Annotated[str, typer.Argument(help="Name of a skill.")], as_json: AsJson = False) -> None:
    """One package: what an agent reads of it."""
    from propound.cli.output import console, plain, print_json
    from propound.skills import default_library

    package = default_library()[name]
    if as_json:
        print_json(package.model_dump(mode="json"))
        return
    console().print(plain(f"{package.front_matter()}\ncontent hash: {package.content_hash}\n\n{package.body}"))


@app.command()
def validate(
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER...", help="Folders of skill packages.")],
    pairs: Annotated[bool, typer.Option("--pairs", help="Prove it in pairs with the library, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Prove packages: the format, and 200 instances by two methods, written and read back, in the sandbox."""
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
    folder: Annotated[Path, typer.Option("--in", help="Folder that the package's folder is made in.")] = Path(),
) -> None:
    """Begin a package: a small one that passes `validate`, to be changed into yours."""
    from propound.cli.output import console, plain
    from propound.cli.skeleton import write

    made = write(name, folder)
    console().print(plain(f"Made {made}; prove it with: propound skills validate {made}"))
