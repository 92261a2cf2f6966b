"""A skill package's texts become a `Card`, or it is said what is wrong, by file and line.

Packages are in the Agent Skills format (https://agentskills.io/specification), ours or others': `name`,
`description` and a body are enough. Nothing of a package is executed here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError, field_validator

from propound.card import (
    MAX_BODY,
    MAX_CONFLICTS,
    MAX_DESCRIPTION,
    MAX_NAME,
    MAX_PART,
    MAX_SCRIPT,
    MAX_SCRIPTS,
    Card,
)
from propound.characters import hidden, tidy
from propound.domain import Domain
from propound.errors import SkillError
from propound.record import Record, digest
from propound.skills.files import FORMAL, MAX_FILE, SKILL, FileError, read
from propound.skills.front import FrontError, Value, parse, split

GENERAL = "general"
"""The category of a card that names none."""
SECTIONS = ("Recognition", "Workflow", "Effect", "Check", "Typical mistakes")
"""What the body of a card of ours says, in this order."""
FIELDS = frozenset({"name", "description", "license", "compatibility", "metadata", "allowed-tools"})
"""The fields of the format."""
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PROGRAM = re.compile(r"scripts/([a-z_][a-z0-9_]*\.py)")
_LONGEST = {
    "description": MAX_DESCRIPTION,
    "category": MAX_NAME,
    "intent": MAX_DESCRIPTION,
    "method": MAX_PART,
    "difficulty": MAX_PART,
    "tool": MAX_PART,
}


class Fault(Record):
    """One thing about a package, and where."""

    file: str
    line: int
    reason: str
    advice: bool = False
    """The card is read all the same; it would be a better one without."""

    @field_validator("file", "reason", mode="before")
    @classmethod
    def _printable(cls, text: str) -> str:
        """Names of files and keys are a stranger's, too, and need not even be UTF-8."""
        return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {'advice: ' if self.advice else ''}{self.reason}"


class Inspection(Record):
    """What a package's texts come to."""

    card: Card | None
    """None: at least one fault is more than advice."""
    faults: tuple[Fault, ...] = ()
    formal: bool = False
    """Whether it has a formal part, which only `propound.skills.load_package` reads."""


def inspect(
    texts: Mapping[str, str], *, folder: str | None = None, domain: Domain | None = None
) -> Inspection:
    """Read a package's texts by path: `SKILL.md`, and perhaps `scripts/NAME.py`.

    `folder`: the name of its folder, which has to be the skill's own; None where there is no folder. `domain`: of a
    package that names none.
    """
    formal = all(path in texts for path in FORMAL)
    faults: list[Fault] = []
    scripts = _scripts(texts, formal, faults)
    fields = _skill(texts.get(SKILL), folder, domain, faults)
    if any(not fault.advice for fault in faults):
        return Inspection(card=None, faults=tuple(faults), formal=formal)
    kept = [texts[path] for path in (SKILL, *FORMAL)] if formal else sorted(texts.items())
    try:
        card = Card(**fields, scripts=scripts, content_hash=digest(kept))
    except ValidationError as error:
        faults += [_fault(first) for first in error.errors()]
        return Inspection(card=None, faults=tuple(faults), formal=formal)
    return Inspection(card=card, faults=tuple(faults), formal=formal)


def inspect_folder(folder: Path, *, domain: Domain | None = None) -> Inspection:
    """As `inspect`, of a package's folder; what cannot be read is a fault."""
    try:
        texts = read(folder)
    except FileError as error:
        return Inspection(card=None, faults=(Fault(file=error.file, line=error.line, reason=error.reason),))
    return inspect(texts, folder=folder.resolve().name, domain=domain)


def advise(card: Card) -> list[Fault]:
    """What makes a card worse than it could be: parts and sections that are missing, programs that do not compile."""
    found = [
        Fault(file=SKILL, line=1, reason=f"metadata has no `{part}`", advice=True)
        for part in ("method", "difficulty", "tool")
        if not getattr(card, part)
    ]
    if card.category == GENERAL:
        found.append(Fault(file=SKILL, line=1, reason="metadata has no `category`", advice=True))
    headings = {line.lstrip("#").strip().casefold() for line in card.body.split("\n") if line.startswith("#")}
    found += [
        Fault(file=SKILL, line=1, reason=f"the body has no section `## {section}`", advice=True)
        for section in SECTIONS
        if section.casefold() not in headings
    ]
    for name, source in card.scripts.items():
        try:
            ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = getattr(error, "lineno", None) or 1
            found.append(Fault(file=f"scripts/{name}", line=line, reason=f"{type(error).__name__}: {error}"))
    return found


def refusal(where: str, faults: Sequence[Fault]) -> SkillError:
    """The error that says what is wrong with a package; advice is left out."""
    said = [str(fault) for fault in faults if not fault.advice]
    more = f" (and {len(said) - 3} more)" if len(said) > 3 else ""
    return SkillError(f"skill {where}: {'; '.join(said[:3])}{more}")


def _skill(
    text: str | None, folder: str | None, domain: Domain | None, faults: list[Fault]
) -> dict[str, Any]:
    """The card's fields that SKILL.md says, as far as it says them rightly."""
    if text is None:
        faults.append(Fault(file=SKILL, line=1, reason="it is not there"))
        return {}
    if len(text) > MAX_FILE:
        faults.append(Fault(file=SKILL, line=1, reason=f"it is longer than {MAX_FILE} characters"))
        return {}
    text = tidy(text.removeprefix("\ufeff"))
    unseen = hidden(text)
    if unseen is not None:
        faults.append(_unseen(SKILL, *unseen))
        return {}
    try:
        front, body, start = split(text)
        values = parse(front)
    except FrontError as error:
        faults.append(Fault(file=SKILL, line=error.line, reason=error.reason))
        return {}
    if len(body.strip()) > MAX_BODY:
        reason = f"the body has {len(body.strip())} characters, more than {MAX_BODY}"
        faults.append(Fault(file=SKILL, line=start, reason=reason))
    faults += [Fault(file=SKILL, line=line, reason=reason, advice=True) for line, reason in _foreign(values)]
    metadata = values.get("metadata", Value({}, 1))
    if not isinstance(metadata.content, dict):
        faults.append(
            Fault(file=SKILL, line=metadata.line, reason="metadata is a mapping: `  domain: science`")
        )
        return {}
    reading = _Reading(values, metadata.content, faults)
    return {
        "name": reading.name(folder),
        "description": (description := reading.text("description", values)),
        "domain": reading.domain(domain, metadata.line),
        "category": reading.text("category").casefold() or GENERAL,
        "intent": reading.text("intent") or description,
        "method": reading.text("method"),
        "difficulty": reading.text("difficulty"),
        "tool": reading.text("tool"),
        "conflicts": reading.conflicts(),
        "body": body.strip(),
    }


class _Reading:
    """The fields of one front matter; what is wrong with them goes to `faults`."""

    def __init__(
        self, values: Mapping[str, Value], metadata: Mapping[str, Value], faults: list[Fault]
    ) -> None:
        self.values = values
        self.metadata = metadata
        self.faults = faults

    def complain(self, value: Value | None, reason: str) -> None:
        self.faults.append(Fault(file=SKILL, line=value.line if value else 1, reason=reason))

    def text(self, field: str, values: Mapping[str, Value] | None = None) -> str:
        """A field in one line; empty if it is not there. Those of the front matter itself have to be."""
        value = (self.metadata if values is None else values).get(field)
        shown = field if values is not None else f"metadata.{field}"
        if value is None:
            if values is not None:
                self.complain(None, f"`{field}` is missing")
            return ""
        text = value.text()
        longest = _LONGEST[field]
        if text is None:
            self.complain(value, f"`{shown}` is text, and stands here as a list or a mapping")
        elif len(text) > longest:
            self.complain(value, f"`{shown}` has {len(text)} characters, more than {longest}")
        elif not text and values is not None:
            self.complain(value, f"`{shown}` is empty")
        return text or ""

    def name(self, folder: str | None) -> str:
        value = self.values.get("name")
        name = value.text() if value else None
        if not name:
            self.complain(value, "`name` is missing")
            return ""
        if _NAME.fullmatch(name) is None or len(name) > MAX_NAME:
            self.complain(
                value,
                f"`name` is {name[:80]!r}: lower-case letters a-z, digits and single hyphens between them, at most "
                f"{MAX_NAME}",
            )
        elif folder is not None and name != folder:
            self.complain(
                value, f"`name` is {name}, and its folder is {folder[:80]!r}: they have to be the same"
            )
        return name

    def domain(self, default: Domain | None, line: int) -> Domain | None:
        value = self.metadata.get("domain")
        words = ", ".join(Domain)
        if value is None:
            if default is None:
                self.faults.append(
                    Fault(
                        file=SKILL,
                        line=line,
                        reason=f"`metadata.domain` is missing, and no domain is given for those without ({words})",
                    )
                )
            return default
        found = next((domain for domain in Domain if domain == (value.text() or "").casefold()), None)
        if found is None:
            self.complain(value, f"`metadata.domain` is {(value.text() or '')[:40]!r}: one of {words}")
        return found

    def conflicts(self) -> tuple[str, ...]:
        """Names with blanks or commas between them, or a list."""
        value = self.metadata.get("conflicts")
        if value is None:
            return ()
        if isinstance(value.content, list):
            names = [item.text() or "" for item in value.content]
        else:
            names = (value.text() or "").replace(",", " ").split()
        wrong = next((name for name in names if _NAME.fullmatch(name) is None or len(name) > MAX_NAME), None)
        if wrong is not None or isinstance(value.content, dict):
            self.complain(
                value, f"`metadata.conflicts` holds {(wrong or '')[:40]!r}, which is no name of a skill"
            )
        if len(names) > MAX_CONFLICTS:
            self.complain(value, f"`metadata.conflicts` holds {len(names)} names, more than {MAX_CONFLICTS}")
        return tuple(sorted(set(names)))


def _foreign(values: Mapping[str, Value]) -> Iterator[tuple[int, str]]:
    """What the format's reference validator refuses and this reader does not."""
    for field, value in values.items():
        if field not in FIELDS:
            yield value.line, f"the format knows no field `{field[:40]}`; what is yours goes below metadata"
    waiting = list(values.values())
    while waiting:
        value = waiting.pop()
        if value.flow:
            yield (
                value.line,
                "brackets are not read by the format's reference validator: write one entry a line",
            )
        elif not isinstance(value.content, str):
            inside = value.content.values() if isinstance(value.content, dict) else value.content
            waiting.extend(inside)


def _scripts(texts: Mapping[str, str], formal: bool, faults: list[Fault]) -> dict[str, str]:
    """The programs by their files' names, in order. The script of a formal part draws problems: it is not one."""
    scripts: dict[str, str] = {}
    if len(texts) > 1 + len(FORMAL) + MAX_SCRIPTS:
        faults.append(Fault(file="scripts", line=1, reason=f"there are more than {MAX_SCRIPTS} programs"))
        return scripts
    for path in sorted(texts):
        if path == SKILL or (formal and path in FORMAL):
            continue
        match = _PROGRAM.fullmatch(path)
        source = _plain_ends(texts[path])
        unseen = hidden(source)
        if match is None:
            reason = "a program is a file scripts/NAME.py, its name of a-z, 0-9 and _"
            faults.append(Fault(file=path[:120], line=1, reason=reason))
        elif unseen is not None:
            faults.append(_unseen(path, *unseen))
        elif not 0 < len(source) <= MAX_SCRIPT:
            reason = f"it has {len(source)} characters: a program has from 1 to {MAX_SCRIPT}"
            faults.append(Fault(file=path, line=1, reason=reason))
        else:
            scripts[match.group(1)] = source
    if len(scripts) > MAX_SCRIPTS:
        faults.append(Fault(file="scripts", line=1, reason=f"there are more than {MAX_SCRIPTS} programs"))
    return scripts


def _plain_ends(source: str) -> str:
    """A program with plain line ends and without a byte order mark; its tabs stay."""
    return source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _unseen(file: str, sign: str, line: int) -> Fault:
    return Fault(file=file, line=line, reason=f"the line holds {sign}, a character that cannot be seen")


def _fault(error: Any) -> Fault:
    where = ".".join(str(part) for part in error["loc"])
    return Fault(file=SKILL, line=1, reason=f"{where}: {error['msg']}".removeprefix(": "))
