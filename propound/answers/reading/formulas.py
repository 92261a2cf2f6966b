"""Reads chemical formulas and reactions: atoms, charge, hydrates, states, in plain text, Unicode, LaTeX and mhchem."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

from propound.answers.errors import UnreadableError
from propound.answers.limits import MAX_DEPTH, MAX_ITEMS
from propound.answers.reading.notation import plain

_SYMBOLS = (
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb "
    "Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au "
    "Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts "
    "Og D T"
)
ELEMENTS = frozenset(_SYMBOLS.split())
"""Symbols of the elements, and deuterium and tritium."""

_LARGEST_COUNT = 10_000
_COMMAND = re.compile(r"\\(?:ce|mathrm|text|rm|mathsf|ensuremath)(?![A-Za-z])\s*")
_ARROW = re.compile(
    r"\\(?:x?(?:right|leftright|rightleft)arrow|xrightarrow|rightleftharpoons|longrightarrow|to)(?![A-Za-z])"
    r"(?:\[[^\]]*\]|\{[^{}]*\})*|<?=+>|<?-+>|[→⟶⇌⇄↔⟷]|(?<![A-Za-z])->"
)
_REVERSIBLE = re.compile(r"leftright|rightleft|<|[⇌⇄↔⟷]")
_STATE = re.compile(r"\s*\(\s*(s|l|g|aq)\s*\)$")
_COEFFICIENT = re.compile(
    r"([0-9]+(?:/[0-9]+)?)\s*(?=[A-Z(\[e])|\\frac\s*\{?([0-9]+)\}?\s*\{?([0-9]+)\}?\s*(?=[A-Z(\[])"
)
_CHARGE = re.compile(
    r"\^\s*(?:\{\s*([0-9]*)\s*([+-])\s*\}|\{\s*([+-])\s*([0-9]+)\s*\}|\(\s*([0-9]*)\s*([+-])\s*\)|([0-9]*)([+-]))\s*$"
    r"|\s([1-9])([+-])$|([+-])([1-9])$|(?<=[A-Za-z0-9)\]}])()([+-]{1,3})$"
)
_JOINED_METAL = re.compile(r"^((?!As|At|Br|Cl|He|Ne|Se|Si|Te|Hg)[A-Z][a-z]|K)([1-9][+-])$")
"""Ca2+ is one atom with a charge; for C, N, O or I3- that is not so sure."""
_JOINED_OXYGEN = re.compile(r"^(.*[A-Z][a-z]?[0-9]*O[2-9])([1-4][+-])$")
"""SO42-, Cr2O72-."""
_UNCLEAR = re.compile(r"[A-Z][a-z]?[1-9][+-]")
_PLUS = re.compile(r"\s\+\s|(?<=[)\]])\s*\+\s*(?=[A-Z0-9(\[])|(?<=[A-Za-z0-9}])\+(?=[A-Z0-9(\[])")
_ATOM = re.compile(r"([A-Z][a-z]?)|([(\[{])|([)\]}])|\s+")
_COUNT = re.compile(r"\s*_\s*\{\s*([0-9]+)\s*\}|\s*_\s*([0-9])|([0-9]+)")


@dataclass(frozen=True, slots=True)
class Substance:
    """What one formula says."""

    atoms: frozenset[tuple[str, int]]
    charge: int
    state: str | None
    order: tuple[str, ...]
    """The symbols as they stand, one for each time that one is written."""

    @property
    def is_structural(self) -> bool:
        """Whether an element is written twice, as in CH3COOH: the order then says how the atoms are bound."""
        return len({*self.order}) < len(self.order)

    @property
    def has_water_apart(self) -> bool:
        """Whether something stands behind a dot, as the water of a hydrate."""
        return any(symbol.startswith("*") for symbol in self.order)


Side = tuple[tuple[Fraction, Substance], ...]


@dataclass(frozen=True, slots=True)
class Reaction:
    """Both sides of an arrow."""

    left: Side
    right: Side
    reversible: bool


def read_chemistry(text: str) -> Reaction | Substance:
    """The reaction or the one substance that `text` writes. Raises `UnreadableError`."""
    written = _bare(text)
    arrows = list(_ARROW.finditer(written))
    if not arrows and _PLUS.search(written) and written.count("=") == 1:  # in CH2=CH2 it is a bond
        arrows = list(re.finditer("=", written))
    if len(arrows) > 1:
        raise UnreadableError("several arrows")
    if not arrows:
        return _substance(written)
    arrow = arrows[0]
    left, right = _side(written[: arrow.start()]), _side(written[arrow.end() :])
    return Reaction(left, right, _REVERSIBLE.search(arrow[0]) is not None)


def is_written_as_chemistry(text: str) -> bool:
    """Whether the notation is of chemistry beyond doubt."""
    return re.search(r"\\ce(?![A-Za-z])", text) is not None


def _bare(text: str) -> str:
    """Without LaTeX's wrappers; subscripts as _{2}, charges as ^{2+}, a dot before water as *."""
    text = re.sub(r"(?<=[A-Za-z0-9)\]}])\s*\.\s*(?=[0-9]*H)", "*", text)
    written = plain(_COMMAND.sub(" ", _arrows(text)))
    written = written.replace("⁺", "+").replace("•", "*")
    return _ungrouped(re.sub(r"\}\s*\^", "}^", written)).strip()


def _arrows(text: str) -> str:
    return _ARROW.sub(lambda arrow: " ⇌ " if _REVERSIBLE.search(arrow[0]) else " → ", text)


def _ungrouped(text: str) -> str:
    """Braces that are neither index nor charge are LaTeX's own."""
    found: list[str] = []
    waiting: list[bool] = []
    for position, sign in enumerate(text):
        if sign == "{":
            waiting.append(text[:position].rstrip()[-1:] in {"_", "^"})
            found.append("{" if waiting[-1] else "")
        elif sign == "}":
            found.append("}" if not waiting or waiting.pop() else "")
        else:
            found.append(sign)
    return "".join(found)


def _side(text: str) -> Side:
    parts = [part.strip() for part in _PLUS.split(text)]
    if len(parts) > MAX_ITEMS:
        raise UnreadableError("too many substances")
    found: list[tuple[Fraction, Substance]] = []
    for part in parts:
        coefficient = _COEFFICIENT.match(part)
        if coefficient is None:
            found.append((Fraction(1), _substance(part)))
            continue
        times = Fraction(coefficient[1] or f"{coefficient[2]}/{coefficient[3]}")
        found.append((times, _substance(part[coefficient.end() :])))
    return tuple(found)


def _substance(text: str) -> Substance:
    written = text.strip()
    state = _STATE.search(written)
    written = written[: state.start()] if state else written
    charge, written = _charge(written.strip())
    if re.fullmatch(r"\\?e", written) and charge == -1:
        return Substance(frozenset({("electron", 1)}), -1, None, ("electron",))
    atoms: Counter[str] = Counter()
    order: list[str] = []
    for position, part in enumerate(written.split("*")):
        times = re.match(r"\s*([0-9]{1,3})\s*(?=[A-Z(\[])", part) if position else None
        inner = _Reader(part[times.end() :] if times else part)
        for symbol, count in inner.whole().items():
            atoms[symbol] += count * int(times[1] if times else 1)
        order += inner.order if not position else [f"*{symbol}" for symbol in inner.order]
    if max(atoms.values()) > _LARGEST_COUNT:
        raise UnreadableError("more atoms than the limit")
    return Substance(frozenset(atoms.items()), charge, state[1] if state else None, tuple(order))


def _charge(text: str) -> tuple[int, str]:
    text = _JOINED_OXYGEN.sub(r"\1^{\2}", _JOINED_METAL.sub(r"\1^{\2}", text))
    if _UNCLEAR.fullmatch(text):
        raise UnreadableError("ambiguous: an index or a charge, as in O2-")
    found = _CHARGE.search(text)
    if found is None:
        return 0, text
    given = [part for part in found.groups() if part]
    digits = next((part for part in given if part.isdigit()), "")
    sign = next(part for part in given if part[0] in "+-")
    if len(digits) > 2 or len({*sign}) > 1:
        raise UnreadableError("no charge")
    size = int(digits) if digits else len(sign)
    return (size if sign[0] == "+" else -size), text[: found.start()].strip()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text.strip()
        self._position = 0
        self._depth = 0
        self.order: list[str] = []

    def whole(self) -> Counter[str]:
        atoms = self._group("")
        if self._position < len(self._text) or not atoms:
            raise UnreadableError("no chemical formula")
        return atoms

    def _group(self, closing: str) -> Counter[str]:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise UnreadableError("nested too deeply")
        atoms: Counter[str] = Counter()
        while self._position < len(self._text):
            found = _ATOM.match(self._text, self._position)
            if found is None:
                break
            if found[3]:
                if found[3] != closing:
                    raise UnreadableError("unbalanced brackets")
                break
            self._position = found.end()
            if found[1]:
                atoms[self._symbol(found[1])] += self._count()
            elif found[2]:
                inner = self._group({"(": ")", "[": "]", "{": "}"}[found[2]])
                if not inner or self._text[self._position : self._position + 1] == "":
                    raise UnreadableError("a bracket is missing")
                self._position += 1
                times = self._count()
                for symbol, count in inner.items():
                    atoms[symbol] += count * times
            if atoms and max(atoms.values()) > _LARGEST_COUNT:
                raise UnreadableError("more atoms than the limit")
        self._depth -= 1
        return atoms

    def _symbol(self, text: str) -> str:
        """The element; of "Co" that of two letters, of "Hx" none."""
        if text not in ELEMENTS:
            raise UnreadableError("no chemical element")
        self.order.append(text)
        return text

    def _count(self) -> int:
        found = _COUNT.match(self._text, self._position)
        if found is None:
            return 1
        self._position = found.end()
        digits = found[1] or found[2] or found[3]
        if len(digits) > 4 or digits.startswith("0"):
            raise UnreadableError("no number of atoms")
        return int(digits)
