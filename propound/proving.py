"""Proves a skill package from outside: its format here, its scripts in the sandbox."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from propound.config import settings
from propound.errors import PropoundError, SkillError
from propound.sandbox import ExecutionStatus, Limits, Sandbox, open_sandbox
from propound.skills import Library, default_library
from propound.skills.library import TOOLKIT_ROOT
from propound.skills.package import SkillPackage, load_package
from propound.skills.toolkit import CATALOGUE
from propound.skills.toolkit.composition import Skill
from propound.skills.toolkit.proof import compatible

DRAWS = 200
PAIR_DRAWS = 24
LIMITS = Limits(wall_s=300.0, cpu_s=280.0, memory_mb=1024, output_bytes=200_000)
MOST_FINDINGS = 20

PROGRAM = """
import json, sys
from toolkit import proof
from toolkit.composition import Skill
from toolkit.statement import Frames

names, draws = json.load(sys.stdin)
with open("skills.json") as file:
    catalogue = json.load(file)
skills = [Skill.from_catalogue(catalogue["skills"][name]) for name in names]
frames = Frames.from_catalogue(next(iter(catalogue["frames"].values())))
found = proof.prove_wording(skills[0]) if len(skills) == 1 else []
found += proof.prove(frames, skills, draws=draws)
print(json.dumps(found))
"""


class ProofError(PropoundError):
    """The sandbox failed: nothing is known about the package."""


@dataclass(frozen=True)
class Prover:
    """Proves packages against the library that comes with Propound."""

    sandbox: Sandbox
    library: Library

    @classmethod
    def open(cls) -> Prover:
        """A prover with the best sandbox of this machine.

        Raises:
            SandboxUnavailable: there is none.
        """
        return cls(open_sandbox(settings().sandbox_tier), default_library())

    def findings(self, folder: Path, *, pairs: bool) -> list[str]:
        """What is wrong with the package in this folder; empty when nothing is.

        Raises:
            ProofError: the sandbox failed.
        """
        found = self._format(folder)
        try:
            package = load_package(folder.resolve())
        except SkillError as error:
            return [*found, str(error)]
        others = [other for name, other in self.library.packages.items() if name != package.name]
        library = Library([package, *others])
        found += self._prove(library, [package.name], DRAWS)
        for other in others if pairs and not found else []:
            if _compatible(package, other):
                found += self._prove(library, [package.name, other.name], PAIR_DRAWS)
        return found[:MOST_FINDINGS]

    def _format(self, folder: Path) -> list[str]:
        """The findings of the format's reference validator, where it is installed."""
        if find_spec("skills_ref") is None:
            return []
        from skills_ref import validate

        return [f"format: {finding}" for finding in validate(folder.resolve())]

    def _prove(self, library: Library, names: list[str], draws: int) -> list[str]:
        execution = self.sandbox.run(
            PROGRAM,
            stdin=json.dumps([names, draws]).encode(),
            files={CATALOGUE: json.dumps(library.catalogue(names)).encode()},
            python_path=[TOOLKIT_ROOT],
            limits=LIMITS,
        )
        if execution.status is ExecutionStatus.FAILED:
            raise ProofError(f"the sandbox failed: {execution.reason}")
        if not execution.succeeded:
            said = execution.stderr.decode(errors="replace").strip().splitlines()
            why = execution.reason or (said[-1] if said else f"exit code {execution.exit_code}")
            return [f"{' + '.join(names)}: the proof {execution.status}: {why}"]
        return _findings(execution.stdout, names)


def _findings(output: bytes, names: list[str]) -> list[str]:
    """The proof's last line; the package's own scripts may have written anything before it."""
    try:
        found = json.loads(output.decode().strip().splitlines()[-1])
    except (ValueError, IndexError):
        found = None
    if not isinstance(found, list):
        return [f"{' + '.join(names)}: the proof's result cannot be read; scripts must print nothing"]
    return [str(finding) for finding in found]


def _compatible(first: SkillPackage, second: SkillPackage) -> bool:
    return compatible(
        Skill.from_catalogue(first.catalogue_entry()), Skill.from_catalogue(second.catalogue_entry())
    )
