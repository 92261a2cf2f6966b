"""What a candidate's script may say. The sandbox keeps the machine safe; this keeps the proof honest.

A script runs in the interpreter of its own proof, so one that could reach the proof's code could forge its result.
Scripts therefore are plain arithmetic: a few modules, a few builtins, no attributes that begin with an underscore or
lead to frames, no classes, nothing assigned to an attribute. And the two methods must be two: without common code, and
not the same program written twice.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from difflib import SequenceMatcher

MODULES: dict[str, AbstractSet[str] | None] = {
    "__future__": {"annotations"},
    "bisect": {"bisect", "bisect_left", "bisect_right", "insort"},
    "collections": {"Counter", "defaultdict", "deque"},
    "fractions": {"Fraction"},
    "functools": {"cache", "lru_cache", "reduce"},
    "heapq": {"heapify", "heappop", "heappush"},
    "itertools": None,
    "math": None,
}
"""Modules, and what may be imported from each; None: all of it, and the module itself."""
NOTHING = frozenset[str]()
BUILTINS = frozenset(
    [
        *(
            "abs",
            "all",
            "any",
            "bool",
            "chr",
            "complex",
            "dict",
            "divmod",
            "enumerate",
            "filter",
            "float",
            "frozenset",
        ),
        *(
            "int",
            "isinstance",
            "len",
            "list",
            "map",
            "max",
            "min",
            "next",
            "ord",
            "pow",
            "range",
            "reversed",
            "round",
        ),
        *("set", "sorted", "str", "sum", "tuple", "zip"),
        *("ArithmeticError", "StopIteration", "ValueError", "ZeroDivisionError"),
    ]
)
REQUIRED = ("draw", "solve", "recompute", "degenerate")
LIKENESS = 0.9
"""From this share of common syntax on, the second method is the first one written again."""

_INTERNAL = re.compile(r"_|(?:gi|cr|ag|tb|f|co)_|format|mro$|with_traceback$")
_REFUSED = (
    *(ast.ClassDef, ast.AsyncFunctionDef, ast.Await, ast.Global, ast.Nonlocal, ast.MatchClass, ast.Delete),
    *(ast.AsyncFor, ast.AsyncWith, ast.With),
)


def restrictions(script: str) -> list[str]:
    """What a script does that it may not, or lacks; empty for one that may run."""
    try:
        tree = ast.parse(script)
        return sorted(set(_found(tree))) or _methods(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return [f"the script cannot be read: {type(error).__name__}"]


def _found(tree: ast.Module) -> Iterator[str]:
    known = set(BUILTINS)
    for node in ast.walk(tree):
        known |= set(_defined(node))
    for statement in tree.body:
        is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        is_constant = isinstance(statement, ast.Assign) and _is_constant(statement.value)
        is_definition = isinstance(statement, ast.Import | ast.ImportFrom | ast.FunctionDef)
        if not (is_text or is_constant or is_definition):
            yield f"line {statement.lineno}: only imports, functions and constants stand at the top"
    for node in ast.walk(tree):
        where = f"line {getattr(node, 'lineno', 0)}"
        if isinstance(node, _REFUSED):
            yield f"{where}: {type(node).__name__}"
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (f"{where}: imports {name}" for name in _foreign(node))
        elif isinstance(node, ast.Attribute):
            if _INTERNAL.match(node.attr) or not isinstance(node.ctx, ast.Load):
                yield f"{where}: the attribute {node.attr}"
        elif isinstance(node, ast.Name) and node.id not in known:
            yield f"{where}: the name {node.id}"
        for name in _defined(node):
            if name.startswith("__") or name in BUILTINS:
                yield f"{where}: defines {name}"
    yield from (f"{name} is missing" for name in REQUIRED if name not in _functions(tree))


def _is_constant(value: ast.expr) -> bool:
    """Whether nothing can be kept in it, to be found by the second method."""
    if isinstance(value, ast.Tuple):
        return all(map(_is_constant, value.elts))
    return isinstance(value.operand if isinstance(value, ast.UnaryOp) else value, ast.Constant)


def _defined(node: ast.AST) -> Iterator[str]:
    """Names that the node gives a meaning to."""
    if isinstance(node, ast.FunctionDef):
        yield node.name
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.alias):
        yield node.asname or node.name
    elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        yield node.name
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest


def _foreign(node: ast.Import | ast.ImportFrom) -> list[str]:
    """What the statement imports and may not."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names if MODULES.get(alias.name, NOTHING) is not None]
    allowed = NOTHING if node.level else MODULES.get(node.module or "", NOTHING)
    return [
        f"{node.module}.{alias.name}"
        for alias in node.names
        if alias.name.startswith(("_", "*")) or (allowed is not None and alias.name not in allowed)
    ]


def _functions(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def _methods(tree: ast.Module) -> list[str]:
    """Whether the two methods are independent of one another."""
    functions = _functions(tree)
    first, second = _reached(functions, "solve"), _reached(functions, "recompute")
    shared = first & second
    if shared:
        return [f"solve and recompute share {', '.join(sorted(shared))}"]
    one, other = (
        [sign for name in sorted(reached) for sign in _syntax(functions[name])] for reached in (first, second)
    )
    if SequenceMatcher(None, one, other, autojunk=False).ratio() >= LIKENESS:
        return ["recompute is solve written again"]
    return []


def _reached(functions: dict[str, ast.FunctionDef], start: str) -> set[str]:
    reached, waiting = set[str](), [start]
    while waiting:
        name = waiting.pop()
        if name in functions and name not in reached:
            reached.add(name)
            waiting += [node.id for node in ast.walk(functions[name]) if isinstance(node, ast.Name)]
    return reached


def _syntax(function: ast.FunctionDef) -> list[str]:
    """The function's syntax without the names in it, at most 2,000 signs of it."""
    signs = [
        repr(node.value) if isinstance(node, ast.Constant) else type(node).__name__
        for statement in function.body
        for node in ast.walk(statement)
        if not isinstance(node, ast.expr_context)
    ]
    return signs[:2_000]
