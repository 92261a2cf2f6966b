"""A whole statement: written from a composition, and read back into one.

The frames of a domain (openings, "Let $A$ be ...", questions, closings) go around the skills' own wordings.
`write` draws one of the many texts; `read` recovers the composition from a text, or says why it cannot.
Reading accounts for every character: a sentence that no wording knows makes the statement unreadable.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import wording
from .composition import Reference, Skill
from .streams import FUNCTION, STDIN, read_line, write_line
from .values import ParameterType
from .wording import Capitalised, Choice, Literal, Marked, Node, Scoped, Slot

MAX_STATEMENT = 6_000
_FRAME_SLOTS = frozenset(
    {
        "quantity",
        "Quantity",
        "name",
        "ref",
        "modulus",
        "offset",
        "percent",
        "factor",
        "unit",
        "digits",
        "input",
        "output",
        "stdin",
        "stdout",
    }
)
_LINKS = ("lowest_terms", "remainder", "remainder_more", "percent", "factor")
_INTEGER = ParameterType("integer")
_DECIMAL = ParameterType("decimal")
_DIGITS = {"two": 2, "three": 3, "four": 4}
_NAME = re.compile(r"[A-Za-z](?:_\d)?")
_CODE_NAME = re.compile(r"[a-z]+")
_LINE = re.compile(r"[^`\n]*")
_DECODER = json.JSONDecoder()


class UnreadableError(ValueError):
    """The statement is no wording of these skills."""


class AmbiguousError(ValueError):
    """The statement has more than one reading."""


@dataclass(frozen=True)
class Reading:
    """What a reader recovers from a statement."""

    composition: list[dict[str, Any]]
    digits: int | None = None
    """Significant figures asked for (quantities)."""
    example: tuple[Any, Any] | None = None
    """The example's argument and result (coding)."""
    mode: str = FUNCTION
    """Whether a function is asked for or, `stdin`, a whole program (coding)."""
    unit: str | None = None
    """The unit in which the answer is asked for (quantities)."""


@dataclass(frozen=True)
class Frames:
    """The sentences around the skills, for one domain; loaded from `propound/skills/frames`."""

    names: list[list[str]]
    code: bool
    """Names are written as code (`a`) instead of mathematics ($A$)."""
    opening: Mapping[str, list[str]]
    define: list[str]
    link: Mapping[str, list[str]]
    question: list[str]
    closing: Mapping[str, list[str]]
    stdin: Frames | None = None
    """The sentences around a whole program with input and output (coding)."""

    @classmethod
    def from_catalogue(cls, entry: Mapping[str, Any]) -> Frames:
        """From the parsed TOML of a domain's frames."""
        return cls(
            names=entry["names"],
            code=entry["code"],
            opening=entry["opening"],
            define=entry["define"],
            link=entry.get("link", {}),
            question=entry["question"],
            closing=entry["closing"],
            stdin=cls.from_catalogue({**entry, **entry["stdin"], "stdin": None})
            if entry.get("stdin")
            else None,
        )


def _fill(node: Node, quantity: Node) -> Node:
    """The frame with the skill's noun phrase in its `{quantity}` slot."""
    if isinstance(node, Slot):
        if node.name == "quantity":
            return quantity
        return Capitalised(quantity) if node.name == "Quantity" else node
    if isinstance(node, Choice):
        return Choice(tuple(_fill(option, quantity) for option in node.options))
    if isinstance(node, wording.Sequence):
        return wording.Sequence(tuple(_fill(part, quantity) for part in node.parts))
    return node


def _frames(templates: Sequence[str]) -> Node:
    return Choice(tuple(wording.parse(template, _FRAME_SLOTS) for template in templates))


def _spaced(node: Node) -> Node:
    """The node followed by a space, unless it is empty."""
    if isinstance(node, Literal) and not node.text:
        return node
    if isinstance(node, Choice):
        return Choice(tuple(_spaced(option) for option in node.options))
    return wording.Sequence((node, Literal(" ")))


def _links(frames: Frames, scope: str, wanted: Reference | None) -> list[Node]:
    """The link sentences before a step: exactly those that `wanted` needs, or each as an option for reading."""
    present = None
    if wanted is not None:
        present = {
            "lowest_terms": wanted.lowest_terms,
            "remainder": wanted.modulus is not None and wanted.offset == 0,
            "remainder_more": wanted.modulus is not None and wanted.offset > 0,
            "percent": wanted.factor is not None and float(wanted.factor) < 1,
            "factor": wanted.factor is not None and float(wanted.factor) > 1,
        }
    nodes: list[Node] = []
    for kind in _LINKS:
        if kind not in frames.link or (present is not None and not present[kind]):
            continue
        sentence = Scoped(f"{scope}:{kind}", Marked("link", _spaced(_frames(frames.link[kind]))))
        nodes.append(sentence if present is not None else Choice((Literal(""), sentence)))
    return nodes


def tree(
    frames: Frames, skills: Sequence[Skill], composition: Sequence[Mapping[str, Any]] | None = None
) -> Node:
    """The grammar of all statements of `skills` in this order; with a composition, of all its statements.

    For reading, the grammar of a function and that of a whole program are alternatives.
    """
    one = _tree(frames, skills, composition)
    if composition is not None or frames.stdin is None:
        return one
    return Choice((one, _tree(frames.stdin, skills, None)))


def _tree(frames: Frames, skills: Sequence[Skill], composition: Sequence[Mapping[str, Any]] | None) -> Node:
    start = skills[0].parameters[next(iter(skills[0].ports))].name if frames.code else "default"
    parts: list[Node] = [Scoped("opening", _spaced(_frames(frames.opening[start])))]
    for index, skill in enumerate(skills):
        scope = str(index)
        if index > 0:
            wanted = None
            if composition is not None:
                references = map(Reference.parse, composition[index]["parameters"].values())
                wanted = next((found for found in references if found), Reference())
            parts += _links(frames, scope, wanted)
        frame = _frames(frames.question if index == len(skills) - 1 else frames.define)
        options: list[Node] = []
        for form in skill.forms:
            loaded = wording.load_forms([form], frozenset(skill.parameters))
            assert isinstance(loaded, Choice)
            assert isinstance(loaded.options[0], wording.Sequence)
            setup, quantity = loaded.options[0].parts
            options.append(wording.Sequence((_spaced(setup), _fill(frame, quantity))))
        parts += [Scoped(scope, Choice(tuple(options))), Literal(" ")]
    parts += [Scoped("closing", node) for node in _closing(frames, skills[-1])]
    return wording.Sequence(tuple(parts))


def _closing(frames: Frames, skill: Skill) -> list[Node]:
    """The sentences after the question, where `skill` is the last: the form of the answer, the example."""
    return [
        _spaced(_frames(frames.closing[kind])) for kind in (skill.gives, "example") if kind in frames.closing
    ]


def write(
    frames: Frames,
    skills: Sequence[Skill],
    composition: Sequence[Mapping[str, Any]],
    rng: random.Random,
    *,
    digits: int = 3,
    example: tuple[Any, Any] | None = None,
    mode: str = FUNCTION,
) -> str:
    """One statement of the composition, its wording drawn from `rng`."""
    if mode == STDIN:
        assert frames.stdin is not None
        frames = frames.stdin
    names = _Names(frames, rng)

    def fill(scope: str, slot: Slot) -> str:
        base, _, link = scope.partition(":")
        if slot.name == "name":
            return names.write(scope, slot)
        if slot.name == "ref":
            return names.write(names.before(scope), slot)
        if base == "closing":
            return _closing_texts(skills[-1], digits, example)[slot.name]
        skill, parameters = skills[int(base)], composition[int(base)]["parameters"]
        if link:
            reference = next(filter(None, map(Reference.parse, parameters.values())))
            return _link_value(reference, slot.name)
        value = parameters[slot.name]
        if Reference.parse(value) is not None and slot.name in skill.ports:
            return names.write(names.before(scope), slot)
        return skill.parameters[slot.name].write(value) + (f" {slot.unit}" if slot.unit else "")

    return " ".join(wording.render(tree(frames, skills, composition), rng, fill, "opening").split())


def link_sentences(frames: Frames, reference: Reference, rng: random.Random) -> list[str]:
    """What leads from a result to its use by this reference; the slots for names (`{ref}`, `{name}`) stay open."""

    def fill(_: str, slot: Slot) -> str:
        return f"{{{slot.name}}}" if slot.name in ("ref", "name") else _link_value(reference, slot.name)

    return [wording.render(node, rng, fill).strip() for node in _links(frames, "", reference)]


def closing_text(
    frames: Frames, skill: Skill, rng: random.Random, *, digits: int, example: tuple[Any, Any] | None = None
) -> str:
    """In what form the answer is wanted, and the example; `skill` is the last one."""
    values = _closing_texts(skill, digits, example)
    return "".join(
        wording.render(node, rng, lambda _, slot: values[slot.name]) for node in _closing(frames, skill)
    ).strip()


def _closing_texts(skill: Skill, digits: int, example: tuple[Any, Any] | None) -> dict[str, str]:
    words = {count: word for word, count in _DIGITS.items()}
    values = {"unit": skill.unit, "digits": words.get(digits, "three")}
    if example is not None:
        values |= {"input": json.dumps(example[0]), "output": json.dumps(example[1])}
        values |= {"stdin": write_line(example[0]), "stdout": write_line(example[1])}
    return values


def _link_value(reference: Reference, name: str) -> str:
    if name == "modulus":
        return str(reference.modulus)
    if name == "offset":
        return str(reference.offset)
    factor = reference.factor or "1"
    return factor if name == "factor" else f"{float(factor) * 100:g}"


class _Names:
    """Names of the defined quantities, given out in the order in which they are needed."""

    def __init__(self, frames: Frames, rng: random.Random) -> None:
        self.frames = frames
        self.free = list(rng.choice(frames.names))
        self.given: dict[str, str] = {}

    def write(self, scope: str, slot: Slot) -> str:
        if scope not in self.given:
            self.given[scope] = self.free.pop(0)
        name = self.given[scope]
        if self.frames.code:
            return f"`{name}`"
        return name if slot.math else f"${name}$"

    def before(self, scope: str) -> str:
        """The scope whose name a reference in `scope` uses: the nearest definition before it."""
        base, _, kind = scope.partition(":")
        earlier = _LINKS[: _LINKS.index(kind)] if kind else _LINKS
        for link in reversed(earlier):
            if f"{base}:{link}" in self.given:
                return f"{base}:{link}"
        if base == "0":
            return "opening"
        return str(int(base) - 1)


def read(frames: Frames, skills: Sequence[Skill], text: str, *, grammar: Node | None = None) -> Reading:
    """The one reading of a statement.

    Raises:
        UnreadableError: no wording of these skills says this.
        AmbiguousError: it can be read in two ways.
    """
    if len(text) > MAX_STATEMENT:
        raise UnreadableError(f"the statement is longer than {MAX_STATEMENT} characters")
    node = grammar if grammar is not None else tree(frames, skills)
    found: Reading | None = None
    fault = "no wording of these skills accounts for the whole text"
    try:
        for captures in wording.readings(node, " ".join(text.split()) + " ", _reader(frames, skills)):
            try:
                reading = _understand(frames, skills, captures)
            except UnreadableError as error:
                fault = str(error)
                continue
            if found is not None and found != reading:
                raise AmbiguousError("the statement can be read in two ways")
            found = reading
    except wording.TooComplexError as error:
        raise UnreadableError(str(error)) from error
    if found is None:
        raise UnreadableError(fault)
    return found


def read_any(
    frames: Frames,
    orders: Sequence[Sequence[Skill]],
    text: str,
    grammar: Callable[[Sequence[Skill]], Node | None] = lambda _: None,
) -> Reading:
    """The one reading of a statement with the skills in one of these orders.

    Raises:
        UnreadableError: no wording of these skills, in any of the orders, says this.
        AmbiguousError: it can be read in two ways.
    """
    found: Reading | None = None
    fault = "no order of these skills lets each result feed the next"
    for order in orders:
        try:
            reading = read(frames, order, text, grammar=grammar(order))
        except UnreadableError as error:
            fault = str(error)
            continue
        if found is not None:
            raise AmbiguousError("the statement can be read in two orders of its skills")
        found = reading
    if found is None:
        raise UnreadableError(fault)
    return found


def _reader(frames: Frames, skills: Sequence[Skill]) -> wording.Reader:
    def name_at(slot: Slot, text: str, position: int) -> tuple[int, str] | None:
        quote = "`" if frames.code else "" if slot.math else "$"
        if not text.startswith(quote, position):
            return None
        match = (_CODE_NAME if frames.code else _NAME).match(text, position + len(quote))
        if match is None or not text.startswith(quote, match.end()):
            return None
        return match.end() + len(quote), match.group(0)

    def read_slot(scope: str, slot: Slot, text: str, position: int) -> tuple[int, Any] | None:
        base, _, link = scope.partition(":")
        if slot.name in ("name", "ref"):
            return name_at(slot, text, position)
        if base == "closing":
            return _closing_value(skills, slot, text, position)
        if link:
            return (_INTEGER if slot.name in ("modulus", "offset") else _DECIMAL).read(text, position)
        skill = skills[int(base)]
        value = skill.parameters[slot.name].read(text, position)
        if value is not None:
            suffix = f" {slot.unit}" if slot.unit else ""
            return (value[0] + len(suffix), value[1]) if text.startswith(suffix, value[0]) else None
        if slot.name in skill.ports and (base != "0" or frames.code):
            named = name_at(slot, text, position)
            return (named[0], _Named(named[1])) if named else None
        return None

    return read_slot


@dataclass(frozen=True)
class _Named:
    """A slot that holds the name of an earlier quantity."""

    name: str


def _closing_value(skills: Sequence[Skill], slot: Slot, text: str, position: int) -> tuple[int, Any] | None:
    if slot.name == "unit":
        unit = skills[-1].unit
        return (position + len(unit), unit) if text.startswith(unit, position) else None
    if slot.name == "digits":
        for word, count in _DIGITS.items():
            if text.startswith(word, position):
                return position + len(word), count
        return None
    if slot.name in ("stdin", "stdout"):
        given = next(iter(skills[0].ports))
        kind = skills[0].parameters[given].name if slot.name == "stdin" else skills[-1].gives
        line = _LINE.match(text, position)
        assert line is not None
        try:
            return line.end(), read_line(kind, line.group(0))
        except ValueError:
            return None
    try:
        value, end = _DECODER.raw_decode(text, position)
    except (ValueError, RecursionError):
        return None
    return (end, value) if json.dumps(value) == text[position:end] else None


def _understand(frames: Frames, skills: Sequence[Skill], captures: tuple[wording.Capture, ...]) -> Reading:
    """Captures -> composition; every name must be defined once and used right after its definition."""
    slots: dict[str, dict[str, Any]] = {}
    for scope, name, value in captures:
        known = slots.setdefault(scope, {})
        if known.get(name, value) != value:
            raise UnreadableError(f"{name} is given two values, {known[name]} and {value}")
        known[name] = value
    defined: list[str] = []
    current = _define(slots.get("opening", {}), defined) if frames.code else ""
    composition: list[dict[str, Any]] = []
    for index, skill in enumerate(skills):
        reference = Reference()
        for kind in _LINKS:
            link = slots.get(f"{index}:{kind}", {})
            if "link" not in link:
                continue
            if link["ref"] != current:
                raise UnreadableError(f"{link['ref']} is used where {current} was just defined")
            reference = _with_link(reference, kind, link)
            current = _define(link, defined)
        used, parameters = False, {}
        found = slots.get(str(index), {})
        for name in skill.parameters:
            if name not in found:
                raise UnreadableError(f"{skill.name}: the statement does not give {name}")
            value = found[name]
            if isinstance(value, _Named):
                if value.name != current:
                    raise UnreadableError(f"{value.name} is used where {current} was just defined")
                value, used = str(reference), True
            parameters[name] = value
        if not used and (index > 0 or frames.code):
            raise UnreadableError(f"{skill.name} does not use the result before it")
        composition.append({"skill": skill.name, "parameters": parameters})
        if index < len(skills) - 1:
            current = _define(found, defined)
    return _with_closing(composition, slots.get("closing", {}))


def _with_closing(composition: list[dict[str, Any]], closing: Mapping[str, Any]) -> Reading:
    if "stdin" in closing:
        return Reading(composition, example=(closing["stdin"], closing["stdout"]), mode=STDIN)
    if "input" in closing:
        return Reading(composition, example=(closing["input"], closing["output"]))
    return Reading(composition, closing.get("digits"), unit=closing.get("unit"))


def _define(slots: Mapping[str, Any], defined: list[str]) -> str:
    name = slots.get("name")
    if not isinstance(name, str) or name in defined:
        raise UnreadableError(f"the name {name} is missing or defined twice")
    defined.append(name)
    return name


def _with_link(reference: Reference, kind: str, link: Mapping[str, Any]) -> Reference:
    if kind == "lowest_terms":
        return Reference(lowest_terms=True)
    if kind in ("remainder", "remainder_more"):
        if (
            reference.modulus is not None
            or link["modulus"] < 2
            or (kind == "remainder_more" and link["offset"] < 1)
        ):
            raise UnreadableError("a remainder is taken by less than 2, or twice")
        return Reference(reference.lowest_terms, link["modulus"], link.get("offset", 0))
    if reference.factor is not None:
        raise UnreadableError("a share is taken twice")
    factor = float(link["percent"]) / 100 if kind == "percent" else float(link["factor"])
    return Reference(reference.lowest_terms, reference.modulus, reference.offset, f"{factor:g}")
