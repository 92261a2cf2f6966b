"""Writes constraints.txt: the versions in this environment of all that pyproject.toml needs, tests included.

vLLM is left out: its version follows the machine, as does the build of PyTorch (the part after a version's +).
"""

from __future__ import annotations

import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = ("test", "downstream")


def needed() -> dict[str, str]:
    """Name -> version of every distribution that the base install and the tests reach, installed here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [text for name in EXTRAS for text in project["optional-dependencies"][name]]
    waiting = [(Requirement(text), "") for text in [*project["dependencies"], *extras]]
    found: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
            continue
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if key in seen:
            continue
        seen.add(key)
        try:
            installed = distribution(requirement.name)
        except PackageNotFoundError:
            raise SystemExit(f"{requirement} is not installed here: run 'make test' first") from None
        found[key[0]] = installed.version.partition("+")[0]
        for text in installed.requires or []:
            waiting += [(Requirement(text), extra) for extra in ("", *requirement.extras)]
    return found


def main() -> None:
    """Write the file."""
    lines = [f"{name}=={version}" for name, version in sorted(needed().items())]
    head = "# Made by .ci/lock.py from a tested environment; used by make.\n"
    (ROOT / "constraints.txt").write_text(head + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
