"""Trees of expressions, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import pytest

from propound.answers.errors import UnreadableError
from propound.answers.reading.syntax import parse
from propound.answers.reading.tree import Apply, Constant, Name, Node, Number

X, Y, E = Name("x"), Name("y"), Constant("e")


def n(value: int) -> Number:
    """A literal."""
    return Number(Fraction(value))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("x", X),
        ("2xy", Apply("mul", (n(2), X, Y))),
        ("x-y", Apply("add", (X, Apply("neg", (Y,))))),
        ("x/y/2", Apply("div", (X, Apply("mul", (Y, n(2)))))),
        ("-x^2", Apply("neg", (Apply("pow", (X, n(2))),))),
        ("x^y^2", Apply("pow", (X, Apply("pow", (Y, n(2)))))),
        ("x^{-1}", Apply("pow", (X, Apply("neg", (n(1),))))),
        ("2^3x", Apply("mul", (Apply("pow", (n(2), n(3))), X))),
        (r"\frac12", Apply("div", (n(1), n(2)))),
        (r"\frac{x}2", Apply("div", (X, n(2)))),
        (r"\sqrt[3]{x}", Apply("root", (X, n(3)))),
        (r"\sin 2x", Apply("sin", (Apply("mul", (n(2), X)),))),
        (r"\sin x\cos y", Apply("mul", (Apply("sin", (X,)), Apply("cos", (Y,))))),
        (r"\sin^2 x", Apply("pow", (Apply("sin", (X,)), n(2)))),
        ("sin(x)^2", Apply("pow", (Apply("sin", (X,)), n(2)))),
        (r"\sin^{-1}x", Apply("arcsin", (X,))),
        (r"\log_2 x", Apply("log", (X, n(2)))),
        ("ln(x)", Apply("log", (X, E))),
        ("exp(x)", Apply("pow", (E, X))),
        ("|x|", Apply("abs", (X,))),
        ("x_{1}", Name("x_1")),
        ("x1", Name("x_1")),
        ("3!", Apply("factorial", (n(3),))),
        (r"\binom{x}{2}", Apply("binomial", (X, n(2)))),
        ("xsin(y)", Apply("mul", (X, Apply("sin", (Y,))))),
    ],
)
def test_reads(text: str, tree: Node) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1/2x",
        r"2\frac{1}{2}",
        r"\sin x/2",
        r"\sqrt12",
        r"\log_12 x",
        r"\sin^{-2} x",
        "f(x)",
        "x 2",
        "2 3",
        "3!!",
        "||x||",
        "hello",
        "0 and x",
        "x = 2",
        "x < 2",
        r"\write18{ls}",
        "x.__class__",
        "x\x00",
        "x" * 3_000,
        "sin(x,y)",
        "*x",
        "x+",
        "(x",
        "2**",
        "(" * 30 + "x" + ")" * 30,
        "-" * 2_000 + "x",
        "x^" * 100 + "x",
        "√" * 100 + "x",
        "sin" * 100 + "x",
    ],
)
def test_refuses(text: str) -> None:
    with pytest.raises(UnreadableError):
        parse(text)
