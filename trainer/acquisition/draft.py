"""A draft: what a teacher says of a skill, part by part, and the SKILL.md that is made of it."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from propound.card import MAX_NAME
from propound.characters import tidy
from propound.domain import Domain
from propound.record import Record, digest


@dataclass(frozen=True)
class Part:
    """One thing that a card says."""

    key: str
    hint: tuple[str, ...]
    """What the form says in its place; more than one text where it is a list."""
    fewest: int = 1
    """Different words that say enough."""
    most: int = 8
    """Words that do not say too much."""
    heading: str = ""
    """Of its section in the body; without one it stands in the front matter."""
    is_list: bool = False


PARTS = (
    Part("name", ("two to five words that name the idea",)),
    Part("domain", ("mathematics, coding or science",)),
    Part("category", ("its field in one or two words",)),
    Part("description", ("what the skill is and when to use it, in one or two sentences",), 8, 60),
    Part("intent", ("why an author uses it, in one sentence",), 5, 40),
    Part("method", ("how a new problem is built with it, in one or two sentences",), 8, 80),
    Part("difficulty", ("what it makes harder for the solver, in one sentence",), 5, 50),
    Part("tool", ("what to check a problem with, as a short program that tries every case",), 4, 50),
    Part("recognition", ("when the skill fits and when it does not",), 8, 120, "Recognition"),
    Part(
        "workflow",
        ("the first step of building a problem", "the second step", "the third step"),
        16,
        250,
        "Workflow",
        is_list=True,
    ),
    Part(
        "effect", ("what the solver has to find out, and what makes it easier or harder",), 8, 120, "Effect"
    ),
    Part("check", ("how to see that a problem is sound and its answer is right",), 6, 120, "Check"),
    Part(
        "mistakes",
        ("a typical mistake of authors", "another one"),
        6,
        150,
        "Typical mistakes",
        is_list=True,
    ),
)
"""What is asked of a teacher, in the order in which it is asked."""
WRITTEN = tuple(part for part in PARTS if part.most > 8)
"""Those that are prose."""
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        part.key: {"type": "array", "items": {"type": "string"}} if part.is_list else {"type": "string"}
        for part in PARTS
    },
    "required": [part.key for part in PARTS],
    "additionalProperties": False,
}
"""What servers with structured outputs hold a reply to; its reader does not rely on it."""
GENERAL = "general"
_MARKERS = re.compile(r"^(?:[\s#>]|[-*•]\s+|\(?\d{1,2}[.)]\s+)*")
_DASHES = re.compile(r"-{3,}")
_WORD = re.compile(r"[a-z0-9]+")


class Draft(Record):
    """A teacher's card, tidied up: each part is one line, but for lists and sections. All of it is untrusted."""

    name: str = ""
    domain: Domain | None = None
    category: str = ""
    description: str = ""
    intent: str = ""
    method: str = ""
    difficulty: str = ""
    tool: str = ""
    recognition: str = ""
    workflow: str = ""
    """A step a line."""
    effect: str = ""
    check: str = ""
    mistakes: str = ""
    """A mistake a line."""

    def said(self, part: Part) -> str:
        """What it says there; empty where it says nothing."""
        return str(getattr(self, part.key) or "")

    def text(self) -> str:
        """The draft as a reply in the form that is asked for, which a proposer learns to write."""
        said = {part.key: self.said(part).split("\n") if part.is_list else self.said(part) for part in PARTS}
        return json.dumps(said, ensure_ascii=False, indent=1)

    def prose(self) -> str:
        """All that it says, as text."""
        return "\n".join(filter(None, (self.name, *map(self.said, WRITTEN))))

    def slug(self) -> str:
        """Its name as the format wants it: a-z, 0-9 and single hyphens."""
        plain = unicodedata.normalize("NFKD", self.name).encode("ascii", "ignore").decode().lower()
        cut = "-".join(_WORD.findall(plain))[:MAX_NAME].strip("-")
        return cut or f"skill-{digest(self.text())[:8]}"

    def skill(self, name: str) -> str:
        """The SKILL.md of a card of that name: text alone, as `propound.skills` and the format's validator read it."""
        assert self.domain is not None, "what has no domain is no card"
        metadata = {"domain": str(self.domain), "category": self.category or GENERAL}
        metadata |= {key: getattr(self, key) for key in ("intent", "method", "difficulty", "tool")}
        lines = ["---", f"name: {name}", f"description: {_quoted(self.description)}", "metadata:"]
        lines += [f"  {key}: {_quoted(text)}" for key, text in metadata.items() if text]
        lines += ["---", "", f"# {one_line(self.name) or name}"]
        for part in PARTS:
            text = self.said(part)
            if part.heading and text:
                lines += ["", f"## {part.heading}", *_section(part, text.split("\n"))]
        return "\n".join([*lines, ""])


def one_line(text: str) -> str:
    """The text in one line, without the signs that begin headings, quotes and entries of lists."""
    return _MARKERS.sub("", " ".join(text.split()) + " ").strip()


def lines_of(text: str) -> str:
    """The text's lines without their markers; those that are empty are left out."""
    return "\n".join(filter(None, map(one_line, tidy(text).split("\n"))))


def _section(part: Part, lines: list[str]) -> list[str]:
    if not part.is_list:
        return lines
    return [
        f"{f'{number}.' if part.key == 'workflow' else '-'} {line}" for number, line in enumerate(lines, 1)
    ]


def _quoted(text: str) -> str:
    """A YAML scalar. The format's validator takes three hyphens for the end of the front matter, wherever they are."""
    return json.dumps(_DASHES.sub("\N{EM DASH}", text), ensure_ascii=False)
