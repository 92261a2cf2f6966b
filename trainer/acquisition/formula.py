"""Formulas of worked problems: LaTeX -> a small tree -> exact Python, or LaTeX again.

Closed forms are read by the answer checker's own parser. On top of it come sums and products over an index, greatest
common divisors and remainders. What could be read in two ways is refused, above all where a sum's term ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from propound.answers.errors import UnreadableError
from propound.answers.reading.notation import closing, plain
from propound.answers.reading.syntax import parse
from propound.answers.reading.tree import Apply, Constant, Name, Node, Number, nodes
from propound.errors import PropoundError

MAX_FORMULA = 400
"""Longest formula, in characters."""
MAX_NESTED = 3
"""Sums within sums."""

_SERIES = re.compile(r"\\(sum|prod) ?_ ?(?:\{ ?([a-z]) ?= ?)")
_GCD = re.compile(r"\\?(gcd|lcm) ?\(")
_MOD = re.compile(r"\\bmod(?![A-Za-z])|\\pmod(?![A-Za-z])|\\mod(?![A-Za-z])")
_OPENING, _CLOSING = "([{", ")]}"


class FormulaError(PropoundError):
    """A formula that is not understood, or understood in two ways."""


@dataclass(frozen=True)
class Series:
    """A sum or a product of `term` for `index` from `low` to `high`, both included."""

    kind: str
    """`sum` or `prod`."""
    index: str
    low: Node
    high: Node
    term: Formula


@dataclass(frozen=True)
class Divisor:
    """`gcd` or `lcm` of two closed forms."""

    kind: str
    first: Node
    second: Node


@dataclass(frozen=True)
class Remainder:
    """`dividend` modulo `modulus`, from 0 to below the modulus."""

    dividend: Formula
    modulus: Node


Formula = Node | Series | Divisor | Remainder


def read_formula(latex: str) -> Formula:
    """The formula that `latex` writes, without dollar signs.

    Raises:
        FormulaError: it is outside the notation, ambiguous, or too long.
    """
    if len(latex) > MAX_FORMULA:
        raise FormulaError(f"a formula of more than {MAX_FORMULA} characters")
    try:
        return _read(plain(latex).rstrip(" .,;"), MAX_NESTED)
    except (UnreadableError, RecursionError) as error:
        raise FormulaError(f"{latex!r} is not understood: {error}") from None


def _read(text: str, depth: int) -> Formula:
    text = _unwrapped(text.strip())
    parts = _split(text, _MOD)
    if len(parts) == 2:
        if _SERIES.match(parts[0].strip()):
            raise UnreadableError(
                "whether the term of a sum or the sum is reduced: put the sum in parentheses"
            )
        return Remainder(_read(parts[0], depth), _closed(_unwrapped(parts[1])))
    series = _SERIES.match(text)
    if series:
        return _series(text, series, depth)
    divisor = _GCD.match(text)
    if divisor:
        return _divisor(text, divisor)
    return _closed(text)


def _series(text: str, found: re.Match[str], depth: int) -> Series:
    if depth == 0:
        raise UnreadableError("sums within sums within sums")
    start = text.index("{", found.start())
    length = closing(text[start:])
    if length is None:
        raise UnreadableError("unbalanced brackets")
    low, rest = text[found.end() : start + length], text[start + length + 1 :].lstrip()
    if not rest.startswith("^"):
        raise UnreadableError("a sum without an upper bound")
    high, term = _argument(rest[1:].lstrip())
    if len(list(_top(term, "+-"))) > 0 and not _is_wrapped(term):
        raise UnreadableError("where the term of a sum ends: put it in parentheses")
    if not term.strip():
        raise UnreadableError("a sum without a term")
    return Series(found[1], found[2], _closed(low), _closed(high), _read(term, depth - 1))


def _argument(text: str) -> tuple[str, str]:
    """A LaTeX argument, one sign or a group, and what follows."""
    if not text:
        raise UnreadableError("a bound is missing")
    if text[0] != "{":
        return text[0], text[1:]
    length = closing(text)
    if length is None:
        raise UnreadableError("unbalanced brackets")
    return text[1:length], text[length + 1 :]


def _divisor(text: str, found: re.Match[str]) -> Divisor:
    start = found.end() - 1
    length = closing(text[start:])
    if length is None or text[start + length + 1 :].strip():
        raise UnreadableError("something around a greatest common divisor")
    parts = _split(text[start + 1 : start + length], re.compile(","))
    if len(parts) != 2:
        raise UnreadableError("a divisor of more or fewer than two numbers")
    return Divisor(found[1], _closed(parts[0]), _closed(parts[1]))


def _unwrapped(text: str) -> str:
    """The text without one pair of brackets around a whole sum: the parser knows no sums."""
    while _is_wrapped(text):
        text = text.strip()[1:-1].strip()
    return text


def _is_wrapped(text: str) -> bool:
    text = text.strip()
    return text[:1] in ("(", "[", "{") and closing(text) == len(text) - 1


def _top(text: str, signs: str) -> Iterator[int]:
    """Where one of the signs stands outside all brackets, but for a sign before the first operand."""
    depth = 0
    for position, sign in enumerate(text):
        depth += (sign in _OPENING) - (sign in _CLOSING)
        if (
            depth == 0
            and sign in signs
            and text[:position].strip()
            and text[:position].rstrip()[-1] not in "*/^"
        ):
            yield position


def _split(text: str, separator: re.Pattern[str]) -> list[str]:
    parts, start = [], 0
    for match in separator.finditer(text):
        before = text[: match.start()]
        if sum(before.count(sign) for sign in _OPENING) == sum(before.count(sign) for sign in _CLOSING):
            parts.append(text[start : match.start()])
            start = match.end()
    return [*parts, text[start:]]


def _closed(text: str) -> Node:
    tree = _named(parse(text.strip()))
    unknown = {node.operation for node in nodes(tree) if isinstance(node, Apply)} - _PYTHON.keys()
    if unknown:
        raise UnreadableError(f"{min(unknown)} has no exact value")
    return tree


def _named(tree: Node) -> Node:
    """The tree with e and i as letters: here they are parameters and indices, if anything."""
    if isinstance(tree, Constant):
        if tree.name not in ("e", "i"):
            raise UnreadableError(f"{tree.name} has no exact value")
        return Name(tree.name)
    if isinstance(tree, Apply):
        return Apply(tree.operation, tuple(map(_named, tree.operands)))
    return tree


def letters(formula: Formula) -> frozenset[str]:
    """The free letters of a formula: the index of a sum is none."""
    if isinstance(formula, Series):
        bounds = letters(formula.low) | letters(formula.high)
        return bounds | (letters(formula.term) - {formula.index})
    if isinstance(formula, Divisor):
        return letters(formula.first) | letters(formula.second)
    if isinstance(formula, Remainder):
        return letters(formula.dividend) | letters(formula.modulus)
    return frozenset(node.name for node in nodes(formula) if isinstance(node, Name))


def has_series(formula: Formula) -> bool:
    """Whether the value is added or multiplied up term by term."""
    return isinstance(formula, Series) or (isinstance(formula, Remainder) and has_series(formula.dividend))


_PYTHON = {
    "add": "",
    "mul": "",
    "neg": "-{}",
    "div": "Fraction({}) / {}",
    "pow": "Fraction({}) ** whole({})",
    "floor": "floor({})",
    "ceil": "ceil({})",
    "abs": "abs({})",
    "factorial": "factorial(whole({}))",
    "binomial": "comb(whole({}), whole({}))",
}
"""Operation -> Python over exact rationals."""


def python(formula: Formula) -> str:
    """A Python expression over letters that hold a `Fraction`; it uses functions of `math`, and `whole` and `span`."""
    if isinstance(formula, Series):
        terms = f"{python(formula.term)} for {formula.index} in span({python(formula.low)}, {python(formula.high)})"
        return f"sum({terms})" if formula.kind == "sum" else f"prod({terms})"
    if isinstance(formula, Divisor):
        return f"{formula.kind}(whole({python(formula.first)}), whole({python(formula.second)}))"
    if isinstance(formula, Remainder):
        return f"{_operand(formula.dividend)} % {_operand(formula.modulus)}"
    if isinstance(formula, Number):
        value = formula.value
        return str(value) if value.denominator == 1 else f"Fraction({value.numerator}, {value.denominator})"
    if isinstance(formula, Name):
        return formula.name
    assert isinstance(formula, Apply)
    operands = [_operand(operand) for operand in formula.operands]
    if formula.operation == "add":
        return " + ".join(operands).replace("+ (-1)", "- 1")
    return (
        " * ".join(operands) if formula.operation == "mul" else _PYTHON[formula.operation].format(*operands)
    )


def _operand(formula: Formula) -> str:
    code = python(formula)
    return code if re.fullmatch(r"\w+", code) else f"({code})"


def latex(formula: Formula, slots: frozenset[str] = frozenset()) -> str:
    """The formula as LaTeX for a wording; letters in `slots` are slots.

    No brace stands directly before another letter, where it would begin a slot.
    """
    return _Latex(slots).whole(formula)


@dataclass(frozen=True)
class _Latex:
    slots: frozenset[str]

    def whole(self, formula: Formula) -> str:
        if isinstance(formula, Series):
            bounds = f"_{{ {formula.index} = {self.whole(formula.low)} }}^{{ {self.whole(formula.high)} }}"
            inner = _Latex(self.slots - {formula.index})
            return rf"\{formula.kind}{bounds} \left( {inner.whole(formula.term)} \right)"
        if isinstance(formula, Divisor):
            name = r"\gcd" if formula.kind == "gcd" else r"\operatorname{ lcm }"
            return f"{name}( {self.whole(formula.first)}, {self.whole(formula.second)} )"
        if isinstance(formula, Remainder):
            dividend = self.whole(formula.dividend)
            shown = rf"\left( {dividend} \right)" if isinstance(formula.dividend, Series) else dividend
            return rf"{shown} \bmod {self._factor(formula.modulus)}"
        if isinstance(formula, Number):
            return _number(formula.value)
        if isinstance(formula, Name):
            return f"{{{formula.name}}}" if formula.name in self.slots else formula.name
        assert isinstance(formula, Apply)
        return self._applied(formula)

    def _applied(self, tree: Apply) -> str:
        shown = [self.whole(operand) for operand in tree.operands]
        if tree.operation == "add":
            return " + ".join(shown).replace("+ -", "- ")
        if tree.operation == "mul":
            products = frozenset({"binomial", "pow", "factorial"})
            return r" \cdot ".join(self._factor(operand, products) for operand in tree.operands)
        if tree.operation == "pow":
            return f"{self._factor(tree.operands[0])}^{{ {shown[1]} }}"
        if tree.operation == "neg":
            return f"-{self._factor(tree.operands[0])}"
        if tree.operation == "factorial":
            return f"{self._factor(tree.operands[0])}!"
        forms = {
            "div": r"\frac{{ {} }}{{ {} }}",
            "binomial": r"\binom{{ {} }}{{ {} }}",
            "floor": r"\lfloor {} \rfloor",
            "ceil": r"\lceil {} \rceil",
            "abs": r"\lvert {} \rvert",
        }
        return forms[tree.operation].format(*shown)

    def _factor(self, tree: Node, bare: frozenset[str] = frozenset({"binomial"})) -> str:
        """The tree as a factor: in parentheses, where it is no single sign or one of the `bare` operations."""
        if isinstance(tree, Apply):
            is_whole = tree.operation in bare
        else:
            is_whole = isinstance(tree, Name) or (isinstance(tree, Number) and tree.value >= 0)
        return self.whole(tree) if is_whole else f"( {self.whole(tree)} )"


def _number(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    return rf"\frac{{ {value.numerator} }}{{ {value.denominator} }}"
