"""One skill package in the open Agent Skills format: `SKILL.md`, `scripts/skill.py`, `assets/wording.toml`.

The front matter's metadata (all strings, as the format asks) holds the skill's four parts (method section 3:
intent, method, difficulty effect, tool hint) and its typed interface. Nothing in a package is executed here:
scripts run in the sandbox only.
"""

from __future__ import annotations

import re
import tomllib
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import ValidationError, field_validator

from propound.domain import Domain
from propound.errors import SkillError
from propound.record import Record, digest
from propound.skills.framing import can_close, load_frames
from propound.skills.toolkit import wording
from propound.skills.toolkit.values import ParameterType

MAX_FILE = 200_000
"""Largest file of a package that is read, in bytes."""


class Category(StrEnum):
    """The fields a skill can belong to; each lies in one domain."""

    NUMBER_THEORY = "number-theory"
    COMBINATORICS = "combinatorics"
    ALGEBRA = "algebra"
    GEOMETRY = "geometry"
    PROBABILITY = "probability"
    CALCULUS = "calculus"
    STRINGS = "strings"
    ARRAYS = "arrays"
    GRAPHS = "graphs"
    DYNAMIC_PROGRAMMING = "dynamic-programming"
    NUMBER_ALGORITHMS = "number-algorithms"
    MECHANICS = "mechanics"
    ELECTRICITY = "electricity"
    THERMODYNAMICS = "thermodynamics"
    CHEMISTRY = "chemistry"


Gives = Literal["integer", "rational", "polynomial", "set", "tuple", "quantity", "ints", "text"]


class Port(Record):
    """A parameter that the result of another skill may feed, with the range in which it makes sense."""

    low: str
    high: str
    unit: str = ""


class SkillPackage(Record):
    """A loaded package; everything up to `conflicts` is the first level of disclosure, `body` the second."""

    name: str
    description: str
    domain: Domain
    category: Category
    intent: str
    method: str
    difficulty: str
    tool: str
    parameters: dict[str, str]
    """Parameter name -> type (see `ParameterType.parse`)."""
    takes: dict[str, Port]
    gives: Gives
    unit: str
    bounds: Port | None
    """The range in which a result is plausible."""
    conflicts: tuple[str, ...]
    body: str
    forms: list[dict[str, Any]]
    script: str
    content_hash: str
    """SHA-256 over the package's three files."""

    @field_validator("parameters")
    @classmethod
    def _known_types(cls, parameters: dict[str, str]) -> dict[str, str]:
        for text in parameters.values():
            ParameterType.parse(text)
        return parameters

    def catalogue_entry(self) -> dict[str, Any]:
        """What the toolkit in the sandbox needs to know of the package, as JSON."""
        kept = {
            "name",
            "domain",
            "category",
            "parameters",
            "takes",
            "gives",
            "unit",
            "bounds",
            "conflicts",
            "forms",
            "script",
        }
        return self.model_dump(mode="json", include=kept)

    def front_matter(self) -> str:
        """The first level of disclosure: one compact block that is always in the prompt."""
        takes = ", ".join(
            f"{name} {port.low}..{port.high}{' ' + port.unit if port.unit else ''}"
            for name, port in self.takes.items()
        )
        gives = f"{self.gives} {self.unit}".strip()
        if self.bounds:
            gives += f", plausible {self.bounds.low}..{self.bounds.high}"
        lines = [
            f"name: {self.name} ({self.category})",
            f"intent: {self.intent}",
            f"difficulty: {self.difficulty}",
            f"parameters: {', '.join(f'{name} {kind}' for name, kind in self.parameters.items())}",
            f"takes: {takes or 'nothing'}; gives: {gives}",
        ]
        if self.conflicts:
            lines.append(f"conflicts: {', '.join(self.conflicts)}")
        return "\n".join(lines)


def load_package(folder: Path) -> SkillPackage:
    """Read a package folder.

    Raises:
        SkillError: what is missing or wrong, with the folder's name.
    """
    try:
        text = _read(folder / "SKILL.md")
        script = _read(folder / "scripts" / "skill.py")
        words = _read(folder / "assets" / "wording.toml")
        front, body = _split(text)
        metadata = {key: str(value) for key, value in front["metadata"].items()}
        gives, _, unit = metadata["gives"].partition(" ")
        parameters = _pairs(metadata["parameters"])
        forms = tomllib.loads(words)["forms"]
        wording.load_forms(forms, frozenset(parameters))
        package = SkillPackage(
            name=front["name"],
            description=" ".join(front["description"].split()),
            domain=Domain(metadata["domain"]),
            category=Category(metadata["category"]),
            intent=metadata["intent"],
            method=metadata["method"],
            difficulty=metadata["difficulty"],
            tool=metadata["tool"],
            parameters=parameters,
            takes={name: _port(value) for name, value in _pairs(metadata.get("takes", "")).items()},
            gives=gives,  # type: ignore[arg-type]  # validated by pydantic
            unit=unit.strip(),
            bounds=_port(metadata["bounds"]) if "bounds" in metadata else None,
            conflicts=tuple(sorted(metadata.get("conflicts", "").split())),
            body=body.strip(),
            forms=forms,
            script=script,
            content_hash=digest([text, script, words]),
        )
        compile(script, f"{folder.name}/scripts/skill.py", "exec")
    except (OSError, ValueError, KeyError, TypeError, SyntaxError, yaml.YAMLError, ValidationError) as error:
        raise SkillError(f"skill package {folder.name}: {type(error).__name__}: {error}") from error
    if package.name != folder.name:
        raise SkillError(f"skill package {folder.name}: its name is {package.name}")
    unknown = set(package.takes) - set(package.parameters)
    if unknown:
        raise SkillError(f"skill package {folder.name}: takes unknown parameters {sorted(unknown)}")
    if package.bounds and package.bounds.unit != package.unit:
        raise SkillError(f"skill package {folder.name}: its bounds are in another unit than its result")
    if not can_close(load_frames(package.domain), package.gives):
        raise SkillError(
            f"skill package {folder.name}: in {package.domain} no problem can end with a result that is {package.gives}"
        )
    return package


def _read(path: Path) -> str:
    if path.stat().st_size > MAX_FILE:
        raise ValueError(f"{path.name} is larger than {MAX_FILE} bytes")
    return path.read_text(encoding="utf-8")


def _split(text: str) -> tuple[dict[str, Any], str]:
    match = re.match(r"---\n(.*?)\n---\n(.*)", text, re.DOTALL)
    if match is None:
        raise ValueError("SKILL.md does not begin with front matter between lines of ---")
    front = yaml.safe_load(match.group(1))
    if not isinstance(front, dict) or not isinstance(front.get("metadata"), dict):
        raise TypeError("the front matter has no metadata")
    return front, match.group(2)


def _pairs(text: str) -> dict[str, str]:
    """ "n integer, k integer" -> {"n": "integer", "k": "integer"}, in order."""
    pairs = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = item.partition(" ")
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or not value.strip() or name in pairs:
            raise ValueError(f"expected 'name type', each name once, not {item!r}")
        pairs[name] = value.strip()
    return pairs


def _port(text: str) -> Port:
    """ "4..40" or "0.5..40 m/s"."""
    match = re.fullmatch(r"(-?[\d.]+?)\.\.(-?[\d.]+)(?: (.+))?", text)
    if match is None or Fraction(match.group(1)) >= Fraction(match.group(2)):
        raise ValueError(f"expected 'low..high unit', not {text!r}")
    return Port(low=match.group(1), high=match.group(2), unit=match.group(3) or "")
