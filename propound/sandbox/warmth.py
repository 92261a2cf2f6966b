"""What a zygote imports before any program does: only code that the service trusts as it trusts itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from .program import Program
from .runtime import Runtime, absolute

STANDARD = [
    "abc",
    "array",
    "ast",
    "atexit",
    "base64",
    "bisect",
    "calendar",
    "cmath",
    "collections",
    "contextlib",
    "copy",
    "csv",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "enum",
    "fractions",
    "functools",
    "hashlib",
    "heapq",
    "inspect",
    "io",
    "itertools",
    "json",
    "keyword",
    "linecache",
    "locale",
    "math",
    "numbers",
    "operator",
    "pathlib",
    "pprint",
    "queue",
    "random",
    "re",
    "secrets",
    "shutil",
    "signal",
    "statistics",
    "string",
    "struct",
    "tempfile",
    "textwrap",
    "threading",
    "time",
    "token",
    "tokenize",
    "traceback",
    "types",
    "typing",
    "unicodedata",
    "uuid",
    "warnings",
    "weakref",
    "zlib",
]
"""The standard modules that programs here use; each costs a program that does not use it nothing."""
PACKAGES = frozenset({"numpy", "sympy"})
"""Large installed packages: imported beforehand for the programs that name them."""

_OWN = Path(__file__).resolve().parent.parent
_IMPORTED = re.compile(r"\b(?:import|from)[ \t]+([\w., \t]+)")


@dataclass(frozen=True, slots=True)
class Warmth:
    """What to have imported for a program. A wrong guess costs time and nothing else."""

    packages: tuple[str, ...]
    """Names in `PACKAGES`."""
    own: tuple[tuple[str, str], ...]
    """(folder, name) of packages that are part of this distribution."""

    def modules(self, runtime: Runtime) -> list[tuple[list[str], list[str]]]:
        """Search paths, and what to import from each."""
        standard = list(map(str, runtime.import_path))
        found = [(standard, STANDARD)]
        if self.packages:
            found.append(([*standard, *map(str, runtime.packages)], list(self.packages)))
        found += [([folder, *standard], _with_parts(Path(folder), name)) for folder, name in self.own]
        return found

    @property
    def own_names(self) -> frozenset[str]:
        """The names of the distribution's own packages."""
        return frozenset(name for _, name in self.own)


def warmth_for(program: Program) -> Warmth:
    """What the program and its files seem to import. Of the folders only those of this distribution are trusted."""
    brought = (text.decode(errors="replace") for name, text in program.files.items() if name.endswith(".py"))
    clauses = (clause for text in (program.source, *brought) for clause in _IMPORTED.findall(text))
    imported = (part.split() for clause in clauses for part in clause.split(","))
    named = {words[0].partition(".")[0] for words in imported if words}
    own = tuple(
        (str(folder), name)
        for folder in map(absolute, program.python_path)
        if folder.resolve().is_relative_to(_OWN)
        for name in sorted(named)
        if (folder / name / "__init__.py").is_file()
    )
    return Warmth(tuple(sorted(named & PACKAGES)), own)


def top_names(folder: Path) -> frozenset[str]:
    """The modules that ``folder`` offers to `import`."""
    if not folder.is_dir():
        return frozenset()
    return frozenset(entry.name.partition(".")[0] for entry in folder.iterdir())


def _with_parts(folder: Path, name: str) -> list[str]:
    return [name, *(f"{name}.{part.stem}" for part in sorted((folder / name).glob("[!_]*.py")))]
