"""A program as it is written: what it is given, which numbers it uses, and whether what it prints is computed.

It is read and never run here: only `propound.sandbox` runs it. Reading is bounded in length, depth and the size of
numbers, so that no source costs more than its length.
"""

from __future__ import annotations

import ast
import math
import operator
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from propound.problem import MAX_PROGRAM

GIVEN, BOUNDS, SOLVE = "GIVEN", "BOUNDS", "solve"
MAX_DEPTH = 100
"""Nested constructs of a program."""
MAX_BITS = 1_200
"""Size of a number that is worked out of a literal expression."""
MAX_FIGURES = 320

_DRAWS = frozenset({"random", "secrets", "uuid"})
"""Modules that draw at random, also as a part of another (numpy.random)."""
_CLOCKS = frozenset(
    {"time", "perf_counter", "monotonic", "process_time", "time_ns", "now", "utcnow", "today", "urandom", "getrandbits",
     "gmtime", "localtime"}
)  # fmt: skip
"""Functions of time, datetime and os that differ from run to run."""
_INPUTS = frozenset({"input", "raw_input"})
_WRAPPING = (
    "print str int float round repr format Fraction Rational Decimal Integer Float S sympify nsimplify "
    "bool list tuple set dict frozenset complex sorted simplify N"
)
_WRAPPERS = frozenset(_WRAPPING.split())
"""Calls that change how a value is written, and compute nothing."""
_CHANGING = (ast.BinOp, ast.Compare, ast.BoolOp, ast.IfExp, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp,
             ast.GeneratorExp, ast.NamedExpr, ast.Await, ast.Yield)  # fmt: skip
_CONTROL = (ast.If, ast.For, ast.While, ast.Try, ast.With, ast.AsyncFor, ast.AsyncWith, ast.Match)
_RATIOS = frozenset({"Fraction", "Rational"})
_NUMERALS = _RATIOS | {"Decimal", "Integer", "Float", "float", "int", "S", "sympify", "mpf"}
_ROUNDED = re.compile(r"\.(\d{1,2})[fge%]")


class UnreadableSourceError(Exception):
    """The source is no Python, or more than is read; the message says which."""


class Role(StrEnum):
    """What a number does in a program."""

    DATA = "data"
    """Named, listed, or handed to a function of the program's own: something that is given."""
    PART = "part"
    """Within arithmetic or a comparison."""
    LOOP = "loop"
    """The end of a range."""
    FORM = "form"
    """An index, an exponent, a number of digits: it says how, not how much."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A number that is written in a program."""

    value: Fraction
    role: Role
    name: str = ""
    """Of what it is assigned to."""
    parts: tuple[Fraction, ...] = ()
    """Of a number that is written as one of several, as 3/4: those."""


class Source:
    """A program that could be read."""

    def __init__(self, program: str) -> None:
        """Read it.

        Raises:
            UnreadableSourceError: it is no Python, or more than is read.
        """
        self.program = program
        self.tree = _parsed(program)
        self.functions: dict[str, ast.FunctionDef] = {
            node.name: node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef)
        }
        self._assigned: dict[str, list[ast.expr | None]] = {}
        self._collect(self.tree, within=False)

    @property
    def given_node(self) -> ast.expr | None:
        """What GIVEN is assigned at the top of the program."""
        return self._top(GIVEN)

    @property
    def bounds_node(self) -> ast.expr | None:
        """What BOUNDS is assigned at the top of the program."""
        return self._top(BOUNDS)

    @property
    def has_solve(self) -> bool:
        """Whether a function `solve` is defined at the top."""
        return any(isinstance(node, ast.FunctionDef) and node.name == SOLVE for node in self.tree.body)

    @property
    def prints(self) -> bool:
        """Whether it prints, or writes to standard output, anywhere."""
        return any(
            (isinstance(node, ast.Name) and node.id == "print")
            or (isinstance(node, ast.Attribute) and node.attr == "stdout")
            for node in ast.walk(self.tree)
        )

    def chance(self) -> str:
        """What it uses that differs from run to run: a module's or a function's name; empty for none."""
        for node in ast.walk(self.tree):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [part for alias in node.names for part in alias.name.split(".")]
            elif isinstance(node, ast.ImportFrom):
                names = [*(node.module or "").split("."), *(f"{alias.name}()" for alias in node.names)]
            elif isinstance(node, ast.Attribute):
                names = [node.attr] if node.attr in _DRAWS else []
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                names = [f"{node.func.attr}()"]
            found = next((n for n in names if n in _DRAWS or (n.endswith("()") and n[:-2] in _CLOCKS)), "")
            if found:
                return found
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in _CLOCKS
            ):
                return f"{node.func.attr}()"
        return ""

    def reads(self) -> bool:
        """Whether it waits for input."""
        return any(
            (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _INPUTS)
            or (isinstance(node, ast.Attribute) and node.attr == "stdin")
            for node in ast.walk(self.tree)
        )

    def rounded_places(self) -> int | None:
        """The fewest places that `round` or a format leaves; None where nothing is rounded to places."""
        found: list[int] = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "round":
                digits = [*node.args[1:], *(word.value for word in node.keywords if word.arg == "ndigits")]
                if digits and isinstance(digits[0], ast.Constant) and isinstance(digits[0].value, int):
                    found.append(digits[0].value)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found += map(int, _ROUNDED.findall(node.value))
        return min(found, default=None)

    def unrounded(self) -> str:
        """The program with its roundings to places left out."""
        return ast.unparse(ast.fix_missing_locations(_Unrounded().visit(ast.parse(self.program))))

    def computes(self) -> bool:
        """Whether anything that it prints (or that `solve` returns) is more than a literal under a name."""
        shown = self._shown()
        return not shown or any(within or self._is_computed(node, set()) for node, within in shown)

    def constants(self) -> tuple[Constant, ...]:
        """The numbers that are written in it, each once for each role; a docstring or a printed text holds none."""
        return tuple(dict.fromkeys(_Constants(frozenset(self.functions)).of(self.tree)))

    def texts(self) -> frozenset[str]:
        """The texts that are written in it."""
        return frozenset(
            node.value
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        )

    def parameters(self, function: str) -> ast.arguments | None:
        """The parameters of a function; None where there is none of that name."""
        node = self.functions.get(function)
        return node.args if node else None

    def _top(self, name: str) -> ast.expr | None:
        found: ast.expr | None = None
        for node in self.tree.body:
            if not isinstance(node, ast.Assign | ast.AnnAssign):
                continue
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                found = node.value
        return found

    def _collect(self, tree: ast.AST, *, within: bool) -> None:
        """Note what each name is assigned; None for what a loop, a branch or another statement computes."""
        stack: list[tuple[ast.AST, bool]] = [(tree, within)]
        while stack:
            node, inside = stack.pop()
            if isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    self._assign(target, None if inside else node.value)
            elif isinstance(node, ast.AugAssign | ast.For | ast.comprehension | ast.AsyncFor):
                self._assign(node.target, None)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                self._assign(node.func, None)  # values.append(x)
            elif isinstance(node, ast.FunctionDef):
                for argument in (*node.args.args, *node.args.kwonlyargs, *node.args.posonlyargs):
                    self._assigned.setdefault(argument.arg, []).append(None)
            inside = inside or isinstance(node, _CONTROL)
            stack += [(child, inside) for child in ast.iter_child_nodes(node)]

    def _assign(self, target: ast.expr, value: ast.expr | None) -> None:
        if isinstance(target, ast.Name):
            self._assigned.setdefault(target.id, []).append(value)
        elif isinstance(target, ast.Tuple | ast.List):
            values: list[ast.expr | None] = [value] * len(target.elts)
            if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts):
                values = list(value.elts)
            for part, one in zip(target.elts, values, strict=True):
                self._assign(part, one)
        elif isinstance(target, ast.Subscript | ast.Attribute) and isinstance(target.value, ast.Name):
            self._assigned.setdefault(target.value.id, []).append(None)

    def _shown(self) -> list[tuple[ast.expr, bool]]:
        """What is printed, or what `solve` returns where nothing is; True for what a loop or a branch decides."""
        shown: list[tuple[ast.expr, bool]] = []
        if self.has_solve and self.given_node is not None:
            return [(node, False) for node in self._returned(SOLVE)]
        stack: list[tuple[ast.AST, bool]] = [(self.tree, False)]
        while stack:
            node, within = stack.pop()
            if (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
            ) or (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "write"
            ):
                shown += [(argument, within) for argument in node.args]
            within = within or (isinstance(node, _CONTROL) and not _is_main(node))
            stack += [(child, within) for child in ast.iter_child_nodes(node)]
        return shown

    def _returned(self, function: str) -> list[ast.expr]:
        node = self.functions.get(function)
        if node is None:
            return []
        if any(isinstance(part, _CONTROL) for part in ast.walk(node)):
            return [ast.BinOp(ast.Constant(0), ast.Add(), ast.Constant(0))]  # something decides
        return [
            part.value for part in ast.walk(node) if isinstance(part, ast.Return) and part.value is not None
        ]

    def _is_computed(self, node: ast.expr, seen: set[str]) -> bool:
        stack: list[ast.AST] = [node]
        while stack:
            part = stack.pop()
            if isinstance(part, _CHANGING):
                return True
            if isinstance(part, ast.Name):
                if part.id in seen:
                    continue
                seen.add(part.id)
                assigned = self._assigned.get(part.id, [])
                if any(value is None for value in assigned):
                    return True
                stack += [value for value in assigned if value is not None]
                continue
            if isinstance(part, ast.Call):
                called = (
                    part.func.id
                    if isinstance(part.func, ast.Name)
                    else part.func.attr
                    if isinstance(part.func, ast.Attribute)
                    else ""
                )
                if isinstance(part.func, ast.Name) and called in self.functions:
                    if called not in seen:
                        seen.add(called)
                        stack += self._returned(called)
                elif called not in _WRAPPERS and called not in {"format", "join"}:
                    return True
                stack += [*part.args, *(keyword.value for keyword in part.keywords)]
                continue
            stack += list(ast.iter_child_nodes(part))
        return False


def _is_main(node: ast.AST) -> bool:
    """`if __name__ == "__main__":`, which decides nothing."""
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Compare)
        and any(isinstance(part, ast.Name) and part.id == "__name__" for part in ast.walk(node.test))
    )


def _parsed(program: str) -> ast.Module:
    if len(program) > MAX_PROGRAM:
        raise UnreadableSourceError(f"the program is longer than {MAX_PROGRAM} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" in a text is no fault of a problem
            tree = ast.parse(program)
    except SyntaxError as error:
        raise UnreadableSourceError(f"the program is no Python: {error.msg}, line {error.lineno}") from None
    except (ValueError, MemoryError, RecursionError, OverflowError):
        raise UnreadableSourceError("the program is no Python that can be read") from None
    stack: list[tuple[ast.AST, int]] = [(tree, 0)]
    while stack:
        node, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise UnreadableSourceError("the program is nested too deeply")
        stack += [(child, depth + 1) for child in ast.iter_child_nodes(node)]
    return tree


_OPERATIONS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}


def literal(node: ast.expr) -> Any:
    """The value of a literal expression: numbers, texts, truth values, None, lists, tuples and dictionaries of these,
    ratios such as Fraction(1, 3), and arithmetic of numbers within bounds.

    Raises:
        ValueError: it is none, or larger than is worked out.
    """
    match node:
        case ast.Constant(value=value) if value is None or isinstance(value, str | bool | int | float):
            return _bounded(value)
        case ast.List(elts=items):
            return [literal(item) for item in items]
        case ast.Tuple(elts=items):
            return tuple(literal(item) for item in items)
        case ast.Dict(keys=keys, values=values):
            if any(key is None for key in keys):
                raise ValueError("no literal")
            return {
                _key(literal(key)): literal(value) for key, value in zip(keys, values, strict=True) if key
            }
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords) if all(
            word.arg for word in keywords
        ):
            return {str(word.arg): literal(word.value) for word in keywords}
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _NUMERALS:
            return _ratio(name, [literal(argument) for argument in arguments])
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            value = _number(literal(operand))
            return -value if isinstance(node.op, ast.USub) else value
        case ast.BinOp(left=left, op=operation, right=right) if type(operation) in _OPERATIONS:
            return _worked_out(type(operation), _number(literal(left)), _number(literal(right)))
    raise ValueError("no literal")


def _key(key: Any) -> Any:
    if isinstance(key, str | int | float | tuple):
        return key
    raise ValueError("no literal")


def _number(value: Any) -> Any:
    if isinstance(value, int | float | Fraction) and not isinstance(value, bool):
        return value
    raise ValueError("no number")


def _bounded(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("no finite number")
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise ValueError("a number that is too large")
    if (
        isinstance(value, Fraction)
        and max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS
    ):
        raise ValueError("a number that is too large")
    return value


def _ratio(name: str, arguments: list[Any]) -> Any:
    if (
        name in _RATIOS
        and len(arguments) == 2
        and all(isinstance(one, int) for one in arguments)
        and arguments[1]
    ):
        return Fraction(*arguments)
    if len(arguments) != 1:
        raise ValueError("no literal")
    value = arguments[0]
    if isinstance(value, str):
        if not re.fullmatch(r" ?[-+]?\d{1,40}(?:\.\d{1,40}|/\d{1,40})? ?", value) or re.search(
            "/0+ ?$", value
        ):
            raise ValueError("no number")
        value = Fraction(value)
    value = _number(value)
    return Fraction(str(value)) if isinstance(value, float) and name in _RATIOS | {"Decimal"} else value


def _worked_out(operation: type[ast.operator], left: Any, right: Any) -> Any:
    try:
        if operation is ast.Pow:
            if abs(right) > MAX_BITS or _bits(left) * max(1, abs(right)) > MAX_BITS:
                raise ValueError("a number that is too large")
            if left < 0 and not float(right).is_integer():
                raise ValueError("no real number")
        return _bounded(_OPERATIONS[operation](left, right))
    except (ArithmeticError, TypeError):
        raise ValueError("no number") from None


def _bits(value: Any) -> int:
    if isinstance(value, float):
        return 64
    whole = Fraction(value)
    return max(whole.numerator.bit_length(), whole.denominator.bit_length())


def exact(value: Any) -> Fraction | None:
    """A number of a program as it is written: 0.1 is a tenth. None for what is no finite number, or a huge one."""
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction):
        return None
    if isinstance(value, float):
        return Fraction(repr(value)) if math.isfinite(value) else None
    return Fraction(value) if _bits(value) <= MAX_BITS else None


def numbers_in(value: Any) -> Iterator[Fraction]:
    """All numbers in a value of GIVEN, also those in its lists and its texts that are numbers."""
    if isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from numbers_in(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from numbers_in(key)
            yield from numbers_in(item)
    else:
        found = exact(value)
        if found is not None:
            yield found


class _Unrounded(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        is_round = isinstance(node.func, ast.Name) and node.func.id == "round"
        return node.args[0] if is_round and len(node.args) + len(node.keywords) == 2 and node.args else node

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        self.generic_visit(node)
        node.format_spec = None
        return node


def _is_distance(node: ast.expr) -> bool:
    """Whether it is abs(...): what is compared with that is a tolerance."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "abs"


def _operands(node: ast.AST) -> Iterator[Fraction]:
    """The numbers of a literal expression, but for exponents, which say how and not how much."""
    stack = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, ast.Constant):
            value = exact(part.value)
            if value is not None:
                yield value
        elif isinstance(part, ast.BinOp) and isinstance(part.op, ast.Pow):
            stack.append(part.left)
        else:
            stack += ast.iter_child_nodes(part)


class _Constants:
    """Walks a tree, and knows on the way what a number there is for."""

    def __init__(self, own: frozenset[str]) -> None:
        self._own = own

    def of(self, tree: ast.Module) -> Iterator[Constant]:
        """The constants of a whole program."""
        stack: list[tuple[ast.AST, Role, str]] = [(tree, Role.PART, "")]
        while stack:
            node, role, name = stack.pop()
            if isinstance(node, ast.expr):
                found = self._folded(node, role, name)
                if found is not None:
                    yield found
                    continue
            stack += self._inside(node, role, name)

    def _folded(self, node: ast.expr, role: Role, name: str) -> Constant | None:
        """The node as one number, where it is one."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return None
        if isinstance(node, ast.List | ast.Tuple | ast.Dict | ast.Set):
            return None
        try:
            value = exact(literal(node))
        except ValueError:
            return None
        if value is None:
            return None
        parts: tuple[Fraction, ...] = ()
        if not isinstance(node, ast.Constant):
            parts = tuple(_operands(node))
        return Constant(value, role, name, parts)

    def _inside(self, node: ast.AST, role: Role, name: str) -> Iterator[tuple[ast.AST, Role, str]]:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=target)], value=value)
                | ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value)
            ):
                yield value, Role.DATA, target
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                for place, item in enumerate(values):
                    named = targets[place] if place < len(targets) else None
                    yield item, Role.DATA, named.id if isinstance(named, ast.Name) else ""
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                yield from ((item, role, name) for item in items)
            case ast.Dict(keys=keys, values=values):
                yield from ((item, role, name) for item in (*keys, *values) if item is not None)
            case ast.Call():
                yield from self._in_call(node)
            case ast.FunctionDef(args=parameters):
                names = [argument.arg for argument in (*parameters.posonlyargs, *parameters.args)]
                yield from zip(
                    parameters.defaults,
                    [Role.DATA] * len(names),
                    names[-len(parameters.defaults) :],
                    strict=False,
                )
                yield from (
                    (default, Role.DATA, "") for default in parameters.kw_defaults if default is not None
                )
                yield from ((statement, Role.PART, "") for statement in node.body)
            case ast.Compare(left=left, comparators=[limit]) if _is_distance(left):
                yield left, Role.PART, ""
                yield limit, Role.FORM, ""
            case ast.Subscript(value=value, slice=place):
                yield value, Role.PART, ""
                yield place, Role.FORM, ""
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                yield left, Role.PART, ""
                yield right, Role.FORM, ""
            case ast.Expr(value=ast.Constant()) | ast.JoinedStr():
                yield from (
                    (part, Role.PART, "")
                    for part in ast.iter_child_nodes(node)
                    if isinstance(part, ast.FormattedValue)
                )
            case ast.FormattedValue(value=value):
                yield value, Role.PART, ""
            case _:
                yield from ((child, Role.PART, "") for child in ast.iter_child_nodes(node))

    def _in_call(self, node: ast.Call) -> Iterator[tuple[ast.AST, Role, str]]:
        match node:
            case ast.Call(func=ast.Name(id="range"), args=arguments):
                yield from ((argument, Role.LOOP, "") for argument in arguments)
            case ast.Call(
                func=ast.Name(id="round" | "pow" as called), args=[first, *others], keywords=keywords
            ):
                yield first, Role.PART, ""
                kind = Role.FORM if called == "round" or len(others) == 1 else Role.PART
                yield from ((other, kind, "") for other in others)
                yield from ((keyword.value, Role.FORM, "") for keyword in keywords)
            case ast.Call(func=function, args=arguments, keywords=keywords):
                is_own = isinstance(function, ast.Name) and function.id in self._own
                inner = Role.DATA if is_own else Role.PART
                yield function, Role.PART, ""
                yield from ((argument, inner, "") for argument in arguments)
                yield from ((keyword.value, inner, keyword.arg or "") for keyword in keywords)
