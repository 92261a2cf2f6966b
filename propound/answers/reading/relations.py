"""Reads equations and inequalities between two expressions."""

from __future__ import annotations

import re
from dataclasses import dataclass

from propound.answers.errors import UnreadableError
from propound.answers.reading.notation import plain, split_top
from propound.answers.reading.syntax import parse
from propound.answers.reading.tree import Apply, Name, Node, names

_SIGN = re.compile("([<>≤≥≠]|=+)")
_AND = re.compile(r"\s(?:and)\s|\\(?:land|wedge)(?![A-Za-z])")
_ALIGNED = re.compile(r"\\begin\s*\{(?:cases|aligned)\}(.*)\\end\s*\{(?:cases|aligned)\}", re.DOTALL)
_MIRRORED = {"<": ">", ">": "<", "≤": "≥", "≥": "≤", "=": "=", "≠": "≠"}
_MOST = 8


@dataclass(frozen=True, slots=True)
class Relation:
    """left sign right; the sign is one of = ≠ < ≤."""

    left: Node
    sign: str
    right: Node

    @property
    def difference(self) -> Node:
        """What is compared with zero."""
        return Apply("add", (self.left, Apply("neg", (self.right,))))

    @property
    def solved_for(self) -> str | None:
        """y in y = 2x + 1."""
        solved = isinstance(self.left, Name) and self.left.name not in names(self.right)
        return self.left.name if solved and isinstance(self.left, Name) else None


def read_relations(text: str) -> tuple[Relation, ...]:
    """The equations or inequalities of a list or system. Raises `UnreadableError`."""
    aligned = _ALIGNED.fullmatch(text.strip().strip("$").strip())
    if aligned:
        lines = [line.replace("&", " ") for line in re.split(r"\\\\", aligned[1])]
        parts = [plain(line).rstrip(",. ") for line in lines if line.strip()]
    else:
        parts = [part.strip() for whole in _AND.split(plain(text)) for part in split_top(whole)]
    if len(parts) > _MOST:
        raise UnreadableError("too many equations")
    return tuple(read_relation(part) for part in parts)


def read_relation(written: str) -> Relation:
    """One relation, in plain notation. Raises `UnreadableError`."""
    parts = _SIGN.split(written)
    if len(parts) != 3 or len(parts[1]) > 1:
        raise UnreadableError("no single equation")
    left, right = parse(parts[0].strip()), parse(parts[2].strip())
    if parts[1] in ">≥":
        return Relation(right, _MIRRORED[parts[1]], left)
    return Relation(left, parts[1], right)
