"""A recursive-descent parser for one expression; what two readers could read differently is refused."""

from __future__ import annotations

from fractions import Fraction

from propound.answers.errors import UnreadableError
from propound.answers.limits import MAX_DEPTH
from propound.answers.reading.alphabet import INVERSES, TRIGONOMETRIC
from propound.answers.reading.notation import check_depth, join_thousands
from propound.answers.reading.tokens import END, Sort, Token, tokens
from propound.answers.reading.tree import UNKNOWN_BASE, Apply, Constant, Name, Node, Number

_BRACKETS = {"(": ")", "[": "]", "{": "}"}
_DEGREE = Apply("div", (Constant("pi"), Number(Fraction(180))))
_ROUNDED = {"lfloor": ("rfloor", "floor"), "lceil": ("rceil", "ceil")}
_CALLED_BY_HABIT = {"f", "g", "h"}
"""Letters before a parenthesis that name an unknown function rather than a factor."""


def parse(text: str) -> Node:
    """The tree of `text`, which is in plain notation. Raises `UnreadableError`."""
    check_depth(text)
    letters = text.replace("μ", r"\mu ").replace("Ω", r"\Omega ")
    return _Parser(tokens(join_thousands(letters))).whole()


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._position = 0
        self._depth = 0
        self._bars = 0
        self._angles = 0

    def whole(self) -> Node:
        tree = self._sum()
        if self._at("°"):
            raise UnreadableError("a degree sign outside an angle")
        if self._next is not END:
            raise UnreadableError("text after the expression")
        return tree

    @property
    def _next(self) -> Token:
        return self._tokens[self._position] if self._position < len(self._tokens) else END

    def _take(self) -> Token:
        token = self._next
        self._position += 1
        return token

    def _at(self, *signs: str) -> bool:
        return self._next.sort is Sort.SIGN and self._next.text in signs

    def _skip(self, sign: str) -> bool:
        found = self._at(sign)
        self._position += found
        return found

    def _expect(self, sign: str) -> None:
        if not self._skip(sign):
            raise UnreadableError("a bracket or sign is missing")

    def _sum(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise UnreadableError("nested too deeply")
        terms = [self._product()]
        while self._at("+", "-"):
            negative = self._take().text == "-"
            term = self._product()
            terms.append(Apply("neg", (term,)) if negative else term)
        self._depth -= 1
        return terms[0] if len(terms) == 1 else Apply("add", tuple(terms))

    def _product(self) -> Node:
        """Factors and divisors, each flat, so that a long product is no deep tree."""
        factors, divisors = [self._signed()], list[Node]()
        divided = False
        while True:
            if self._at("*", "/"):
                divided = self._take().text == "/"
                (divisors if divided else factors).append(self._signed())
            elif self._starts_factor():
                if divided:
                    raise UnreadableError("ambiguous: a factor after a slash, as in 1/2x")
                if isinstance(factors[-1], Number) and self._at_fraction_of_numbers():
                    raise UnreadableError("ambiguous: a number before a fraction of numbers")
                self._refuse_uncertain_digits()
                factors.append(self._power())
            else:
                top = _times(factors)
                return Apply("div", (top, _times(divisors))) if divisors else top

    def _signed(self) -> Node:
        negative = False
        while self._at("+", "-"):
            negative ^= self._take().text == "-"
        tree = self._power()
        return Apply("neg", (tree,)) if negative else tree

    def _power(self) -> Node:
        base = self._atom()
        if self._skip("!"):
            if self._at("!"):
                raise UnreadableError("a double factorial")
            base = Apply("factorial", (base,))
        if self._angles and self._skip("°"):
            base = Apply("mul", (base, _DEGREE))
        return Apply("pow", (base, self._exponent())) if self._skip("^") else base

    def _exponent(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise UnreadableError("nested too deeply")
        tree = self._signed()
        self._depth -= 1
        return tree

    def _starts_factor(self) -> bool:
        token = self._next
        if token.sort is Sort.SIGN:
            return token.text in _BRACKETS or (token.text == "|" and self._bars == 0)
        if token.sort is Sort.COMMAND:
            return token.text not in {"rfloor", "rceil"}
        if token.sort is Sort.NUMBER:
            raise UnreadableError("a number directly after another factor")
        return token.sort is not Sort.END

    def _at_fraction_of_numbers(self) -> bool:
        ahead = [*self._tokens[self._position : self._position + 4], END, END, END, END]
        if ahead[0] != Token(Sort.COMMAND, "frac"):
            return False
        return ahead[1].sort is Sort.NUMBER or (ahead[2].sort is Sort.NUMBER and ahead[3].text == "}")

    def _refuse_uncertain_digits(self) -> None:
        """0.1(6) is a product for some and 1/6 for others, 1.27(3) a value with its uncertainty."""
        around = self._tokens[max(self._position - 1, 0) : self._position + 3]
        if [token.sort for token in around[::2]] == [Sort.NUMBER, Sort.NUMBER] and (
            "." in around[0].text and [token.text for token in around[1::2]] == ["(", ")"]
        ):
            raise UnreadableError("ambiguous: a decimal before digits in parentheses")

    def _at_quotient_of_functions(self) -> bool:
        ahead = self._tokens[self._position : self._position + 2]
        return [token.text for token in ahead[:1]] == ["/"] and ahead[-1].sort is Sort.FUNCTION

    def _atom(self) -> Node:
        token = self._take()
        if token.sort is Sort.SIGN:
            return self._bracketed(token.text)
        if token.sort in (Sort.NUMBER, Sort.CONSTANT, Sort.NAME):
            if token.text in _CALLED_BY_HABIT and self._at("("):
                raise UnreadableError("an unknown function")
            return _leaf(token)
        if token.sort is Sort.FUNCTION:
            return self._function(token.text)
        return self._command(token.text)

    def _bracketed(self, opening: str) -> Node:
        if opening == "|":
            return self._between_bars()
        if opening not in _BRACKETS:
            raise UnreadableError("an operand is missing")
        tree = self._sum()
        self._expect(_BRACKETS[opening])
        return tree

    def _between_bars(self) -> Node:
        if self._bars:
            raise UnreadableError("ambiguous: bars inside bars")
        self._bars += 1
        tree = self._sum()
        self._bars -= 1
        self._expect("|")
        return Apply("abs", (tree,))

    def _command(self, name: str) -> Node:
        if name in _ROUNDED:
            closing, operation = _ROUNDED[name]
            tree = self._sum()
            if self._take() != Token(Sort.COMMAND, closing):
                raise UnreadableError("a bracket or sign is missing")
            return Apply(operation, (tree,))
        if name == "frac":
            return Apply("div", (self._argument(), self._argument()))
        if name == "binom":
            return Apply("binomial", (self._argument(), self._argument()))
        if name == "surd":
            self._depth += 1
            if self._depth > MAX_DEPTH:
                raise UnreadableError("nested too deeply")
            tree = self._atom()
            self._depth -= 1
            return _root(tree, 2)
        raise UnreadableError("a bracket or sign is missing")

    def _argument(self) -> Node:
        """An argument of a LaTeX command: a group, else one letter or one digit (\\frac12 is one half)."""
        if self._skip("{"):
            tree = self._sum()
            self._expect("}")
            return tree
        token = self._take()
        if token.sort in (Sort.NAME, Sort.CONSTANT):
            return _leaf(token)
        if token.sort is not Sort.NUMBER or "." in token.text:
            raise UnreadableError("an operand is missing")
        if len(token.text) > 1:
            self._position -= 1
            rest = token.text[1:]
            self._tokens[self._position] = Token(Sort.NUMBER, rest)
        return Number(Fraction(token.text[0]))

    def _function(self, name: str) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise UnreadableError("nested too deeply")
        tree = self._call(name)
        self._depth -= 1
        return tree

    def _call(self, name: str) -> Node:
        if name in {"sqrt", "cbrt"}:
            return self._radical(3 if name == "cbrt" else 2)
        base = self._base() if name == "log" else None
        power: Node | None = None
        if self._skip("^"):
            power = self._exponent()
            if power == Apply("neg", (Number(Fraction(1)),)) and name in INVERSES:
                name, power = INVERSES[name], None
            elif isinstance(power, Apply) and power.operation == "neg":
                raise UnreadableError("ambiguous: a negative exponent on a function's name")
        self._angles += name in TRIGONOMETRIC
        operands = self._operands()
        self._angles -= name in TRIGONOMETRIC
        if len(operands) != (2 if name == "binomial" else 1):
            raise UnreadableError("a function with another number of arguments")
        tree = _applied(name, operands, base)
        return tree if power is None else Apply("pow", (tree, power))

    def _base(self) -> Node | None:
        """The base of a logarithm: \\log_2, log2(...), log10(...)."""
        if self._skip("_"):
            return self._base_argument()
        ahead = self._tokens[self._position : self._position + 2]
        if len(ahead) == 2 and ahead[0].text in {"2", "10"} and ahead[1].text == "(":
            return Number(Fraction(self._take().text))
        return None

    def _base_argument(self) -> Node:
        if self._next.sort is Sort.NUMBER and len(self._next.text) > 1:
            raise UnreadableError("ambiguous: digits after an index without braces")
        return self._argument()

    def _radical(self, index: int) -> Node:
        if index == 2 and self._skip("["):
            written = self._sum()
            self._expect("]")
            if not isinstance(written, Number):
                raise UnreadableError("a root with an index that is no number")
            return Apply("root", (self._argument(), written))
        if self._at("(", "{"):
            closing = _BRACKETS[self._take().text]
            tree = self._sum()
            self._expect(closing)
            return _root(tree, index)
        if self._next.sort is Sort.NUMBER and len(self._next.text) > 1:
            raise UnreadableError("ambiguous: digits after a root without braces")
        return _root(self._argument(), index)

    def _operands(self) -> tuple[Node, ...]:
        if self._at("(", "{", "["):
            closing = _BRACKETS[self._take().text]
            found = [self._sum()]
            while self._skip(","):
                found.append(self._sum())
            self._expect(closing)
            return tuple(found)
        factors = [self._power()]
        while self._next.sort is not Sort.FUNCTION and self._starts_factor() and not self._at("(", "["):
            factors.append(self._power())
        if self._at("/", "(") and not self._at_quotient_of_functions():
            raise UnreadableError("ambiguous: where a function's argument ends")
        return (_times(factors),)


def _leaf(token: Token) -> Node:
    if token.sort is Sort.NUMBER:
        return Number(Fraction(token.text))
    return Name(token.text) if token.sort is Sort.NAME else Constant(token.text)


def _times(factors: list[Node]) -> Node:
    return factors[0] if len(factors) == 1 else Apply("mul", tuple(factors))


def _root(tree: Node, index: int) -> Node:
    return Apply("root", (tree, Number(Fraction(index))))


def _applied(name: str, operands: tuple[Node, ...], base: Node | None) -> Node:
    if name == "log":
        return Apply("log", (operands[0], base or Name(UNKNOWN_BASE)))
    if name == "ln":
        return Apply("log", (operands[0], Constant("e")))
    if name == "log10":
        return Apply("log", (operands[0], Number(Fraction(10))))
    if name == "exp":
        return Apply("pow", (Constant("e"), operands[0]))
    return Apply(name, operands)
