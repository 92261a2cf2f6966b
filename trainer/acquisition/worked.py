"""Worked problems in the pattern that the scripted teacher reads.

    ## Seats of a hall
    Problem. A hall has 12 rows; the first row has 5 seats, and each later row 3 seats more than the row before it.
    Find the total number of seats.
    Solution. With $n = 12$, $a = 5$ and $d = 3$,
    $$\\sum_{k=1}^{n} (a + (k-1) d) = \\frac{n (2a + (n-1) d)}{2}.$$
    Answer. 258

The numbers of the statement are the values of the letters, each once. The two methods are the two sides of an equation,
one added or multiplied up term by term and the other closed, or a formula and a Python function below `Check.`, or
two functions. Everything that is not in this pattern is refused with the reason.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from propound.answers.reading.tree import Name
from trainer.acquisition.candidate import CandidateError
from trainer.acquisition.formula import Formula, FormulaError, has_series, letters, read_formula

MAX_STATEMENT = 800
"""Longest statement, in characters."""
MAX_PARAMETERS = 5
LARGEST = 10**6
"""Largest value of a parameter."""

_LABEL = re.compile(
    r"^[*_]{0,2}(?P<label>Problem|Example|Exercise|Question|Solution|Proof|Check|Answer|Category)\b"
    r"(?: [\w.]{1,8})?[.:][*_]{0,2}[ \t]*",
    re.MULTILINE,
)
_STATEMENTS = {"Problem", "Example", "Exercise", "Question"}
_HEADING = re.compile(r"^#{1,6} +(.+)$", re.MULTILINE)
_MATH = re.compile(r"\$\$(.+?)\$\$|\\\[(.+?)\\\]|\$(.+?)\$|\\\((.+?)\\\)", re.DOTALL)
_CODE = re.compile(r"^```(?:python|py)?\n(.*?)^```", re.DOTALL | re.MULTILINE)
_VALUE = re.compile(r"([a-z]) *= *(\d{1,7})")
_NUMBER = re.compile(r"(?<![\w.,])\d+(?![\w]|[.,]\d)")
_UNWORDED = re.compile(r"[\[\]{}|\\`#<>*_^~]|\$[^$]*[A-Z][^$]*\$|(?<![A-Za-z])[B-HJ-Z](?![A-Za-z'])")
"""Signs of the wording language, markup, and single capital letters, which are names of results."""
_QUESTION = re.compile(
    r"(?:Find|Determine|Compute|Calculate|Evaluate|Work out|Give|State|What is|What are)"
    r" (?P<quantity>(?:the|its|their|his|her) .+)[.?]"
)
_HOW_MANY = re.compile(r"How many (?P<things>[a-z][a-z ]*?) are there(?P<rest> [^?]*)?\?")
_WORK = (ast.For, ast.While, ast.comprehension)
_SENTENCE = re.compile(r"(?<=[.?!]) +(?=[A-Z$])")


class PatternError(CandidateError):
    """An excerpt is no worked problem of the pattern."""


Method = Formula | str
"""A formula over the letters, or the source of one Python function that has them as parameters."""


@dataclass(frozen=True)
class Worked:
    """A worked problem, its numbers taken out."""

    title: str
    """The heading above it, or empty."""
    category: str
    """What stands behind `Category.`, or empty."""
    setup: str
    """The sentences before the question, with slots: `A hall has {n} rows.`"""
    quantity: str
    """What is asked for, as a noun phrase with slots."""
    values: dict[str, int]
    """The numbers, in the order in which the statement says them."""
    answer: str
    solve: Method
    recompute: Method


def read_worked(text: str) -> Worked:
    """The worked problem in an excerpt.

    Raises:
        PatternError: it is none of the pattern; the message says what is missing.
    """
    parts = _parts(text)
    solution = parts.get("solution", "")
    values = dict(_values(solution))
    if not 1 <= len(values) <= MAX_PARAMETERS:
        raise PatternError(
            f"the solution gives {len(values)} letters their values, not 1 to {MAX_PARAMETERS}"
        )
    setup, quantity, order = _worded(" ".join(parts["problem"].split()), values)
    solve, recompute = _methods(solution, parts.get("check", ""), frozenset(values))
    answer = parts.get("answer", "").strip().strip("$*").rstrip(".").strip("$ ")
    if not answer:
        raise PatternError("it has no answer")
    heading = _HEADING.search(text)
    return Worked(
        title=re.sub(r"[^\w ,.()-]", "", heading[1]).strip(" _")[:80] if heading else "",
        category=parts.get("category", "").strip().rstrip("."),
        setup=setup,
        quantity=quantity,
        values={name: values[name] for name in order},
        answer=answer,
        solve=solve,
        recompute=recompute,
    )


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    labels = list(_LABEL.finditer(text))
    ends = [*(label.start() for label in labels), len(text)][1:]
    for label, end in zip(labels, ends, strict=False):
        name = "problem" if label["label"] in _STATEMENTS else label["label"].lower()
        name = "solution" if name == "proof" else name
        if name in parts:
            raise PatternError(f"it has two parts called {name}")
        parts[name] = text[label.end() : end]
    if "problem" not in parts:
        raise PatternError("it states no problem")
    return parts


def _mathematics(text: str) -> Iterator[str]:
    for found in _MATH.finditer(_CODE.sub("", text)):
        yield next(filter(None, found.groups()))


def _values(solution: str) -> Iterator[tuple[str, int]]:
    seen: dict[str, int] = {}
    for segment in _mathematics(solution):
        for part in segment.split(","):
            found = _VALUE.fullmatch(part.strip().rstrip("."))
            if found is None:
                continue
            name, value = found[1], int(found[2])
            if seen.setdefault(name, value) != value:
                raise PatternError(f"the letter {name} has two values")
            if name == "p" or not 1 <= value <= LARGEST:
                raise PatternError(f"{name} = {value}: the letter p is taken, and values go to {LARGEST}")
            yield name, value


def _worded(statement: str, values: dict[str, int]) -> tuple[str, str, list[str]]:
    """Setup and quantity with slots, and the letters in order."""
    if len(statement) > MAX_STATEMENT:
        raise PatternError(f"the statement is longer than {MAX_STATEMENT} characters")
    names = {value: name for name, value in values.items()}
    if len(names) != len(values):
        raise PatternError("two letters have the same value: which number is which?")
    strange = _UNWORDED.search(statement)
    if strange:
        raise PatternError(f"the statement holds {strange[0]!r}")
    order: list[str] = []

    def slot(number: re.Match[str]) -> str:
        name = names.get(int(number[0]), "")
        if not name or name in order:
            raise PatternError(
                f"the number {number[0]} of the statement is no letter's value, or stands in it twice"
            )
        order.append(name)
        return f"{{{name}}}"

    slotted = _NUMBER.sub(slot, statement)
    if len(order) != len(values):
        raise PatternError(f"the statement does not say {', '.join(sorted(set(values) - set(order)))}")
    if re.search(r"\d", slotted):
        raise PatternError("the statement holds digits that are no numbers of their own")
    *setup, question = _SENTENCE.split(slotted)
    if any(not sentence.endswith(".") for sentence in setup):
        raise PatternError("a sentence before the question does not end in a full stop")
    found = _QUESTION.fullmatch(question)
    if found:
        return " ".join(setup), found["quantity"], order
    asked = _HOW_MANY.fullmatch(question)
    if asked:
        return " ".join(setup), f"the number of {asked['things']}{asked['rest'] or ''}", order
    raise PatternError(
        "its last sentence asks for nothing that can be named: 'Find the ...', 'How many ... are there ...?'"
    )


def _methods(solution: str, check: str, names: frozenset[str]) -> tuple[Method, Method]:
    """The closed form, or a sum where there is none, and the method that it is checked with."""
    formulas, why = _formulas(solution, names)
    closed = [formula for formula in formulas if not has_series(formula)]
    series = [formula for formula in formulas if has_series(formula)]
    first: list[Method] = [*closed[-1:], *_functions(solution, names)]
    checks = _functions(check, names)
    if not all(any(isinstance(node, _WORK) for node in ast.walk(ast.parse(program))) for program in checks):
        raise PatternError(
            "the program below Check. only calculates: a second method counts, adds up or searches"
        )
    second: list[Method] = [*series[:1], *checks]
    if not first and checks:
        first, second = [*series[:1]], [*checks]
    if not first or not second:
        missing = "a second method (a sum, or a function below Check.)" if first else "a closed formula"
        raise PatternError(f"the solution has not {missing}" + (f"; {why}" if why else ""))
    return first[0], second[0]


def _formulas(solution: str, names: frozenset[str]) -> tuple[list[Formula], str]:
    """The sides of all equations that are formulas in exactly these letters, and why another side is none."""
    found: list[Formula] = []
    why = ""
    for segment in _mathematics(solution):
        sides = _sides(segment)
        if len(sides) < 2:
            continue
        for side in sides:
            if _VALUE.fullmatch(segment.strip()) or not re.search("[a-z]", re.sub(r"\\[A-Za-z]+", "", side)):
                continue
            try:
                formula = read_formula(side)
            except FormulaError as error:
                why = str(error)
                continue
            if letters(formula) == names and not isinstance(formula, Name):
                found.append(formula)
    return found, why


def _sides(equation: str) -> list[str]:
    """The parts between equals signs that stand in no brackets."""
    sides, depth = [""], 0
    for sign in equation:
        depth += (sign in "([{") - (sign in ")]}")
        if sign == "=" and depth == 0:
            sides.append("")
        else:
            sides[-1] += sign
    return [side.strip().rstrip(".,") for side in sides]


def _functions(part: str, names: frozenset[str]) -> list[str]:
    """The Python functions below a label: imports and one function with the letters as its parameters."""
    found = []
    for source in _CODE.findall(part):
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise PatternError("a program in it is no Python") from None
        functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
        others = [
            node for node in tree.body if not isinstance(node, ast.FunctionDef | ast.Import | ast.ImportFrom)
        ]
        if len(functions) != 1 or others:
            raise PatternError("a program in it is more than imports and one function")
        parameters = [each.arg for each in functions[0].args.args]
        if set(parameters) != names or len(ast.unparse(functions[0].args).split(",")) != len(parameters):
            raise PatternError(f"a program in it takes other parameters than {', '.join(sorted(names))}")
        found.append(ast.unparse(tree))
    return found
