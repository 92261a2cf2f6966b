"""What a skill says of itself (`Card`): all that open mode knows of one. Every skill package has a card.

A skill is k = <iota, mu, delta, tau> (method section 3): intent, method, difficulty effect, tool hint.
"""

from __future__ import annotations

from pydantic import Field

from propound.domain import Domain
from propound.record import Record

MAX_BODY = 12_000
"""Longest body of a card, in characters."""


class Card(Record):
    """A skill in words. Everything but the body is the first level of disclosure, the body the second."""

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)
    domain: Domain
    category: str = Field(min_length=1, max_length=64)
    """A free word, as "number-theory"."""
    description: str = Field(min_length=1, max_length=1_024)
    """What it is and when to use it."""
    intent: str = Field(default="", max_length=600)
    """Why one would use it; iota."""
    method: str = Field(default="", max_length=600)
    """How a problem is built with it; mu."""
    difficulty: str = Field(default="", max_length=600)
    """What it makes harder; delta."""
    tool: str = Field(default="", max_length=600)
    """What to check with; tau."""
    conflicts: tuple[str, ...] = Field(default=(), max_length=32)
    """Names of skills that do not go together with it."""
    body: str = Field(default="", max_length=MAX_BODY)
    """Recognition, workflow, effect, typical mistakes."""
    scripts: dict[str, str] = Field(default={}, max_length=8)
    """Sources of programs that help to check, by name: the third level, on the path of the agent's programs."""
    content_hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    """SHA-256 over what the card was read from."""

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
