"""Cuts plain notation into tokens from a closed list; whatever is not on it is unreadable."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from propound.answers.errors import UnreadableError
from propound.answers.limits import MAX_TOKENS
from propound.answers.reading.alphabet import COMMANDS, CONSTANTS, FUNCTIONS, GREEK

_WORDS = sorted(FUNCTIONS.keys() | CONSTANTS.keys() | GREEK - {"ell", "hbar"}, key=len, reverse=True)
_LONGEST_PRODUCT = 3
"""Letters that stand together as a product (abc); a longer run of letters is a word."""
_ENGLISH = frozenset(["or", "and", "not", "nor", "but", "the", "for", "are", "is", "if", "to", "no", "of"])
"""Words short enough to pass for products; 0 and x is not 0 times a, n, d and x."""

_SCANNER = re.compile(
    r"(?P<space> )|(?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)|\\(?P<command>[A-Za-z]+)|(?P<letters>[A-Za-z]+)"
    r"|(?P<sign>\*\*|[-+*/^_!|(){}\[\],]|°(?! ?[CFK](?![A-Za-z])))"
)
_SUBSCRIPT = re.compile(r" ?_ ?(?:\{ ?([A-Za-z0-9, +-]{1,12}) ?\}|([A-Za-z0-9]+))|([0-9]+)(?![0-9.])")


class Sort(StrEnum):
    """What a token is."""

    NUMBER = "number"
    NAME = "name"
    CONSTANT = "constant"
    FUNCTION = "function"
    COMMAND = "command"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `text` is its canonical spelling."""

    sort: Sort
    text: str


END = Token(Sort.END, "")
"""What stands after the last token."""


def tokens(text: str) -> list[Token]:
    """The tokens of `text`, in plain notation. Raises `UnreadableError`."""
    found: list[Token] = []
    position = 0
    while position < len(text):
        match = _SCANNER.match(text, position)
        if match is None:
            raise UnreadableError("a sign outside the notation")
        position = match.end()
        if match["number"]:
            found.append(Token(Sort.NUMBER, match[0]))
        elif match["sign"]:
            found.append(Token(Sort.SIGN, "^" if match[0] == "**" else match[0]))
        elif match["command"]:
            token, position = _subscripted(_command(match["command"]), text, position)
            found.append(token)
        elif match["letters"]:
            *before, last = _letters(match["letters"])
            found.extend(before)
            token, position = _subscripted(last, text, position)
            found.append(token)
        if len(found) > MAX_TOKENS:
            raise UnreadableError("too many signs")
    return found


def _command(name: str) -> Token:
    if name in COMMANDS:
        return Token(Sort.COMMAND, name)
    token = _word(name)
    if token is None:
        raise UnreadableError("a command outside the notation")
    return token


def _word(name: str) -> Token | None:
    if name in FUNCTIONS:
        return Token(Sort.FUNCTION, FUNCTIONS[name])
    if name in CONSTANTS:
        return Token(Sort.CONSTANT, CONSTANTS[name])
    return Token(Sort.NAME, name) if name in GREEK else None


def _letters(run: str) -> list[Token]:
    if run.lower() in _ENGLISH:
        raise UnreadableError("a word outside the notation")
    found: list[Token] = []
    position, single = 0, 0
    while position < len(run):
        word = next((one for one in _WORDS if len(one) > 1 and run.startswith(one, position)), run[position])
        position += len(word)
        single += len(word) == 1
        if single > _LONGEST_PRODUCT:
            raise UnreadableError("a word outside the notation")
        found.append(_word(word) or Token(Sort.NAME, word))
    return found


def _subscripted(token: Token, text: str, position: int) -> tuple[Token, int]:
    """Joins a letter with its index: x_1, x_{12}, x1."""
    index = _SUBSCRIPT.match(text, position) if token.sort in (Sort.NAME, Sort.CONSTANT) else None
    if index is None or (index[3] and token.sort is Sort.CONSTANT):
        return token, position
    written = re.sub(r"\s", "", index[1] or index[2] or index[3])
    return Token(Sort.NAME, f"{token.text}_{written}"), index.end()
