"""The wording language: one description of a text that can both be written and be read back.

`[[a|b]]` is a choice, `{name}` a slot (`{name unit}` a slot with its unit), everything else is literal; a
slot inside `$...$` is in math mode. Because the same tree renders and matches, every wording that a skill
can produce is one that its reader understands, and a text is read only when every character is accounted
for. Only the standard library is imported: this module also runs inside the sandbox.

Matching is a search over the tree with a budget, never a regular expression made from package data, so a
hostile package or statement costs bounded work.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

MATCH_BUDGET = 200_000
"""Nodes visited before a match is given up."""


class WordingError(ValueError):
    """A template is not well formed."""


class TooComplexError(ValueError):
    """Matching a text ran over its budget."""


@dataclass(frozen=True)
class Literal:
    """Text that stands for itself."""

    text: str


@dataclass(frozen=True)
class Slot:
    """A place for a value; `math` is true inside `$...$`, `unit` follows a literal value but not a reference."""

    name: str
    math: bool = False
    unit: str = ""


@dataclass(frozen=True)
class Choice:
    """One of several alternatives."""

    options: tuple[Node, ...]


@dataclass(frozen=True)
class Sequence:
    """Parts one after the other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Scoped:
    """Slots inside belong to this part of a statement: a step, a link, the opening or the closing."""

    scope: str
    node: Node


@dataclass(frozen=True)
class Capitalised:
    """The text inside begins a sentence: its first letter is upper case."""

    node: Node


@dataclass(frozen=True)
class Marked:
    """Remembers that this part was used, under a name: how a reader learns which alternative it saw."""

    name: str
    node: Node


Node = Literal | Slot | Choice | Sequence | Scoped | Capitalised | Marked

_TOKEN = re.compile(r"\\\||\[\[|\]\]|\||\{([A-Za-z_][A-Za-z0-9_]*)(?: ([^{}\[\]|]+))?\}")


def parse(template: str, slots: frozenset[str] | set[str]) -> Node:
    """The tree of `template`; braces around a word outside `slots` are literal text (LaTeX needs them).

    Raises:
        WordingError: unbalanced `[[ ]]`, or a `$` that opens inside a choice and closes outside.
    """
    return _parsed(template, frozenset(slots))


@lru_cache(maxsize=8_192)
def _parsed(template: str, slots: frozenset[str]) -> Node:
    tokens = _tokenize(" ".join(template.split()), slots)
    node, rest, math = _parse_sequence(tokens, 0, slots, math=False, nested=False)
    if rest != len(tokens):
        raise WordingError(f"unexpected ']]' in {template!r}")
    if math:
        raise WordingError(f"unbalanced $ in {template!r}")
    return node


def _tokenize(template: str, slots: frozenset[str] | set[str]) -> list[tuple[str, Any]]:
    tokens: list[tuple[str, Any]] = []
    position = 0
    for match in _TOKEN.finditer(template):
        if match.group(1) and match.group(1) not in slots:
            continue
        if match.start() > position:
            tokens.append(("text", template[position : match.start()]))
        found = match.group(0)
        if match.group(1):
            tokens.append(("slot", (match.group(1), match.group(2) or "")))
        elif found == r"\|":
            tokens.append(("text", "|"))
        else:
            tokens.append((found, None))
        position = match.end()
    if position < len(template):
        tokens.append(("text", template[position:]))
    return tokens


def _parse_sequence(
    tokens: list[tuple[str, Any]], index: int, slots: frozenset[str] | set[str], *, math: bool, nested: bool
) -> tuple[Node, int, bool]:
    parts: list[Node] = []
    while index < len(tokens):
        kind, value = tokens[index]
        if kind == "]]" or (kind == "|" and nested):
            break
        index += 1
        if kind == "text":
            parts.append(Literal(value))
            math ^= value.count("$") % 2 == 1
        elif kind == "|":
            parts.append(Literal("|"))
        elif kind == "slot":
            parts.append(Slot(value[0], math=math, unit=value[1]))
        else:
            options: list[Node] = []
            while True:
                option, index, math_after = _parse_sequence(tokens, index, slots, math=math, nested=True)
                if index >= len(tokens):
                    raise WordingError("a '[[' is never closed")
                if math_after != math:
                    raise WordingError("a $ opens inside a choice and closes outside")
                options.append(option)
                closing = tokens[index][0]
                index += 1
                if closing == "]]":
                    break
            parts.append(Choice(tuple(options)))
    node = Sequence(tuple(parts)) if len(parts) > 1 else parts[0] if parts else Literal("")
    return node, index, math


def slots_of(node: Node) -> frozenset[str]:
    """Names of all slots in the tree."""
    if isinstance(node, Slot):
        return frozenset({node.name})
    if isinstance(node, Choice):
        return frozenset().union(*(slots_of(option) for option in node.options))
    if isinstance(node, Sequence):
        return frozenset().union(*(slots_of(part) for part in node.parts))
    if isinstance(node, Literal):
        return frozenset()
    return slots_of(node.node)


def units_of(node: Node) -> frozenset[tuple[str, str]]:
    """(slot, unit) for every slot in the tree that is followed by a unit."""
    if isinstance(node, Slot):
        return frozenset({(node.name, node.unit)} if node.unit else ())
    if isinstance(node, Choice):
        return frozenset().union(*(units_of(option) for option in node.options))
    if isinstance(node, Sequence):
        return frozenset().union(*(units_of(part) for part in node.parts))
    if isinstance(node, Literal):
        return frozenset()
    return units_of(node.node)


def variants(node: Node) -> int:
    """How many different texts the tree can render with its slots masked (alternatives counted once each)."""
    if isinstance(node, Choice):
        return sum(variants(option) for option in node.options)
    if isinstance(node, Sequence):
        total = 1
        for part in node.parts:
            total *= variants(part)
        return total
    if isinstance(node, Literal | Slot):
        return 1
    return variants(node.node)


Writer = Callable[[str, Slot], str]
"""(scope, slot) -> the text that stands in the slot."""


def render(node: Node, rng: random.Random, write: Writer, scope: str = "") -> str:
    """One text of the tree, choices drawn from `rng`."""
    if isinstance(node, Literal):
        return node.text
    if isinstance(node, Slot):
        return write(scope, node)
    if isinstance(node, Choice):
        return render(rng.choice(node.options), rng, write, scope)
    if isinstance(node, Sequence):
        return "".join([render(part, rng, write, scope) for part in node.parts])
    if isinstance(node, Scoped):
        return render(node.node, rng, write, node.scope)
    if isinstance(node, Capitalised):
        text = render(node.node, rng, write, scope)
        return text[:1].upper() + text[1:]
    return render(node.node, rng, write, scope)


Capture = tuple[str, str, Any]
"""(scope, slot name, value); a mark is (scope, name, True)."""

Reader = Callable[[str, Slot, str, int], tuple[int, Any] | None]
"""(scope, slot, text, position) -> (end, value) of the token that stands there, or None."""


@dataclass
class _Search:
    """One matching run: the text, how slots are read, and what is left of the budget."""

    read: Reader
    budget: int = MATCH_BUDGET
    lowered: dict[int, str] = field(default_factory=dict)

    def walk(
        self, node: Node, text: str, position: int, scope: str, captured: tuple[Capture, ...]
    ) -> Iterator[tuple[int, tuple[Capture, ...]]]:
        self.budget -= 1
        if self.budget < 0:
            raise TooComplexError("the text has too many possible readings")
        if isinstance(node, Literal):
            literal = node.text
            if literal[:1] == " " and text[max(position - 1, 0) : position] in ("", " "):
                literal = literal[1:]  # an empty choice before it leaves no second space
            if text.startswith(literal, position):
                yield position + len(literal), captured
        elif isinstance(node, Slot):
            found = self.read(scope, node, text, position)
            if found is not None:
                yield found[0], (*captured, (scope, node.name, found[1]))
        elif isinstance(node, Choice):
            for option in node.options:
                yield from self.walk(option, text, position, scope, captured)
        elif isinstance(node, Sequence):
            yield from self._walk_parts(node.parts, 0, text, position, scope, captured)
        elif isinstance(node, Scoped):
            yield from self.walk(node.node, text, position, node.scope, captured)
        elif isinstance(node, Capitalised):
            yield from self._walk_capitalised(node.node, text, position, scope, captured)
        else:
            for end, inner in self.walk(node.node, text, position, scope, captured):
                yield end, (*inner, (scope, node.name, True))

    def _walk_parts(  # noqa: PLR0917
        self,
        parts: tuple[Node, ...],
        index: int,
        text: str,
        position: int,
        scope: str,
        captured: tuple[Capture, ...],
    ) -> Iterator[tuple[int, tuple[Capture, ...]]]:
        if index == len(parts):
            yield position, captured
            return
        for end, inner in self.walk(parts[index], text, position, scope, captured):
            yield from self._walk_parts(parts, index + 1, text, end, scope, inner)

    def _walk_capitalised(
        self, node: Node, text: str, position: int, scope: str, captured: tuple[Capture, ...]
    ) -> Iterator[tuple[int, tuple[Capture, ...]]]:
        first = text[position : position + 1]
        if not first.isalpha():
            yield from self.walk(node, text, position, scope, captured)
        elif first.isupper():
            lowered = text[:position] + first.lower() + text[position + 1 :]
            yield from self.walk(node, lowered, position, scope, captured)
            yield from self.walk(node, text, position, scope, captured)


def readings(
    node: Node, text: str, read: Reader, *, budget: int = MATCH_BUDGET
) -> Iterator[tuple[Capture, ...]]:
    """Every way in which the whole of `text` is an instance of the tree, as its captures in order.

    Raises:
        TooComplexError: after `budget` visited nodes.
    """
    for end, captured in _Search(read, budget).walk(node, text, 0, "", ()):
        if end == len(text):
            yield captured


def load_forms(forms: list[Mapping[str, Any]], slots: frozenset[str]) -> Node:
    """The tree of a package's `[[forms]]`: a choice of `setup` sentences with the `quantity` they lead to.

    Each form becomes `Sequence(setup, quantity)`; `propound.skills.toolkit.statement` puts frames around it.
    """
    if not forms:
        raise WordingError("a wording needs at least one form")
    loaded: list[Node] = []
    for form in forms:
        unknown = set(form) - {"setup", "quantity"}
        if unknown or not form.get("quantity"):
            raise WordingError(f"a form has 'setup' and a non-empty 'quantity', not {sorted(form)}")
        setup = [parse(text, slots) for text in form.get("setup", [])] or [Literal("")]
        quantity = [parse(text, slots) for text in form["quantity"]]
        loaded.append(Sequence((Choice(tuple(setup)), Choice(tuple(quantity)))))
    return Choice(tuple(loaded))
