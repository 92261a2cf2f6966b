"""What a skill says of itself (`Card`): all that open mode knows of one. Every skill package has a card.

A skill is k = <iota, mu, delta, tau> (method section 3): intent, method, difficulty effect, tool hint.
"""

from __future__ import annotations

import keyword
import re
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from propound.characters import hidden
from propound.domain import Domain
from propound.record import Record

MAX_NAME = 64
"""Longest name and category, in characters; the format's own limit for names."""
MAX_DESCRIPTION = 1_024
"""Longest description, in characters; the format's own limit."""
MAX_PART = 600
"""Longest method, difficulty and tool, in characters."""
MAX_BODY = 20_000
"""Longest body of a card, in characters: the 5,000 tokens that the format recommends at most."""
MAX_CONFLICTS = 32
MAX_SCRIPTS = 8
MAX_SCRIPT = 20_000
"""Longest program of a card, in characters."""
MAX_TEXT = 20_000
"""Longest text of a package that comes with a request, in characters."""

SkillName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=MAX_NAME)]
"""Lower-case letters, digits and single hyphens between them."""
ScriptName = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]*\.py$", max_length=MAX_NAME)]
"""A module's file."""
Script = Annotated[str, StringConstraints(min_length=1, max_length=MAX_SCRIPT)]


class Card(Record):
    """A skill in words. Everything but the body is the first level of disclosure, the body the second.

    Its text may be a stranger's: bounded, without characters that cannot be seen, and in one line except for the body
    and the scripts, so that no field can pass for another one in a prompt.
    """

    name: SkillName
    domain: Domain
    category: str = Field(min_length=1, max_length=MAX_NAME)
    """A free word, as "number-theory"."""
    description: str = Field(min_length=1, max_length=MAX_DESCRIPTION)
    """What it is and when to use it."""
    intent: str = Field(default="", max_length=MAX_DESCRIPTION)
    """Why one would use it; iota. A package that does not say has its description here."""
    method: str = Field(default="", max_length=MAX_PART)
    """How a problem is built with it; mu."""
    difficulty: str = Field(default="", max_length=MAX_PART)
    """What it makes harder; delta."""
    tool: str = Field(default="", max_length=MAX_PART)
    """What to check with; tau."""
    conflicts: tuple[SkillName, ...] = Field(default=(), max_length=MAX_CONFLICTS)
    """Names of skills that do not go together with it."""
    body: str = Field(default="", max_length=MAX_BODY)
    """Recognition, workflow, effect, check, typical mistakes."""
    scripts: dict[ScriptName, Script] = Field(default={}, max_length=MAX_SCRIPTS)
    """Sources of programs that help to check, by name: the third level, on the path of the agent's programs."""
    content_hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    """SHA-256 over what the card was read from."""

    @field_validator("category", "description", "intent", "method", "difficulty", "tool")
    @classmethod
    def _one_visible_line(cls, text: str) -> str:
        if "\n" in text or "\t" in text:
            raise ValueError("it has to be one line")
        return _visible(text)

    @field_validator("body")
    @classmethod
    def _visible_body(cls, text: str) -> str:
        return _visible(text)

    @field_validator("scripts")
    @classmethod
    def _visible_scripts(cls, scripts: dict[str, str]) -> dict[str, str]:
        return {name: _visible(source) for name, source in scripts.items()}

    @model_validator(mode="after")
    def _importable(self) -> Self:
        if self.scripts and not (self.package.isidentifier() and not keyword.iskeyword(self.package)):
            raise ValueError(
                f"a card with programs needs a name that Python can import; {self.package!r} is none"
            )
        return self

    @property
    def package(self) -> str:
        """What its programs are imported from: `from inclusion_exclusion.venn import regions`."""
        return self.name.replace("-", "_")

    @property
    def modules(self) -> dict[str, str]:
        """Its programs by path below a folder that is searched by imports.

        Each card has a folder without `__init__.py`, so no card hides another's programs or a module of Python.
        """
        return {f"{self.package}/{name}": source for name, source in self.scripts.items()}

    def front(self) -> str:
        """The first level of disclosure: a compact block that is always in the prompt."""
        lines = [f"name: {self.name} ({self.category})"]
        parts = {
            "intent": self.intent or self.description,
            "method": self.method,
            "difficulty": self.difficulty,
        }
        parts["check with"] = self.tool
        lines += [f"{title}: {text}" for title, text in parts.items() if text]
        if self.conflicts:
            lines.append(f"conflicts: {', '.join(self.conflicts)}")
        return "\n".join(lines)


def _visible(text: str) -> str:
    found = hidden(text)
    if found is not None:
        sign, line = found
        raise ValueError(f"line {line} holds {sign}, which cannot be seen")
    return text


_PATH = re.compile(r"SKILL\.md|scripts/[a-z_][a-z0-9_]{0,60}\.py")
_TEXT = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}
_TEXTS = {
    "type": "object",
    "properties": {"SKILL.md": _TEXT},
    "patternProperties": {r"^scripts/[a-z_][a-z0-9_]{0,60}\.py$": _TEXT},
    "required": ["SKILL.md"],
    "additionalProperties": False,
    "maxProperties": 1 + MAX_SCRIPTS,
}


def _form(package: Any) -> str | None:
    return "text" if isinstance(package, str) else "texts" if isinstance(package, dict) else None


def _bounded(package: str | dict[str, str]) -> str | dict[str, str]:
    texts = package if isinstance(package, dict) else {"SKILL.md": package}
    if "SKILL.md" not in texts or len(texts) > 1 + MAX_SCRIPTS:
        raise ValueError(f"a package is a SKILL.md and at most {MAX_SCRIPTS} programs")
    if any(_PATH.fullmatch(path) is None for path in texts):
        raise ValueError("a package holds SKILL.md and scripts/NAME.py")
    if not all(0 < len(text) <= MAX_TEXT for text in texts.values()):
        raise ValueError(f"a text has 1 to {MAX_TEXT} characters")
    return package


PackageText = Annotated[
    Annotated[str, Tag("text")] | Annotated[dict[str, str], Tag("texts")],
    Discriminator(
        _form,
        custom_error_type="package",
        custom_error_message="it is a text, or the texts of a package by path",
    ),
    AfterValidator(_bounded),
    WithJsonSchema({"anyOf": [_TEXT, _TEXTS]}),
]
"""A package that comes with a request: a SKILL.md, or its texts by path (`SKILL.md`, `scripts/NAME.py`)."""
