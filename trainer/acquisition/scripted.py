"""The scripted teacher: worked problems of the declared pattern (`worked`) become packages, without any model.

The numbers become parameters that are drawn around the given ones, the formula becomes `solve`, the other method
becomes `recompute`. The wordings are the corpus's own, with words exchanged for others that mean the same, and where
there is a sum, two more that say the formula.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import indent

import yaml

from propound.skills import Category
from trainer.acquisition.candidate import Candidate
from trainer.acquisition.corpus import Excerpt
from trainer.acquisition.formula import (
    Divisor,
    Remainder,
    Series,
    has_series,
    latex,
    python,
)
from trainer.acquisition.worked import Method, PatternError, Worked, read_worked

_FRACTION = re.compile(r"-?\d+ */ *\d+|\\[dt]?frac.*")
_SYNONYMS = (
    ("in total", "altogether", "in all"),
    ("altogether", "in total", "in all"),
    ("the total number of", "the overall number of"),
    ("each", "every"),
    ("every", "each"),
    ("begins with", "starts with"),
    ("starts with", "begins with"),
    ("at first", "at the beginning", "at the start"),
    ("picks", "chooses", "selects"),
    ("chooses", "picks", "selects"),
    ("buys", "purchases"),
    ("gets", "receives"),
    ("later", "further", "following"),
    ("exactly", "precisely"),
    ("positive integers", "positive whole numbers"),
    ("different", "distinct"),
    ("divisible by", "a multiple of"),
)
"""Words, and what may stand for them; a longer phrase goes before a word in it."""
_OPENINGS = (
    "[[[[Consider|Picture|Imagine|Take]] the following [[situation|setting|scene|case]]."
    "|[[Here|This]] is the [[situation|setting|case]].|Read the following [[carefully|with care]]."
    "|Here is a [[short|small]] [[task|exercise|riddle]].]]"
)
"""Sentences that say nothing, before a statement of the corpus: 30."""
_FUNCTIONS = ("ceil", "comb", "factorial", "floor", "gcd", "lcm", "prod")
_EXACT = re.compile(r"^the (?!exact|[a-z]*est\b)")


@dataclass(frozen=True)
class ScriptedTeacher:
    """Makes at most one candidate of an excerpt; deterministic."""

    name: str = "scripted"
    varies: bool = False

    def extract(self, excerpt: Excerpt, sample: int) -> Candidate:
        """The package of the excerpt's worked problem; every sample is the same.

        Raises:
            PatternError: it holds none of the pattern.
        """
        del sample
        return write_package(read_worked(excerpt.text))


def write_package(worked: Worked) -> Candidate:
    """The package of a worked problem.

    Raises:
        PatternError: it has no title and asks for nothing that a name could be made of, or its category is unknown.
    """
    name = _name(worked.title) or _name(worked.quantity)
    if not name:
        raise PatternError("nothing in it gives the skill a name")
    files = (_skill(name, worked), _script(worked), _wording(worked))
    return Candidate(name, files, dict(worked.values), worked.answer)


def _name(text: str) -> str:
    words = re.findall(r"[a-z]+", re.sub(r"\{\w+\}|\$[^$]*\$", " ", text).lower())
    kept = [
        word for word in words if word not in ("the", "a", "an", "of", "is", "example", "problem", "exercise")
    ]
    return "-".join(kept[:5])[:60].rstrip("-")


def _skill(name: str, worked: Worked) -> str:
    quantity = re.sub(r"\{(\w+)\}", r"\1", worked.quantity)
    shown = _shown(worked.solve)
    ranges = {letter: _range(value) for letter, value in worked.values.items()}
    second = "adding up term by term" if _is_series(worked.recompute) else "a second program"
    metadata = {
        "domain": "mathematics",
        "category": _category(worked),
        "intent": f"ask for {quantity}",
        "method": f"fix {', '.join(worked.values)} and ask for {quantity}",
        "difficulty": "the solver must find the closed form or work through every term"
        if _is_series(worked.recompute)
        else "the solver must find how the numbers go together",
        "tool": f"recompute by {second}",
        "parameters": ", ".join(f"{letter} integer" for letter in worked.values),
        "takes": ", ".join(f"{letter} {low}..{high}" for letter, (low, high) in ranges.items()),
        "gives": _gives(worked),
    }
    front = {
        "name": name,
        "description": f"Asks for {quantity}. Use when a number should follow from {len(ranges)} given ones.",
        "license": "Apache-2.0",
        "metadata": metadata,
    }
    steps = [
        f"1. Choose {', '.join(f'{letter} from {low} to {high}' for letter, (low, high) in ranges.items())}.",
        f"2. Say {'all of them' if len(ranges) > 1 else 'it'} in the statement, and ask for {quantity}.",
        f"3. Check by {second}.",
    ]
    return (
        f"---\n{yaml.safe_dump(front, sort_keys=False, allow_unicode=True, width=1_000)}---\n\n"
        f"# {worked.title or name.replace('-', ' ').capitalize()}\n\n"
        "## Recognition\nUse it when an earlier result can be one of its numbers, or when a problem begins with given "
        f"numbers.\n\n## Workflow\n{chr(10).join(steps)}\n\n"
        f"## Effect\nThe solver has to find {shown or 'the way from the numbers to the result'}.\n"
    )


def _shown(method: Method) -> str:
    return "" if isinstance(method, str) else f"${latex(method)}$"


def _is_series(method: Method) -> bool:
    return not isinstance(method, str) and has_series(method)


def _category(worked: Worked) -> str:
    if worked.category:
        if worked.category not in set(Category):
            raise PatternError(f"no category is called {worked.category[:40]!r}")
        return worked.category
    code = "".join(_expression(method) for method in (worked.solve, worked.recompute))
    if re.search(r"\b(?:gcd|lcm)\(|%", code):
        return Category.NUMBER_THEORY.value
    return (Category.COMBINATORICS if re.search(r"\b(?:comb|factorial)\(", code) else Category.ALGEBRA).value


def _expression(method: Method) -> str:
    return method if isinstance(method, str) else python(method)


def _gives(worked: Worked) -> str:
    return "rational" if _FRACTION.match(worked.answer.lstrip("-")) else "integer"


def _range(value: int) -> tuple[int, int]:
    """From about half to about three times the given number."""
    return max(1 if value == 1 else 2, value // 2), max(3 * value, value + 6)


def _script(worked: Worked) -> str:
    draws = "".join(
        f"        {letter!r}: fixed.get({letter!r}, rng.randint({low}, {low} + {high - low} * level // 3)),\n"
        for letter, (low, high) in ((letter, _range(value)) for letter, value in worked.values.items())
    )
    bodies = [
        _method(method, tuple(worked.values), _gives(worked)) for method in (worked.solve, worked.recompute)
    ]
    code = "".join(
        python(method) for method in (worked.solve, worked.recompute) if not isinstance(method, str)
    )
    needed = [name for name in _FUNCTIONS if re.search(rf"\b{name}\(", code)]
    imports = "from fractions import Fraction\n" + (
        f"from math import {', '.join(needed)}\n" if needed else ""
    )
    sign = (
        "\n    if result <= 0:\n        return 'the result is not positive'"
        if not worked.answer.startswith("-")
        else ""
    )
    return (
        f'"""{worked.title or "A worked problem"}: generalised from numbers to parameters."""\n\n'.replace(
            "\\", ""
        )
        + f"{imports.rstrip()}\n\n\ndef draw(rng, level, fixed):\n    return {{\n{draws}    }}\n\n\n"
        f"def solve(p):\n{bodies[0]}\n\ndef recompute(p):\n{bodies[1]}\n\n"
        f"def degenerate(p, result):{sign}\n    return None\n"
    )


_WHOLE = """\
    def whole(value):
        if value != int(value):
            raise ValueError("no whole number")
        return int(value)

"""
_SPAN = f"""\
    def span(low, high):
        if low > high or high - low > {20_000}:
            raise ValueError("no terms, or too many")
        return map(Fraction, range(whole(low), whole(high) + 1))

"""


def _method(method: Method, names: tuple[str, ...], gives: str) -> str:
    """The body of `solve` or `recompute`; each has its own helpers, so that the two share no code."""
    if isinstance(method, str):
        function = next(node for node in ast.parse(method).body if isinstance(node, ast.FunctionDef))
        order = ", ".join(f'p["{each.arg}"]' for each in function.args.args)
        return f"{indent(method, '    ')}\n\n    return {function.name}({order})\n"
    expression = python(method)
    helpers = _WHOLE if gives == "integer" or "whole(" in expression or "span(" in expression else ""
    helpers += _SPAN if "span(" in expression else ""
    given = "".join(f'    {name} = Fraction(p["{name}"])\n' for name in names)
    result = f"whole({expression})" if gives == "integer" else f"Fraction({expression})"
    return f"{helpers}{given}    return {result}\n"


def _wording(worked: Worked) -> str:
    slots = frozenset(worked.values)
    forms = [
        form
        for method in (worked.recompute, worked.solve)
        if isinstance(method, Series | Divisor | Remainder)
        for form in _formal(method, slots, "integer" if _gives(worked) == "integer" else "fraction")
    ]
    opening = _OPENINGS if worked.setup or not forms else ""
    setup = " ".join(filter(None, (opening, _varied(worked.setup))))
    asked = [worked.quantity, _EXACT.sub("the exact ", worked.quantity)]
    forms.insert(0, ([setup] if setup else [], [_varied(text) for text in dict.fromkeys(asked)]))
    return "\n".join(
        "[[forms]]\n"
        + "".join(f"{key} = {_list(texts)}\n" for key, texts in (("setup", one), ("quantity", two)) if texts)
        for one, two in forms
    )


def _list(texts: list[str]) -> str:
    """A TOML array of basic strings, which JSON's are but for characters beyond its escapes."""
    return "[\n" + "".join(f"  {json.dumps(text, ensure_ascii=False)},\n" for text in texts) + "]"


def _varied(text: str) -> str:
    """The text with choices in place of words that others can stand for; formulas stay as they are."""
    parts = re.split(r"(\$[^$]*\$)", text)
    words = {first: f"[[{'|'.join((first, *others))}]]" for first, *others in _SYNONYMS}
    pattern = re.compile(r"\b(?:" + "|".join(words) + r")\b")
    return "".join(
        part if part.startswith("$") else pattern.sub(lambda found: words[found[0]], part) for part in parts
    )


Form = tuple[list[str], list[str]]
"""Setups and quantities."""


def _formal(method: Series | Divisor | Remainder, slots: frozenset[str], kind: str) -> Iterator[Form]:
    """What a formula says as it stands and, of a sum, as what a program does."""
    said = f"${latex(method, slots)}$"
    yield (
        [],
        [
            f"the [[value|exact value]] of {said}",
            f"the [[number|{kind}]] that [[equals|is given by]] {said}",
        ],
    )
    if isinstance(method, Series):
        noun, verb = ("sum", "adds up") if method.kind == "sum" else ("product", "multiplies")
        term = latex(method.term, slots - {method.index})
        program = (
            f"A [[program|machine|clerk|student]] {verb} the [[values|numbers]] ${term}$ for [[every|each]] integer "
            f"${method.index}$ from ${latex(method.low, slots)}$ to ${latex(method.high, slots)}$, both included."
        )
        yield (
            [program],
            [
                f"the [[{noun}|result|number]] that [[comes out|is obtained]]",
                f"the [[final|resulting]] {noun}",
            ],
        )
