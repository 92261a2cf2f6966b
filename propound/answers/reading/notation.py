"""Brings the many spellings of mathematics - Unicode, LaTeX, plain - to one, without interpreting it."""

from __future__ import annotations

import re
import unicodedata

from propound.answers.errors import UnreadableError
from propound.answers.limits import MAX_DEPTH, MAX_ITEMS
from propound.answers.reading.alphabet import LOWERED, RAISED, SIGNS

_STYLED = re.compile("[\U0001d400-\U0001d7ff]+")
_RAISED_RUN = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ]+")
_LOWERED_RUN = re.compile("[₀₁₂₃₄₅₆₇₈₉]+")

_DOUBLED = re.compile(
    r"(?<!\\)\\(?=\\(?:[dt]?frac|sqrt|left|right|text|mathrm|le|leq|ge|geq|ne|neq|cdot|times|pi|pm|infty|cup|in|boxed)(?![A-Za-z]))"
)
"""One backslash too many before a command, as texts have that went through JSON twice."""
_GAP = (
    r"(?:,(?:\\!)+ ?|\{,\}(?:\\[,!])*|\\text\{,\}|\{\\,\}|(?:\\(?:[,!:;> ]|thinspace(?![A-Za-z]) ?)"
    r"|[~'’ʼ\u00a0\u2006\u2007\u2009\u200a\u202f\u205f])+)"
)
"""What stands between groups of three digits and can be no comma of a list: 58,\\!500, 58{,}500, 58\\,500, 58~500."""
_THREES = (
    re.compile(
        rf"(?<![0-9A-Za-z_^.,}}])[1-9][0-9]{{0,2}}(?=[0-9,]*{_GAP})(?:(?:{_GAP}|,)[0-9]{{3}})+(?![0-9])"
    ),
    re.compile(rf"(?<=[0-9])\.[0-9]{{3}}(?:{_GAP}[0-9]{{3}})*{_GAP}[0-9]{{1,3}}(?![0-9])"),
)
_TEXT = re.compile(
    r"\\(?:text|textnormal|textup|textsf|textbf|textrm|textit|mathrm|mathbf|mathit|mathsf|mbox|operatorname\*?|rm)\s*"
    r"\{((?:[^{}]|\{[^{}]*\})*)\}"
)
_REWRITES = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\\(?:left|right)\s*\\?\.(?![0-9])", ""),
        (r"\\(?:left|right|[bB]igg?[lrm]?|displaystyle|textstyle|limits|rm)(?![A-Za-z])", ""),
        (r"\\(?:[dtcs]|nice)frac(?![A-Za-z])", r"\\frac"),
        (r"\{([^{}]*)\\over(?![A-Za-z])([^{}]*)\}", r"\\frac{\1}{\2}"),
        (r"\{([^{}]*)\\choose(?![A-Za-z])([^{}]*)\}", r"\\binom{\1}{\2}"),
        (r"\\(?:SI|qty) ?\{([^{}]*)\} ?\{([^{}\\]*)\}", r"\1 \2"),
        (r"(?<=[0-9.])\\bar(?![A-Za-z])", r"\\overline"),
        (r"(?<=[0-9.])\\dot ?\{([0-9])\}(?:([0-9]*)\\dot ?\{([0-9])\})?", r"\\overline{\1\2\3}"),
        (r"(?:^|(?<==)) ?\+ ?/? ?-(?= ?[0-9A-Za-z\\(.])", r"\\pm "),
        (r"\\(?:leq?|leqslant)(?![A-Za-z])|<=", "≤"),
        (r"\\(?:geq?|geqslant)(?![A-Za-z])|>=", "≥"),
        (r"\\lt(?![A-Za-z])", "<"),
        (r"\\gt(?![A-Za-z])", ">"),
        (r"\\(?:neq?|not ?=)(?![A-Za-z=])|(?<=[A-Za-z)] )!=", "≠"),
        (r"\\mathbb ?(?:\{ ?R ?\}|R(?![A-Za-z]))|\\Reals?(?![A-Za-z])", "ℝ"),
        (r"<sup>([^<>]*)</sup>", r"^{\1}"),
        (r"<sub>([^<>]*)</sub>", r"_{\1}"),
        (r"\\[dt]binom(?![A-Za-z])", r"\\binom"),
        (r"\\(?:times|cdot|ast)(?![A-Za-z])", "*"),
        (r"\\div(?![A-Za-z])", "/"),
        (r"\\(?:lbrace|rbrace)(?![A-Za-z])", lambda found: r"\{" if "l" in found[0] else r"\}"),
        (r"\\(?:lvert|rvert|vert)(?![A-Za-z])", "|"),
        (r"\\varnothing(?![A-Za-z])", r"\\emptyset"),
        (r"(?<=[0-9])\{,\}(?=[0-9])", "."),
        (r"\\(?:[,;:!> ]|quad|qquad|hspace\{[^{}]*\})", " "),
        (r"\^\s*\{\s*\\circ\s*\}|\^\s*\\circ(?![A-Za-z])|\\(?:text)?degree(?![A-Za-z])", "°"),
        (r"\\%", "%"),
        (r"\\?\$|~", " "),
        (r"(?<=[0-9]) ?[xX] ?(?=10 ?\^)", "*"),
        (r" {2,}", " "),
    )
)
_ALTERNATIVES = re.compile(
    r"(?<![A-Za-z])(?:or|and)(?![A-Za-z])|\\(?:lor|vee|land|wedge|pm|mp)(?![A-Za-z])|[;,]"
)
_NAMED = re.compile(
    r"\s*(?!\\?(?:sqrt|a?(?:sin|cos|tan)|arc|log|ln|exp|abs|floor|ceil|max|min|not))"
    r"(\\?[A-Za-z]+\s*(?:_\s*(?:\{[A-Za-z0-9 ]*\}|[A-Za-z0-9]+))?\s*(?:\(\s*[A-Za-z]\s*\))?"
    r"|\|\s*[A-Z]{2}\s*\||\(\s*[A-Za-z](?:\s*,\s*[A-Za-z])*\s*\))\s*="
)
"""A letter, a word, f(x) or (x, y) before an equals sign; a function of mathematics is no name."""
_ABOUT = re.compile(
    r"\s*([A-Za-z](?:_[A-Za-z0-9])?\s*)?(?:\\(?:approx|simeq)(?![A-Za-z])|≈)\s*"
    r"|\s*(?:~|(?:about|approximately|approx\.|roughly|around)(?![A-Za-z]))\s*",
    re.IGNORECASE,
)
_THOUSANDS = re.compile(r"(?<![0-9.,])[0-9]{1,3}(?:,[0-9]{3})+(?![0-9,])")
_OPENING, _CLOSING = "([{", ")]}"


def plain(text: str) -> str:
    """The same mathematics in one spelling: ASCII operators, bare LaTeX commands, no decoration."""
    text = _DOUBLED.sub("", text)
    text = _STYLED.sub(lambda run: unicodedata.normalize("NFKC", run[0]), text)
    for grouped in _THREES:
        text = grouped.sub(lambda number: re.sub("[^0-9.]+", "", number[0]), text)
    text = _RAISED_RUN.sub(lambda run: "^{" + run[0].translate(RAISED) + "}", text)
    text = _LOWERED_RUN.sub(lambda run: "_{" + run[0].translate(LOWERED) + "}", text)
    text = text.translate(SIGNS)
    for _ in range(3):
        text = _TEXT.sub(r" \1 ", text)
    for pattern, replacement in _REWRITES:
        text = pattern.sub(replacement, text)
    return text.strip()


def without_about(text: str) -> str:
    """The text without a leading sign or word for "about"."""
    found = _ABOUT.match(text)
    if found is None:
        return text
    return (f"{found[1]}=" if found[1] else "") + text[found.end() :]


def join_thousands(text: str) -> str:
    """1,234,567 as 1234567, wherever the commas stand as separators of thousands must."""
    return _THOUSANDS.sub(lambda number: number[0].replace(",", ""), text)


def offers_alternatives(text: str) -> bool:
    """Whether a text that should be one value names several ("5 or 6", "5, 6", "±5")."""
    return _ALTERNATIVES.search(join_thousands(text)) is not None


def split_name(text: str) -> tuple[str | None, str]:
    """("x", "5") for "x = 5"; (None, text) where nothing is named."""
    named = _NAMED.match(text)
    if named is None or text[named.end() :].startswith("="):
        return None, text
    name = re.sub(r"[\s{}\\|]", "", named[1])
    # "xy = 1" speaks of a product; AB is a length.
    return (None, text) if re.fullmatch("[a-z]{2}", name) else (name, text[named.end() :].strip())


def check_depth(text: str) -> None:
    """Raises `UnreadableError` for brackets that are nested too deeply or do not pair."""
    waiting: list[str] = []
    for sign in text:
        if sign in _OPENING:
            waiting.append(_CLOSING[_OPENING.index(sign)])
        elif sign in _CLOSING and (not waiting or waiting.pop() != sign):
            raise UnreadableError("unbalanced brackets")
        if len(waiting) > MAX_DEPTH:
            raise UnreadableError("nested too deeply")
    if waiting:
        raise UnreadableError("unbalanced brackets")


def closing(text: str) -> int | None:
    """Where the bracket that `text` begins with closes; brackets of all kinds count alike."""
    depth = 0
    for position, sign in enumerate(text):
        depth += (sign in _OPENING) - (sign in _CLOSING)
        if depth <= 0:
            return position
    return None


def split_top(text: str) -> list[str]:
    """The parts of `text` between its outermost commas."""
    parts, depth, start = [], 0, 0
    for position, sign in enumerate(text):
        if sign in _OPENING:
            depth += 1
        elif sign in _CLOSING:
            depth -= 1
        elif sign in ",;" and depth == 0:
            parts.append(text[start:position].strip())
            start = position + 1
    parts.append(text[start:].strip())
    if len(parts) > MAX_ITEMS:
        raise UnreadableError("too many entries")
    return parts
