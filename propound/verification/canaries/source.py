"""An accepted problem of procedural mode as an author of open mode might hand it in: with a program of its own.

The program holds the functions `solve` of the skills' scripts, cut down to what they need. Nothing is run here.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from propound.domain import Domain
from propound.problem import CodingMode, Problem, Submission, Work
from propound.skills import Library
from propound.skills.toolkit.composition import Reference, Skill
from propound.skills.toolkit.statement import Reading
from propound.skills.toolkit.values import write_polynomial


class Form(StrEnum):
    """How a program is written."""

    PLAIN = "plain"
    """It prints the answer."""
    GIVEN = "given"
    """GIVEN names what the statement gives, and `solve` computes the answer from it."""


_GIVEN_TYPES = frozenset({"integer", "decimal"})
"""Parameters that stand in a statement as the numbers that they are."""
_GENERATORS = {
    "ints": """\
def generate(rng):
    size = rng.choice([1, 2, 3, 5, 8, 13, 20, 40])
    span = rng.choice([3, 10, 50, 100])
    return {shown}
""",
    "text": """\
def generate(rng):
    letters = "abcdefghijklmnopqrstuvwxyz"[: rng.choice([5, 26])]
    words = ["".join(rng.choice(letters) for _ in range(rng.randint(1, 7))) for _ in range(rng.randint(1, 6))]
    return {shown}
""",
}
_SHOWN = {
    ("ints", CodingMode.FUNCTION): "[[rng.randint(-span, span) for _ in range(size)]]",
    ("ints", CodingMode.STDIN): '" ".join(str(rng.randint(-span, span)) for _ in range(size)) + "\\n"',
    ("text", CodingMode.FUNCTION): '[" ".join(words)]',
    ("text", CodingMode.STDIN): '" ".join(words) + "\\n"',
}


@dataclass(frozen=True)
class Source:
    """A problem with what is needed to change it and still know what it says."""

    problem: Problem
    reading: Reading
    """What its statement says."""
    answer: str
    """As its author hands it in; for coding the output of the example, as JSON."""
    skills: tuple[Skill, ...]
    """In the order of the composition."""

    @classmethod
    def of(cls, problem: Problem, answer: str, library: Library) -> Source:
        """The problem with the answer that was handed in.

        Raises:
            UnreadableError: the library's skills do not say this.
        """
        names = [use.skill for use in problem.composition]
        return cls(problem, library.read(names, problem.statement), answer, tuple(library.skills(names)))

    @property
    def mode(self) -> CodingMode | None:
        """What a coding problem asks for."""
        return self.problem.coding.mode if self.problem.coding else None

    def program(self, form: Form = Form.PLAIN, composition: Sequence[dict[str, Any]] | None = None) -> str:
        """Source of a program that computes the answer; of the problem with another composition, where one is given.

        A composition that has no program with GIVEN gets a plain one.
        """
        uses = list(composition if composition is not None else self.reading.composition)
        if self.problem.domain is Domain.CODING:
            from propound.skills.toolkit.coding import program

            return program(self.skills, uses, "solve", str(self.mode))
        steps = [_step(skill, use["parameters"]) for skill, use in zip(self.skills, uses, strict=True)]
        functions = [_function(skill) for skill in self.skills]
        functions += _showing(self.skills[-1], self.reading.digits)
        names = [f"step_{index + 1}" for index in range(len(steps))]
        if form is Form.GIVEN and self.has_given:
            body: tuple[str, ...] = _with_given(self.skills, steps, names)
        else:
            body = (_plain(self.skills, steps, names),)
        needs = any("Fraction(" in part for part in body)
        imports = ["from fractions import Fraction"] if needs else []
        return "\n\n\n".join([*imports, *functions, *body]) + "\n"

    @property
    def has_given(self) -> bool:
        """Whether all that its statement gives are numbers as they stand there."""
        return self.problem.domain is not Domain.CODING and all(
            Reference.parse(use["parameters"][name]) is not None or kind.name in _GIVEN_TYPES
            for skill, use in zip(self.skills, self.reading.composition, strict=True)
            for name, kind in skill.parameters.items()
        )

    def submission(
        self, *, form: Form = Form.PLAIN, statement: str = "", program: str = "", answer: str = ""
    ) -> Submission:
        """What an author hands in; what is given stands in place of the problem's own."""
        kind = None
        generator = ""
        if self.problem.coding is not None:
            argument = self.skills[0].parameters[next(iter(self.skills[0].ports))].name
            generator = _GENERATORS[argument].format(shown=_SHOWN[argument, self.problem.coding.mode])
        else:
            kind = self.problem.answer_kind
        return Submission(
            statement=statement or self.problem.statement,
            answer=answer or self.answer,
            open=Work(program=program or self.program(form), answer_kind=kind, generator=generator),
        )


def _function(skill: Skill) -> str:
    """The skill's method as a function of its own, with all that it needs inside."""
    tree = ast.parse(skill.script)
    method = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "solve")
    needed, wanted = [], _names(method)
    for node in reversed(tree.body):
        if node is not method and _defined(node) & wanted:
            needed.append(node)
            wanted |= _names(node)
    method.name, method.body = skill.name.replace("-", "_"), [*reversed(needed), *method.body]
    return ast.unparse(method)


def _names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _defined(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name for alias in node.names}
    return {
        each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }


Step = dict[str, str | Reference]
"""The arguments of a step: source, or how the result of the step before is used."""


def _step(skill: Skill, parameters: dict[str, Any]) -> Step:
    written: Step = {}
    for name, kind in skill.parameters.items():
        value = parameters[name]
        reference = Reference.parse(value)
        if reference is not None:
            written[name] = reference
        elif kind.name == "rational":
            written[name] = f"Fraction({value!r})"
        else:
            written[name] = str(float(value)) if kind.name == "decimal" else repr(value)
    return written


def _fed(reference: Reference, before: str, kind: str, numbers: dict[str, str]) -> str:
    """The result named `before` as this reference uses it; `numbers` are those of the reference, as source."""
    text = f"{before}.numerator + {before}.denominator" if reference.lowest_terms else before
    if kind == "integer" and not reference.lowest_terms:
        text = f"int({text})"
    if reference.modulus is not None:
        text = (
            f"({text}) % {numbers['modulus']}" if reference.lowest_terms else f"{text} % {numbers['modulus']}"
        )
        text += f" + {numbers['offset']}" if reference.offset else ""
    if reference.factor:
        text += f" * {numbers['factor']}"
    return f"Fraction({text})" if kind == "rational" else text


def _numbers(reference: Reference) -> dict[str, str]:
    """The numbers of a reference, as a statement gives them."""
    found: dict[str, str] = {}
    if reference.modulus is not None:
        found["modulus"] = str(reference.modulus)
    if reference.offset:
        found["offset"] = str(reference.offset)
    if reference.factor:
        found["factor"] = reference.factor
    return found


def _call(skill: Skill, arguments: dict[str, str], result: str) -> str:
    written = ", ".join(f"{name!r}: {text}" for name, text in arguments.items())
    return f"{result} = {skill.name.replace('-', '_')}({{{written}}})"


def _plain(skills: Sequence[Skill], steps: Sequence[Step], names: Sequence[str]) -> str:
    lines = []
    for index, (skill, step) in enumerate(zip(skills, steps, strict=True)):
        arguments = {
            name: text
            if isinstance(text, str)
            else _fed(text, names[index - 1], skill.parameters[name].name, _numbers(text))
            for name, text in step.items()
        }
        lines.append(_call(skill, arguments, names[index]))
    return "\n".join([*lines, f"print({_shown(skills[-1], names[-1])})"])


def _with_given(skills: Sequence[Skill], steps: Sequence[Step], names: Sequence[str]) -> tuple[str, str]:
    """GIVEN and `solve`."""
    given: dict[str, str] = {}

    def told(name: str, text: str, index: int) -> str:
        key = name if name not in given else f"{name}_{index + 1}"
        given[key] = text
        return key

    lines = []
    for index, (skill, step) in enumerate(zip(skills, steps, strict=True)):
        arguments = {}
        for name, text in step.items():
            if isinstance(text, str):
                arguments[name] = told(name, text, index)
            else:
                numbers = {part: told(part, number, index) for part, number in _numbers(text).items()}
                arguments[name] = _fed(text, names[index - 1], skill.parameters[name].name, numbers)
        lines.append("    " + _call(skill, arguments, names[index]))
    lines.append(f"    return {_shown(skills[-1], names[-1])}")
    shown = ", ".join(f"{name!r}: {text}" for name, text in given.items())
    return f"GIVEN = {{{shown}}}", "\n".join([f"def solve({', '.join(given)}):", *lines])


def _shown(skill: Skill, name: str) -> str:
    return f"shown({name})" if skill.gives in ("polynomial", "set", "tuple", "quantity") else name


def _showing(skill: Skill, digits: int | None) -> list[str]:
    """The function that writes a result as the statement asks for it, where `print` alone does not."""
    if skill.gives == "polynomial":
        return [inspect.getsource(write_polynomial).replace("def write_polynomial", "def shown", 1).rstrip()]
    if skill.gives == "set":
        return [
            'def shown(values):\n    return "{" + ", ".join(str(value) for value in sorted(values)) + "}"'
        ]
    if skill.gives == "tuple":
        return ['def shown(values):\n    return "(" + ", ".join(str(value) for value in values) + ")"']
    if skill.gives == "quantity":
        places = (digits or 3) - 1
        return [f"def shown(value):\n    return f\"{{float(f'{{value:.{places}e}}'):.10g}} {skill.unit}\""]
    return []
