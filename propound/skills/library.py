"""The library: packages by name, what can feed what, and the catalogue that goes into the sandbox."""

from __future__ import annotations

import compileall
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from propound.domain import Domain
from propound.errors import SkillError, UnknownSkillError
from propound.record import digest
from propound.skills.framing import load_frames
from propound.skills.package import Category, SkillPackage, load_package
from propound.skills.toolkit import composition, statement, wording

HERE = Path(__file__).parent
TOOLKIT_ROOT = HERE
"""The folder that goes on a sandboxed program's path, so that `import toolkit` works there."""


class Library:
    """An immutable set of packages, loaded once."""

    def __init__(self, packages: Iterable[SkillPackage]) -> None:
        self.packages: dict[str, SkillPackage] = {}
        for package in sorted(packages, key=lambda package: package.name):
            if package.name in self.packages:
                raise SkillError(f"two packages are called {package.name}")
            self.packages[package.name] = package
        self.frames: dict[Domain, dict[str, Any]] = {domain: load_frames(domain) for domain in Domain}
        self._skills = {
            name: composition.Skill.from_catalogue(package.catalogue_entry())
            for name, package in self.packages.items()
        }
        self._grammars: dict[tuple[str, ...], wording.Node] = {}

    @classmethod
    def load(cls, *folders: Path) -> Library:
        """All packages below the folders (one level deep).

        Raises:
            SkillError: a package is not well formed, or two have one name.
        """
        return cls(
            load_package(path.parent) for folder in folders for path in sorted(folder.glob("*/SKILL.md"))
        )

    def __getitem__(self, name: str) -> SkillPackage:
        try:
            return self.packages[name]
        except KeyError:
            raise UnknownSkillError(f"no skill is called {name!r}") from None

    def __contains__(self, name: str) -> bool:
        return name in self.packages

    def names(self, domain: Domain | None = None, categories: Iterable[Category] | None = None) -> list[str]:
        """Sorted names of the packages of a domain and of any of the categories."""
        wanted = None if categories is None else set(categories)
        return [
            name
            for name, package in self.packages.items()
            if (domain is None or package.domain == domain) and (wanted is None or package.category in wanted)
        ]

    def skills(self, names: Sequence[str]) -> list[composition.Skill]:
        """The toolkit's view of the named packages (their scripts are not run outside the sandbox)."""
        return [self._skills[self[name].name] for name in names]

    def feeds(self, first: str, second: str) -> bool:
        """Whether the result of one skill can feed the other, by types."""
        return composition.feeds(*self.skills([first, second]))

    def conflict(self, names: Sequence[str]) -> tuple[str, str] | None:
        """The first pair of the names that declares itself incompatible, or None."""
        return composition.conflict(self.skills(names))

    def chains(self, names: Sequence[str]) -> list[tuple[str, ...]]:
        """Every order of the names in which each skill can feed the next."""
        return [tuple(skill.name for skill in order) for order in composition.chains(self.skills(names))]

    def read(self, names: Sequence[str], text: str) -> statement.Reading:
        """What the statement says, given the skills in order.

        Raises:
            statement.UnreadableError: no wording of these skills says this.
            statement.AmbiguousError: it can be read in two ways.
        """
        return self._read([self.skills(names)], text)

    def read_any(self, names: Sequence[str], text: str) -> statement.Reading:
        """As `read`, with the skills in any order that forms a chain."""
        return self._read(composition.chains(self.skills(names)), text)

    def _read(self, orders: Sequence[Sequence[composition.Skill]], text: str) -> statement.Reading:
        domain = Domain(orders[0][0].domain) if orders else Domain.MATHEMATICS
        frames = statement.Frames.from_catalogue(self.frames[domain])

        def grammar(skills: Sequence[composition.Skill]) -> wording.Node:
            key = tuple(skill.name for skill in skills)
            if key not in self._grammars:
                if len(self._grammars) > 2_000:
                    self._grammars.clear()
                self._grammars[key] = statement.tree(frames, skills)
            return self._grammars[key]

        return statement.read_any(frames, orders, text, grammar)

    def catalogue(self, names: Sequence[str]) -> dict[str, Any]:
        """What the toolkit in the sandbox is given: the named packages and the frames of their domains."""
        domains = {self[name].domain for name in names}
        return {
            "skills": {name: self[name].catalogue_entry() for name in names},
            "frames": {str(domain): self.frames[domain] for domain in sorted(domains)},
        }

    @cached_property
    def version(self) -> str:
        """Identity of the whole library: packages and frames."""
        hashes: Mapping[str, str] = {name: package.content_hash for name, package in self.packages.items()}
        return digest([hashes, {str(domain): frames for domain, frames in self.frames.items()}])[:16]


def compile_toolkit() -> None:
    """Make the toolkit's bytecode, which programs in the sandbox cannot write; a read-only folder stays as it is."""
    compileall.compile_dir(HERE / "toolkit", quiet=2)


@cache
def default_library() -> Library:
    """The packages that come with Propound."""
    return Library.load(HERE / "library")
