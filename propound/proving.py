"""Proves a skill package from outside: its format here, its scripts in the sandbox."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from propound.config import settings
from propound.errors import PropoundError, SkillError
from propound.sandbox import ExecutionStatus, Limits, Program, Sandbox, open_sandbox
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

names, draws, seal = json.load(sys.stdin)
with open("skills.json") as file:
    catalogue = json.load(file)
skills = [Skill.from_catalogue(catalogue["skills"][name]) for name in names]
frames = Frames.from_catalogue(next(iter(catalogue["frames"].values())))
found = proof.prove_wording(skills[0]) if len(skills) == 1 else []
found += proof.prove(frames, skills, draws=draws)
print("\\n" + seal + json.dumps(found))
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
        """The findings of one run of `PROGRAM`.

        Only a line that begins with a secret of this run is its result: a script that prints one of its own and ends
        the program has none. That stops accidents and simple tricks; a script that searches its interpreter for the
        secret, or changes the toolkit in it, is stopped by those who read it before they use it.
        """
        seal = secrets.token_hex(16)
        execution = self.sandbox.run(
            Program(
                PROGRAM,
                stdin=json.dumps([names, draws, seal]).encode(),
                files={CATALOGUE: json.dumps(library.catalogue(names)).encode()},
                python_path=[TOOLKIT_ROOT],
                limits=LIMITS,
            )
        )
        if execution.status is ExecutionStatus.FAILED:
            raise ProofError(f"the sandbox failed: {execution.reason}")
        if not execution.succeeded:
            said = execution.stderr.decode(errors="replace").strip().splitlines()
            why = execution.reason or (said[-1] if said else f"exit code {execution.exit_code}")
            return [f"{' + '.join(names)}: the proof {execution.status}: {why}"]
        return _findings(execution.stdout, seal, names)


def _findings(output: bytes, seal: str, names: list[str]) -> list[str]:
    """What stands on the sealed line; the package's own scripts may have written anything around it."""
    lines = output.decode(errors="replace").splitlines()
    sealed = [line.removeprefix(seal) for line in lines if line.startswith(seal)]
    try:
        found = json.loads(sealed[0])
    except (ValueError, IndexError):
        found = None
    if not isinstance(found, list):
        return [
            f"{' + '.join(names)}: the proof came to no result: scripts must not end it, and print nothing"
        ]
    return [str(finding) for finding in found]


def _compatible(first: SkillPackage, second: SkillPackage) -> bool:
    return compatible(
        Skill.from_catalogue(first.catalogue_entry()), Skill.from_catalogue(second.catalogue_entry())
    )
